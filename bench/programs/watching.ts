import { watchSources } from "../../src/watch/watcher.ts";

/* The watcher alone: `node watching.ts <source>` prints the milliseconds until all of a source is watched, without those of Node. */

const [path = ""] = process.argv.slice(2);
const started = performance.now();
await using watcher = watchSources([{ name: "bench", path }], { onHints() {}, onDoubt() {}, onDegraded() {} });
await watcher.ready;
const ms = performance.now() - started;
const { watches } = watcher.usage();
if (watcher.stateOf("bench") !== "watched")
  throw new Error(`Expected all of ${path} to be watched, ${watches} directories are`);
process.stdout.write(JSON.stringify(ms));
