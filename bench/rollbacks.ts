import { loadConfig } from "../src/config/load.ts";
import { performOnce } from "../src/once.ts";

/*
 * What a process that stays does: `node rollbacks.ts <volume> <pack> <runs>` goes back and forth between two releases. Prints the
 * times of the last `runs`, in milliseconds, as one JSON document; those before teach the process.
 */

const WARM_UP = 10;
const [volume = "", pack = "", runs = ""] = process.argv.slice(2);
const { config } = await loadConfig({ volume }, {}, "/", "/dev/null");
const log = { error() {}, warn() {}, info() {}, debug() {} };
const times: { readonly liveInMs: number; readonly verifiedInMs: number }[] = [];
for (let count = 0; count < WARM_UP + Number(runs); count += 1) {
  const options = { config, log, doing: "bench", onProgress() {} };
  const { liveInMs, verifiedInMs, changes } = await performOnce(
    "rollback",
    { pack, to: undefined },
    options,
    new AbortController().signal,
  );
  if (changes.replaced < 900) throw new Error(`Expected a rollback of nearly 1,000 files, got ${changes.replaced}`);
  times.push({ liveInMs, verifiedInMs });
}
process.stdout.write(JSON.stringify(times.slice(WARM_UP)));
