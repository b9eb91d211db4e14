import { afterAll, beforeAll, expect, test } from "vitest";
import { PATIENCE } from "../../scenarios/support/daemon.ts";
import { brokenYaml, pack } from "../../scenarios/support/packs.ts";
import { READER, type Served, served } from "../serving.ts";

let it: Served;
const post = (path: string, body?: unknown, headers?: Readonly<Record<string, string>>) =>
  it.send("POST", `/api/v1/${path}`, body, headers);

beforeAll(async () => {
  it = await served({ packs: { core: pack("core"), extra: pack("extra") } });
});
afterAll(() => it[Symbol.asyncDispose]());

test("a sync publishes, and says what became of each pack", async () => {
  const { status, json, headers } = await post("sync");
  expect(status, JSON.stringify(json)).toBe(200);
  expect(json.data.packs.map(({ ref, outcome }: Record<string, string>) => [ref, outcome])).toEqual([
    ["core", "published"],
    ["extra", "published"],
  ]);
  expect(json.data.sources[0]).toMatchObject({ name: "packs", state: "listed", held: null });
  const job = await it.send("GET", `/api/v1/jobs/${headers.get("x-job-id")}`);
  expect(job.json.data).toMatchObject({ kind: "sync", state: "succeeded", request: { packs: [] } });
});

test("a sync of a pack that is wrong says what is wrong with it", async () => {
  it.write("packs/core/actions/echo.yaml", brokenYaml);
  const { status, json } = await post("sync", { packs: ["core"] });
  expect(status).toBe(200);
  const [core] = json.data.packs;
  expect(core).toMatchObject({ ref: "core", outcome: "rejected", findings: [{ file: "actions/echo.yaml" }] });
  it.write("packs/core/actions/echo.yaml", echo);
  expect((await post("sync", { packs: ["core"] })).json.data.packs[0].outcome).toBe("unchanged");
});

const echo = "ref: core.echo\nlabel: echo\ndescription: Says echo\nrunner_type: shell\nentry_point: echo.sh\n";

test("what drifted is found, and brought back when asked", async () => {
  expect((await post("verify")).json.data.packs.map(({ verdict }: Record<string, string>) => verdict)).toEqual([
    "sound",
    "sound",
  ]);
  const before = it.read("volume/core/actions/echo.sh");
  it.write("volume/core/actions/echo.sh", `${before}# mine\n`);
  const found = await post("verify", { packs: ["core"] });
  expect(found.json.data).toMatchObject({ packs: [{ ref: "core", verdict: "drifted", repaired: null }], catalogs: [] });
  expect(found.json.data.packs[0].findings[0]).toMatchObject({ file: "actions/echo.sh" });
  const mended = await post("verify", { packs: ["core"], repair: true });
  expect(mended.json.data.packs[0].repaired).toMatch(/^\d+-/);
  expect(it.read("volume/core/actions/echo.sh")).toBe(before);
});

test("a pin ends, and the next sync publishes what the source has", async () => {
  it.write("packs/extra/actions/echo.sh", "#!/bin/sh\necho other\n");
  expect((await post("sync", { packs: ["extra"] })).json.data.packs[0].outcome).toBe("published");
  expect((await post("packs/extra/rollback", {})).status).toBe(200);
  expect(it.read("volume/extra/actions/echo.sh")).toContain("hello");
  const { status, json } = await post("packs/extra/unpin", {});
  expect({ status, data: json.data }).toEqual({
    status: 200,
    data: { pack_ref: "extra", release: expect.stringMatching(/^3-/) },
  });
  expect((await post("packs/extra/unpin", {})).status).toBe(409);
  expect((await post("sync")).status).toBe(200);
  expect(it.read("volume/extra/actions/echo.sh")).toContain("other");
});

test("what is pinned stays although its source changes", async () => {
  const before = it.read("volume/extra/actions/echo.sh");
  const pinned = await post("packs/extra/pin", {});
  expect(pinned).toMatchObject({ status: 200, json: { data: { pack_ref: "extra" } } });
  it.write("packs/extra/actions/echo.sh", "#!/bin/sh\necho third\n");
  expect((await post("sync", { packs: ["extra"] })).json.data.packs[0]).toMatchObject({
    outcome: "unchanged",
    release: pinned.json.data.release,
  });
  expect(it.read("volume/extra/actions/echo.sh")).toBe(before);
  const overview = await it.send("GET", "/api/v1/overview");
  const row = overview.json.data.packs.find(({ ref }: Record<string, string>) => ref === "extra");
  expect(row).toMatchObject({ state: "pinned", todo: "packsync unpin extra", warnings: 1 });
});

test("who would not wait follows the job", async () => {
  const { status, json } = await post("verify", {}, { prefer: "respond-async" });
  expect({ status, kind: json.data.kind }).toEqual({ status: 202, kind: "verify" });
  const job = async () => (await it.send("GET", `/api/v1/jobs/${json.data.id}`)).json.data;
  await expect.poll(async () => (await job()).state, PATIENCE).toBe("succeeded");
  expect(await job()).toMatchObject({ progress: { stage: "verify", pack: "extra", percentage: 100 } });
  const events = await it.send("GET", `/api/v1/jobs/${json.data.id}/events`, undefined, {
    accept: "text/event-stream",
  });
  expect(events.text).toContain(JSON.stringify({ stage: "verify", pack: "extra", percentage: 50 }));
});

test.for([
  { path: "sync", body: { packs: ["nothing"] }, status: 404 },
  { path: "verify", body: { packs: ["nothing"] }, status: 404 },
  { path: "packs/nothing/unpin", body: {}, status: 404 },
  { path: "packs/..%2fcore/unpin", body: {}, status: 404 },
  { path: "services/api/notify", body: {}, status: 409 },
  { path: "sync", body: { packs: "core" }, status: 400 },
  { path: "verify", body: { repair: "yes" }, status: 400 },
])("$path with $body: $status", async ({ path, body, status }) => {
  const answer = await post(path, body);
  expect({ status: answer.status, error: answer.json.error }).toEqual({ status, error: expect.any(String) });
});

test.for(["sync", "verify", "packs/core/pin", "packs/core/unpin", "services/api/notify"])(
  "who may only read may not %s",
  async (path) => {
    expect((await post(path, {}, { authorization: `Bearer ${READER}` })).status).toBe(403);
  },
);
