import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { buildSensor, SENSOR } from "../engine/support/pack-binaries.ts";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import { testWith } from "../support/requires.ts";
import { composeProject, type Project } from "./support/compose.ts";
import type { Docker } from "./support/docker.ts";
import { importPostgres } from "./support/postgres-image.ts";

const SERVICES = ["api", "executor", "worker-shell", "worker-python", "sensor"];

/** A checkout with a stack of its own. */
function stackOf(docker: Docker, name: string): Project {
  const project = composeProject(docker, {
    name,
    files: ["docker/compose.yaml"],
    copied: ["docker", "packs", "packs.dev"],
  });
  onTestFinished(async () => void (await project.compose("down", "--volumes", "--timeout", "1")));
  return project;
}

export function stackTests(docker: () => Docker): void {
  describe("docker/compose.yaml", () => {
    test("services start when the volume is filled, the right one is told of an edit, and nobody twice after down and up", async () => {
      const stack = stackOf(docker(), "stack");
      writeFileSync(`${stack.directory}/packs/core/sensors/${SENSOR}`, buildSensor(), { mode: 0o755 });
      mkdirSync(`${stack.directory}/packs/broken`);
      writeFileSync(`${stack.directory}/packs/broken/pack.yaml`, "ref: broken\nversion: nope\n");
      const { code, stderr } = await stack.compose("up", "--detach");
      expect(code, stderr).toBe(0);
      const { FinishedAt, ExitCode } = await stack.state("init-packs");
      expect(ExitCode, "an invalid pack that is not required stops nothing").toBe(0);
      expect((await stack.log("init-packs")).join("\n")).toContain("rejected");
      for (const service of SERVICES) expect((await stack.state(service)).StartedAt > FinishedAt, service).toBe(true);
      await stack.untilTold(SERVICES);
      const once = Object.fromEntries(SERVICES.map((service) => [service, 1]));
      expect(await stack.starts(SERVICES), "whoever started after the publish knows it").toEqual(once);
      const events = async () => (await stack.log("sensor")).filter((line) => line.includes('"demo.every_second"'));
      await expect.poll(async () => (await events()).length, PATIENCE).toBeGreaterThan(1);

      writeFileSync(`${stack.directory}/packs/core/actions/noop.sh`, "#!/bin/sh\n# edited\n");
      await expect.poll(() => stack.starts(SERVICES), PATIENCE).toEqual({ ...once, "worker-shell": 2 });
      const live = ["run", "--rm", "--network", "none", "-v", "stack_packs_data:/v:ro", "packsync", "busybox", "cat"];
      expect(await docker().ok(...live, "/v/core/actions/noop.sh")).toContain("# edited");
      await stack.untilTold(SERVICES);

      await stack.compose("down", "--timeout", "20");
      expect((await stack.compose("up", "--detach")).code).toBe(0);
      await stack.untilTold(SERVICES);
      expect(await stack.starts(SERVICES)).toEqual(once);
      expect((await stack.compose("up", "--detach")).code, "init-packs beside the daemon").toBe(0);
      await expect.poll(async () => (await stack.state("init-packs")).Status, PATIENCE).toBe("exited");
      expect((await stack.state("init-packs")).ExitCode).toBe(0);
      expect(await stack.starts(SERVICES)).toEqual(once);
    }, 300_000);

    test("no service starts without the core pack, and the reason can be read", async () => {
      const stack = stackOf(docker(), "nocore");
      rmSync(`${stack.directory}/packs/core`, { recursive: true });
      const { code } = await stack.compose("up", "--detach");
      expect(code).not.toBe(0);
      expect((await stack.log("init-packs")).at(-1)).toBe("Required, but not live in the volume: core.");
      const { stdout } = await stack.compose("ps", "--services", "--filter", "status=running");
      expect(stdout.split("\n").filter((service) => SERVICES.includes(service))).toEqual([]);
    }, 200_000);
  });

  describe("npm run dev:stack", () => {
    testWith(
      { postgres: true, timeout: 300_000 },
      "brings the stack up in one command, with a database where its image is at hand, and takes it down in another",
      async () => {
        const stack = composeProject(docker(), {
          name: "packsync-dev",
          files: ["docker/compose.yaml"],
          copied: readdirSync(docker().context),
        });
        const down = ["--profile", "database", "down", "--volumes", "--timeout", "1"];
        onTestFinished(async () => void (await stack.compose(...down)));
        const script = (command: string) =>
          docker().command(process.execPath, [`${stack.directory}/scripts/dev-stack.ts`, command], { env: stack.env });
        const running = async () => {
          const lines = await docker().ok("ps", "--format", '{{.Label "com.docker.compose.service"}} {{.Names}}');
          return lines
            .split("\n")
            .filter((line) => /dev.(packsync|postgres)/.test(line))
            .map((line) => line.split(" ")[0]);
        };
        const { code, stderr, stdout } = await script("up");
        expect(code, `${stderr}${stdout}`).toBe(0);
        expect(stdout).toContain("Without a database: the image postgres:17 is not here.");
        expect(await running()).toEqual(["packsync"]);

        await importPostgres(docker(), "postgres:17");
        const again = await script("up");
        expect(again.code, `${again.stderr}${again.stdout}`).toBe(0);
        expect(again.stdout).not.toContain("Without a database");
        expect((await running()).sort()).toEqual(["packsync", "postgres"]);
        const ask = async (sql: string) =>
          (await stack.compose("exec", "-T", "postgres", "psql", "-U", "attune", "-Atc", sql)).stdout.trim();
        await expect.poll(() => ask("SELECT ref FROM attune.pack ORDER BY ref"), PATIENCE).toBe("core\nmypack");
        const echo = "SELECT description FROM attune.action WHERE ref = 'core.echo'";
        expect(await ask(echo)).not.toBe("");
        const yaml = `${stack.directory}/packs/core/actions/echo.yaml`;
        writeFileSync(
          yaml,
          readFileSync(yaml, "utf8").replace(/^description: .*$/m, "description: Edited on the host"),
        );
        await expect.poll(() => ask(echo), PATIENCE).toBe("Edited on the host");

        expect((await script("down")).code).toBe(0);
        expect(await running()).toEqual([]);
        const { scripts } = JSON.parse(readFileSync(`${docker().context}/package.json`, "utf8"));
        expect(scripts["dev:stack"]).toBe("node scripts/dev-stack.ts");
      },
    );
  });
}
