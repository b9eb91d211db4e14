import { expect, test } from "vitest";
import { PATIENCE } from "../../scenarios/support/daemon.ts";
import { manifest, pack } from "../../scenarios/support/packs.ts";
import { served } from "../serving.ts";

interface Line {
  readonly stage: string;
  readonly pack: string;
  readonly line?: string;
}

test("who waits for an installation reads what comes of each stage", async () => {
  await using it = await served({ server: { roots: ["."] } });
  it.write("elsewhere", {
    core: pack("core"),
    sky: pack("sky", { "pack.yaml": `${manifest("sky", "2.0.0")}dependencies: [core]\n` }),
  });
  const linesOf = async (body: object): Promise<{ readonly state: string; readonly lines: readonly Line[] }> => {
    const { json } = await it.send("POST", "/api/v1/packs/install", body, { prefer: "respond-async" });
    const job = async () => (await it.send("GET", `/api/v1/jobs/${json.data.id}`)).json.data;
    await expect.poll(async () => (await job()).ended, PATIENCE).not.toBeNull();
    const path = `/api/v1/jobs/${json.data.id}/events`;
    const { text } = await it.send("GET", path, undefined, { accept: "text/event-stream" });
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? "").data);
    return { state: (await job()).state, lines: events.filter((data) => data?.line !== undefined) };
  };
  const unmet = await linesOf({ source: it.at("elsewhere/sky") });
  expect(unmet.state).toBe("failed");
  expect(unmet.lines).toContainEqual({ stage: "dependencies", pack: "sky", line: "needs core *: not there" });

  const first = await linesOf({ source: it.at("elsewhere/core"), skip_tests: true });
  expect(first.state).toBe("succeeded");
  expect(first.lines).toEqual([
    { stage: "download", pack: it.at("elsewhere/core"), line: "core 1.0.0" },
    { stage: "register", pack: "core", line: expect.stringMatching(/^1\.0\.0 is live as 1-[0-9a-f]{8}$/) },
  ]);
  const second = await linesOf({ source: it.at("elsewhere/sky"), skip_tests: true });
  expect(second.state).toBe("succeeded");
  expect(second.lines.map(({ line }) => line)).toContain("needs core *: 1.0.0 is in the volume");
});
