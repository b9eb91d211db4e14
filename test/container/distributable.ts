import { describe, expect, onTestFinished, test } from "vitest";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import { composeProject } from "./support/compose.ts";
import type { Docker } from "./support/docker.ts";

export function distributableTests(docker: () => Docker): void {
  describe("docker/distributable", () => {
    test("publishes into the volume of a stack that runs already, with nothing but its two files", async () => {
      const copied = ["docker/distributable/docker-compose.yaml", "docker/distributable/.env", "packs", "packs.dev"];
      const project = composeProject(docker(), { name: "beside", files: ["docker-compose.yaml"], copied });
      await docker().ok("volume", "create", "attune_packs_data");
      onTestFinished(async () => void (await project.compose("down", "--volumes", "--timeout", "1")));
      const { code, stderr } = await project.compose("up", "--detach");
      expect(code, stderr).toBe(0);
      await expect.poll(async () => (await project.packsync("healthcheck")).code, PATIENCE).toBe(0);
      const { stdout } = await project.packsync("status", "--format", "json");
      expect(JSON.parse(stdout).packs.map(({ ref }: { ref: string }) => ref)).toEqual(["core", "mypack"]);
    }, 200_000);
  });
}
