import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../support/attune-schema.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { describeWith } from "../support/requires.ts";
import { packsync } from "./programs/start.ts";
import { type ApiDaemon, apiDaemon } from "./support/api.ts";
import { CHURNED_REFS, churnedPacks, churnedSources, startChurn, untilVolumeIs } from "./support/churn.ts";
import { pack } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

const MANY = Array.from({ length: 50 }, (_, index) => `many_${String(index).padStart(2, "0")}`);
const VERSIONS = Array.from({ length: 10 }, (_, index) => `${index + 1}.0.0`);
const SEED = 20_261_121;

describeWith({ postgres: true }, "at once, by the API", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await testPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test(`${MANY.length} packs are installed while others change, and syncs run: each once, and none leaves`, {
    timeout: 600_000,
  }, async () => {
    const database = await server.createDatabase();
    await migrate(database);
    const env = { PACKSYNC_DATABASE_URL: database.url };
    using it = story({ packs: churnedPacks(), "packs.dev": {} });
    it.write("elsewhere", Object.fromEntries(MANY.map((ref) => [ref, pack(ref)])));
    await using running = await apiDaemon(it, { env });
    await using churn = startChurn(it, SEED);
    const churning = churn.order({ kind: "churn", operations: 150, restMs: 20 });
    const installing = MANY.map((ref) => register(running, it, ref));
    for (let syncs = 0; syncs < 3; syncs++) await packsync(it.directory, "--once", "--allow-removals").ended;
    const answers = await Promise.all(installing);
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    await churning;
    await churn.order({ kind: "mend" });
    await untilVolumeIs(it, churnedSources(it));

    const ids = answers.map(({ json }) => json.data.pack.id);
    expect(new Set(ids).size, "as many ids as packs").toBe(MANY.length);
    for (const ref of MANY) expect((await releasesOf(running, ref)).length, `releases of ${ref}`).toBe(1);
    await running.stop();
    const { outcomes } = it.once(["--allow-removals"], { env });
    expect(outcomes).toEqual(Object.fromEntries([...CHURNED_REFS, ...MANY].map((ref) => [ref, "unchanged"])));
    expect(it.packsync(["verify"], { env })).toMatchObject({ code: 0 });
    const rows = await database.query("SELECT ref, count(*)::int AS rows FROM attune.pack GROUP BY ref ORDER BY ref");
    expect(rows).toEqual([...CHURNED_REFS, ...MANY].sort().map((ref) => ({ ref, rows: 1 })));
  });
});

test(`one pack ${VERSIONS.length} times at once, by the API: one is first, unless they insist; then one is last`, {
  timeout: 300_000,
}, async () => {
  using it = story({ packs: { core: pack("core") } });
  it.write("elsewhere", Object.fromEntries(VERSIONS.map((version) => [version, pack("same", {}, version)])));
  await using running = await apiDaemon(it);
  const registered = await Promise.all(VERSIONS.map((version) => register(running, it, version)));
  const [first, ...others] = registered.toSorted((a, b) => a.status - b.status);
  expect(first).toMatchObject({ status: 201 });
  expect(others.map(({ status }) => status)).toEqual(VERSIONS.slice(1).map(() => 409));
  expect(it.tree("volume/same")).toEqual(it.tree(`elsewhere/${first?.json.data.pack.version}`));

  const insisting = await Promise.all(VERSIONS.map((version) => register(running, it, version, { force: true })));
  expect(insisting.map(({ status }) => status)).toEqual(VERSIONS.map(() => 201));
  const releases = await releasesOf(running, "same");
  const [last] = releases;
  expect(last).toMatchObject({ state: "live" });
  expect(new Set(releases.map(({ release }) => release)).size).toBe(releases.length);
  expect(it.tree("volume/same")).toEqual(it.tree(`elsewhere/${last?.["version"]}`));
  expect(it.packsync(["verify"])).toMatchObject({ code: 0 });
  await running.stop();
  expect(it.once().outcomes).toEqual({ core: "unchanged", same: "unchanged" });
});

function register(running: ApiDaemon, it: Story, directory: string, more: object = {}) {
  return running.send("POST", "packs/register", { path: it.at(`elsewhere/${directory}`), ...more });
}

async function releasesOf(running: ApiDaemon, ref: string): Promise<readonly Record<string, unknown>[]> {
  return (await running.send("GET", `packs/${ref}/releases`)).json.data;
}
