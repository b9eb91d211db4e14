import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import { makeTree } from "../scenarios/support/tree.ts";
import { composeProject, type Project } from "./support/compose.ts";
import type { Docker } from "./support/docker.ts";

function packYaml(name: string): string {
  return `ref: ${name}\nname: ${name}\ndescription: The pack ${name}\nversion: 1.0.0\nauthor: Somebody\nemail: somebody@example.org\n`;
}

/** An image with packs of its own where the volume is mounted, as StackStorm's are. */
async function stackstormImage(docker: Docker): Promise<void> {
  const context = `${docker.engine.directory}/st2`;
  makeTree(context, {
    Dockerfile: "FROM busybox:latest\nCOPY packs /opt/stackstorm/packs\n",
    packs: { core: { "pack.yaml": packYaml("core") }, chatops: { "pack.yaml": packYaml("chatops") } },
  });
  await docker.ok("build", "--tag", "st2:latest", context);
}

/** The shape of st2-docker's own file, as far as it is about packs. */
function stackstormFile(): object {
  const service = {
    image: "st2:latest",
    command: ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"],
    networks: ["private"],
    volumes: ["stackstorm-packs:/opt/stackstorm/packs", "./packs.dev:/opt/stackstorm/packs.dev"],
  };
  return {
    version: "3",
    services: { st2api: service, st2sensorcontainer: { ...service, depends_on: ["st2api"] } },
    volumes: { "stackstorm-packs": {} },
    networks: { private: { driver: "bridge" } },
  };
}

function stackstorm(docker: Docker): Project {
  const copied = ["docker/compose.stackstorm.yaml", "docker/packsync.stackstorm.yaml"];
  const files = ["docker-compose.yml", "compose.stackstorm.yaml"];
  const project = composeProject(docker, { name: "st2", files, copied });
  writeFileSync(`${project.directory}/docker-compose.yml`, JSON.stringify(stackstormFile()));
  mkdirSync(`${project.directory}/packs`);
  makeTree(`${project.directory}/packs`, { mine: { "pack.yaml": packYaml("mine") } });
  makeTree(`${project.directory}/packs.dev`, { tried: { "pack.yaml": packYaml("tried") } });
  onTestFinished(async () => void (await project.compose("down", "--volumes", "--timeout", "1")));
  return project;
}

export function stackstormTests(docker: () => Docker): void {
  describe("docker/compose.stackstorm.yaml", () => {
    test("is never the first to write; then packs are published beside StackStorm's own, and packs.dev is read where it is", async () => {
      await stackstormImage(docker());
      const project = stackstorm(docker());
      const packs = async () => {
        const args = [
          "run",
          "--rm",
          "--network",
          "none",
          "-v",
          "st2_stackstorm-packs:/v:ro",
          "packsync",
          "busybox",
          "ls",
          "/v",
        ];
        return (await docker().ok(...args)).split("\n").filter(Boolean);
      };
      const alone = await project.compose("up", "--detach", "--no-deps", "packsync");
      expect(alone.code, alone.stderr).toBe(0);
      const waiting = async () => (await project.log("packsync")).join("\n");
      await expect.poll(waiting, PATIENCE).toContain("waiting for StackStorm's own packs");
      expect(await packs()).toEqual([]);

      const { code, stderr } = await project.compose("up", "--detach");
      expect(code, stderr).toBe(0);
      await expect.poll(packs, PATIENCE).toEqual(["chatops", "core", "mine"]);
      await expect.poll(async () => (await project.packsync("healthcheck")).code, PATIENCE).toBe(0);
      const { stdout } = await project.packsync("status", "--format", "json");
      const states = JSON.parse(stdout).packs.map(({ ref, state }: { ref: string; state: string }) => [ref, state]);
      expect(Object.fromEntries(states)).toEqual({ mine: "live", tried: "mounted" });
    }, 200_000);
  });
}
