import { writeFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import { composeProject, type Project } from "./support/compose.ts";
import { buildImage, type Docker } from "./support/docker.ts";

/** What stands for the platform's own images; `init-packs` of its own would fail the test if it ran. */
const idle = { image: "busybox:latest", networks: ["attune-network"], restart: "unless-stopped" };
const standIn = { ...idle, command: ["/bin/sh", "/stand-in.sh"] };
const completed = { condition: "service_completed_successfully" };
const healthy = { condition: "service_healthy" };
const DATABASE = { DB_HOST: "postgres", DB_PORT: 5432, DB_USER: "attune", DB_PASSWORD: "attune", DB_NAME: "attune" };

/** The shape of Attune's own compose file, as far as it is about packs; versions differ in their executors. */
function attuneFile(executors: readonly string[]): object {
  const service = {
    ...standIn,
    volumes: [
      "packs_data:/opt/attune/packs:ro",
      "./packs.dev:/opt/attune/packs.dev:rw",
      "./stand-in.sh:/stand-in.sh:ro",
    ],
    depends_on: { "init-packs": completed, migrations: completed, postgres: healthy },
  };
  const others = ["api", ...executors, "worker-shell", "worker-full", "sensor"];
  return {
    services: {
      postgres: {
        ...idle,
        command: ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"],
        healthcheck: { test: ["CMD", "/bin/busybox", "true"], interval: "1s" },
      },
      migrations: {
        ...idle,
        command: ["/bin/busybox", "true"],
        restart: "on-failure",
        depends_on: { postgres: healthy },
      },
      "init-packs": {
        ...idle,
        container_name: "attune-init-packs",
        entrypoint: "",
        command: ["/bin/sh", "/init-packs.sh"],
        restart: "on-failure",
        volumes: ["./packs:/source/packs:ro", "packs_data:/opt/attune/packs", "runtime_envs:/opt/attune/runtime_envs"],
        environment: {
          ...DATABASE,
          SOURCE_PACKS_DIR: "/source/packs",
          TARGET_PACKS_DIR: "/opt/attune/packs",
          LOADER_SCRIPT: "/scripts/load_core_pack.py",
          DEFAULT_ADMIN_LOGIN: "admin@example.org",
        },
        depends_on: { migrations: completed, postgres: healthy },
      },
      ...Object.fromEntries(others.map((name) => [name, service])),
    },
    volumes: { packs_data: { driver: "local" }, runtime_envs: { driver: "local" } },
    networks: { "attune-network": { driver: "bridge" } },
  };
}

function attune(docker: Docker, name: string, executors: readonly string[]): Project {
  const files = ["docker-compose.yaml", "compose.attune.yaml"];
  const copied = ["packs", "packs.dev", "docker/compose.attune.yaml", "docker/stand-in.sh"];
  const project = composeProject(docker, { name, files, copied, env: { PACKSYNC_DATABASE_TIMEOUT: "1s" } });
  writeFileSync(`${project.directory}/docker-compose.yaml`, JSON.stringify(attuneFile(executors)));
  onTestFinished(async () => void (await project.compose("down", "--volumes", "--timeout", "1")));
  return project;
}

export function attuneTests(docker: () => Docker): void {
  describe("docker/compose.attune.yaml", () => {
    test.for([
      { title: "one executor", executors: ["executor"] },
      { title: "two executors of a later version", executors: ["executor-1", "executor-2"] },
    ])("swaps init-packs in a file with $title, and changes nothing else of it", async ({ executors }) => {
      const project = attune(docker(), "merge", executors);
      const { stdout, stderr, code } = await project.compose("config");
      expect(code, stderr).toBe(0);
      const merged = parse(stdout);
      const base = Object.keys((attuneFile(executors) as { services: object }).services);
      expect(Object.keys(merged.services).sort()).toEqual([...base, "docker-guard", "packsync"].sort());
      expect(merged.services["init-packs"]).toMatchObject({
        image: "packsync",
        container_name: "attune-init-packs",
        entrypoint: ["tini", "--", "docker_entrypoint.sh"],
        command: ["--once"],
        restart: "no",
        healthcheck: { test: ["NONE"] },
        depends_on: { migrations: completed, postgres: healthy },
        environment: {
          DB_HOST: "postgres",
          SOURCE_PACKS_DIR: "/source/packs",
          DEFAULT_ADMIN_LOGIN: "admin@example.org",
        },
      });
      const targets = merged.services["init-packs"].volumes.map((mount: string) => mount.split(":")[1]);
      expect(targets.sort()).toEqual([
        ...["/opt/attune/packs", "/opt/attune/runtime_envs", "/source/packs", "/source/packs.dev"],
      ]);
    });

    test("makes it a platform that runs: every `up` starts init-packs again beside the daemon, also of another version", async () => {
      const project = attune(docker(), "attune", ["executor"]);
      const { code, stderr } = await project.compose("up", "--detach");
      expect(code, stderr).toBe(0);
      const services = ["api", "executor", "worker-shell", "worker-full", "sensor"];
      await project.untilTold(["sensor"]); // the others learn of definitions by the database
      const once = Object.fromEntries(services.map((service) => [service, 1]));
      expect(await project.starts(services)).toEqual(once);
      expect((await project.log("api")).at(-1)).toContain("core 1.0.0");

      const next = "src/platform/version.ts";
      writeFileSync(`${docker().context}/${next}`, 'export const VERSION = "0.2.0";\n');
      await buildImage(docker(), "packsync", "packsync:next");
      const again = await docker().command(
        "docker-compose",
        ["-p", "attune", "-f", "docker-compose.yaml", "-f", "compose.attune.yaml", "up", "--detach", "init-packs"],
        { cwd: project.directory, env: { ...project.env, PACKSYNC_IMAGE: "packsync:next" } },
      );
      expect(again.code, again.stderr).toBe(0);
      await expect.poll(async () => (await project.state("init-packs")).Status, PATIENCE).toBe("exited");
      expect((await project.state("init-packs")).ExitCode, (await project.log("init-packs")).join("\n")).toBe(0);
      expect((await project.log("init-packs")).at(-1)).toContain("unchanged");
      expect(await project.starts(services)).toEqual(once);
    }, 300_000);
  });
}
