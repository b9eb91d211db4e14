import { embeddedCatalog } from "../src/catalog/embedded.ts";
import { loadConfig } from "../src/config/load.ts";
import { syncOnce } from "../src/once.ts";
import { registerLive } from "../src/registration.ts";
import { withVolume } from "../src/volume-session.ts";

/*
 * `node register.ts <packs> <volume> [<database URL>]` publishes the packs, unless they are, and registers them twice in an empty
 * catalog: the embedded one, or Attune's database. Prints the milliseconds of both as one JSON document.
 */

const [packs = "", volume = "", databaseUrl] = process.argv.slice(2);
const flags = { packs: [packs], packsDev: "/nonexistent", volume, ...(databaseUrl !== undefined && { databaseUrl }) };
const { config } = await loadConfig(flags, {}, "/", "/dev/null");
const log = { error() {}, warn() {}, info() {}, debug() {} };
const abort = new AbortController().signal;
const options = { config, log, doing: "bench" };
const request = { only: [], compare: "all" } as const;

const without = { ...config, database: { ...config.database, url: undefined } };
await syncOnce({ ...options, config: without, onProgress() {} }, abort);
const times = await withVolume(options, abort, async ({ database, publisher }) => {
  const catalog = embeddedCatalog(database, () => new Date());
  if (databaseUrl === undefined) for (const { ref } of await catalog.list()) await catalog.unregister(ref);
  const register = async () => {
    const started = performance.now();
    const { attune, embedded } = await registerLive({ database, volume: publisher }, { config, log, request }, abort);
    const done = { ms: performance.now() - started, count: attune?.registered ?? embedded.registered.length };
    if (attune !== undefined && attune.state !== "registered")
      throw new Error(`registration ${attune.state}: ${attune.why}`);
    return done;
  };
  const [cold, unchanged] = [await register(), await register()];
  const expected = databaseUrl === undefined ? [1000, 0] : [1000, 1000];
  if (cold.count !== expected[0] || unchanged.count !== expected[1]) {
    throw new Error(`Expected ${expected} packs to be registered, got ${cold.count} and ${unchanged.count}`);
  }
  return { cold: cold.ms, unchanged: unchanged.ms };
});
process.stdout.write(JSON.stringify(times));
