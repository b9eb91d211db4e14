import { afterAll, beforeAll, expect, test } from "vitest";
import type * as z from "zod";
import type { overview, packDetail } from "../../src/server/dashboard/documents.ts";
import { type ApiDaemon, apiDaemon } from "./support/api.ts";
import { PATIENCE } from "./support/daemon.ts";
import { manifest, pack, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

type Overview = z.infer<typeof overview>;
type Detail = z.infer<typeof packDetail>;

const settings = {
  preset: "none",
  routes: [{ when: { meaning: "script" }, do: ["good", "bad"] }],
  services: {
    good: { exec: ["sh", "-c", "cat > told"] },
    bad: { exec: ["sh", "-c", "echo it is broken >&2; exit 3"] },
  },
};

let it: Story;
let running: ApiDaemon | undefined;

beforeAll(() => {
  it = story({ packs: { core: pack("core"), other: pack("other"), "third-pack": pack("third-pack") } });
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  it[Symbol.dispose]();
});

function send(...about: Parameters<ApiDaemon["send"]>): ReturnType<ApiDaemon["send"]> {
  if (running === undefined) throw new Error("Expected the daemon that the first test starts.");
  return running.send(...about);
}

async function see(): Promise<Overview> {
  const { status, json } = await send("GET", "overview");
  expect(status, JSON.stringify(json)).toBe(200);
  return json.data;
}

async function rowOf(ref: string): Promise<Overview["packs"][number] | undefined> {
  return (await see()).packs.find((each) => each.ref === ref);
}

async function untilState(ref: string, state: string): Promise<void> {
  await expect.poll(async () => (await rowOf(ref))?.state, PATIENCE).toBe(state);
}

async function doAs(path: string, body: object): Promise<Record<string, unknown>> {
  const started = await send("POST", path, body, { prefer: "respond-async" });
  expect(started.status, JSON.stringify(started.json)).toBe(202);
  const job = async () => (await send("GET", `jobs/${started.json.data.id}`)).json.data;
  await expect.poll(async () => (await job()).state, PATIENCE).toBe("succeeded");
  return (await job()).result;
}

const ACTION = "packs/core/actions/echo.yaml";

test("the daemon is seen, with what it watches and how long each stage took", async () => {
  running = await apiDaemon(it, { settings });
  await expect.poll(async () => (await see()).daemon.is_running, PATIENCE).toBe(true);
  it.write("packs/other/actions/echo.sh", "#!/bin/sh\necho seen\n");
  const took = async () => (await see()).daemon.pipeline.find(({ stage }) => stage === "publish")?.last_ms ?? 0;
  await expect.poll(took, PATIENCE).toBeGreaterThan(0);
  const { daemon, last_event_id, may_change } = await see();
  expect({ pid: daemon.pid, may_change }).toEqual({ pid: running.pid, may_change: true });
  expect(last_event_id).toBeGreaterThan(0);
  expect(daemon.watches).toBeGreaterThan(0);
  expect(daemon.sources[0]).toMatchObject({ name: "packs", watching: expect.any(String), held: null, packs: 3 });
});

test("a file that breaks is seen with its lines; mended, the pack is live again", async () => {
  const sound = it.read(ACTION);
  it.write(ACTION, `${sound}enabled: [1\n`);
  await untilState("core", "invalid");
  expect(await rowOf("core")).toMatchObject({ release: expect.stringMatching(/^1-/), errors: 1 });
  const detail: Detail = (await send("GET", "packs/core/detail")).json.data;
  const [finding] = detail.findings;
  expect(finding).toMatchObject({ severity: "error", file: "actions/echo.yaml" });
  const lines = it.read(ACTION).split("\n");
  expect(finding?.frame.filter(({ marked }) => marked !== null)).toEqual([
    { line: finding?.line, text: lines[(finding?.line ?? 0) - 1], marked: expect.any(Array) },
  ]);
  it.write(ACTION, sound);
  await untilState("core", "live");
  expect(await rowOf("core")).toMatchObject({ errors: 0, todo: null });
});

test("what went back is pinned until somebody says otherwise, also when it is pinned for good", async () => {
  it.write("packs/core/actions/echo.sh", "#!/bin/sh\necho second\n");
  await expect.poll(async () => (await rowOf("core"))?.release, PATIENCE).toMatch(/^2-/);
  await doAs("packs/core/rollback", {});
  expect(await rowOf("core")).toMatchObject({ state: "pinned", todo: "packsync unpin core", warnings: 1 });
  await doAs("packs/core/pin", {});
  it.write("packs/core/actions/echo.sh", "#!/bin/sh\necho third\n");
  expect(await doAs("sync", { packs: ["core"] })).toMatchObject({ packs: [{ ref: "core", outcome: "unchanged" }] });
  expect(it.read("volume/core/actions/echo.sh")).toContain("hello");
  await doAs("packs/core/unpin", {});
  await untilState("core", "live");
  await expect.poll(() => it.read("volume/core/actions/echo.sh"), PATIENCE).toContain("third");
});

test("services say what they know, and why one could not be told", async () => {
  const service = async (name: string) => (await see()).daemon.services.find((each) => each.service === name);
  await expect.poll(async () => (await service("good"))?.state, PATIENCE).toBe("told");
  await expect
    .poll(async () => (await service("good"))?.knows.find((each) => each.pack === "core")?.release, PATIENCE)
    .toBe((await rowOf("core"))?.release);
  await expect.poll(async () => (await service("bad"))?.failures ?? 0, PATIENCE).toBeGreaterThan(0);
  const bad = await service("bad");
  expect(["retrying", "failed", "pending"]).toContain(bad?.state);
  expect(bad).toMatchObject({ last_told_at: null, knows: [], waiting: expect.arrayContaining(["core"]) });
  await expect.poll(async () => (await service("bad"))?.why ?? "", PATIENCE).not.toBe("");
  expect(await doAs("services/good/notify", {})).toMatchObject({ service: "good", ending: "told", why: null });
});

test("a pack that somebody else puts into the volume is seen", async () => {
  it.write("volume", { theirs: { "pack.yaml": manifest("theirs", "2.0.0") } });
  expect(await rowOf("theirs")).toMatchObject({ state: "foreign", version: "2.0.0" });
});

test("everything is read again, pack by pack, while others are published", async () => {
  const verified = doAs("verify", {});
  it.write("packs", { other: { actions: { "echo.sh": script("echo while verifying") } } });
  expect(await verified).toMatchObject({ packs: [{ ref: "core" }, { ref: "other" }, { ref: "third-pack" }] });
  await expect.poll(() => it.read("volume/other/actions/echo.sh"), PATIENCE).toContain("while verifying");
});

test("a source that vanishes is held, and its packs with it; states are those of `packsync status`", async () => {
  it.move("packs", "gone");
  await expect.poll(async () => (await see()).daemon.sources[0]?.held ?? null, PATIENCE).not.toBeNull();
  await untilState("core", "held");
  expect(await rowOf("core")).toMatchObject({ todo: "packsync sync --allow-removals" });
  const { packs } = await see();
  const status: { packs: { ref: string; state: string }[] } = JSON.parse(
    it.packsync(["status", "--format", "json"]).stdout,
  );
  const ours = packs.filter(({ state }) => state !== "foreign").map(({ ref, state }) => [ref, state]);
  expect(ours).toEqual(status.packs.map(({ ref, state }) => [ref, state]));
  it.move("gone", "packs");
  await untilState("core", "live");
});
