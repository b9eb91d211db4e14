import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import type { Docker } from "./support/docker.ts";

interface Running {
  readonly id: string;
  /** Of the host: what the container publishes from, and into. */
  readonly packs: string;
  readonly volume: string;
  health(): Promise<string>;
  /** Ids of its processes, as the host has them; the first one is its first. */
  processes(): Promise<number[]>;
}

/** A daemon as the image starts it, whose health is asked every second. */
async function startContainer(docker: Docker): Promise<Running> {
  const directory = mkdtempSync(`${docker.engine.directory}/daemon-`);
  const [packs, volume] = [`${directory}/packs`, `${directory}/volume`];
  cpSync(`${docker.context}/packs`, packs, { recursive: true });
  const mounts = ["-v", `${packs}:/source/packs:ro`, "-v", `${directory}:/opt/attune`];
  const health = ["--health-interval", "1s", "--health-retries", "1", "--health-start-period", "0s"];
  const args = ["--network", "none", "--read-only", "--tmpfs", "/tmp", ...health, ...mounts];
  const id = await docker.ok("run", "--detach", ...args, "-e", `TARGET_PACKS_DIR=/opt/attune/volume`, "packsync");
  onTestFinished(async () => void (await docker.ok("rm", "--force", id)));
  return {
    ...{ id, packs, volume },
    health: () => docker.ok("inspect", "--format", "{{.State.Health.Status}}", id),
    async processes() {
      const first = Number(await docker.ok("inspect", "--format", "{{.State.Pid}}", id));
      return [first, ...childrenOf(first)];
    },
  };
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

async function untilHealth(running: Running, wanted: string): Promise<void> {
  await expect.poll(() => running.health(), PATIENCE).toBe(wanted);
}

export function daemonTests(docker: () => Docker): void {
  describe("the daemon in its container", () => {
    test("stops by itself with 0; killed, and started again, it publishes what came meanwhile", async () => {
      const running = await startContainer(docker());
      await untilHealth(running, "healthy");
      const startedMs = performance.now();
      await docker().ok("stop", "--time", "60", running.id);
      const tookMs = performance.now() - startedMs;
      expect(await docker().ok("inspect", "--format", "{{.State.ExitCode}}", running.id)).toBe("0");
      expect(tookMs, "it does not wait to be killed").toBeLessThan(10_000);

      await docker().ok("start", running.id);
      await untilHealth(running, "healthy");
      await docker().ok("kill", running.id);
      writeFileSync(`${running.packs}/core/actions/noop.sh`, "#!/bin/sh\n# while it was dead\n");
      await docker().ok("start", running.id);
      const live = () => readFileSync(`${running.volume}/core/actions/noop.sh`, "utf8");
      await expect.poll(live, PATIENCE).toContain("while it was dead");
      await untilHealth(running, "healthy");
      expect(readdirSync(`${running.volume}/.packsync/staging`)).toEqual([]);
    }, 200_000);

    test("is unhealthy while it is paused from outside, or the volume is gone, and healthy again", async () => {
      const running = await startContainer(docker());
      await untilHealth(running, "healthy");
      const [, packsync = 0] = await running.processes();
      process.kill(packsync, "SIGSTOP");
      await untilHealth(running, "unhealthy");
      process.kill(packsync, "SIGCONT");
      await untilHealth(running, "healthy");

      renameSync(running.volume, `${running.volume}.gone`);
      writeFileSync(running.volume, "another thing\n");
      await untilHealth(running, "unhealthy");
      rmSync(running.volume);
      renameSync(`${running.volume}.gone`, running.volume);
      await untilHealth(running, "healthy");
    }, 200_000);
  });
}
