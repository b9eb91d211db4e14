import { watchSources } from "../../../src/watch/watcher.ts";

/** Watches `packs=<path>` and says everything it is told, one JSON line each; ends with its standard input. */
const say = (what: string, ...facts: unknown[]): void =>
  void process.stdout.write(`${JSON.stringify([what, ...facts])}\n`);

const [path = "."] = process.argv.slice(2);
const watcher = watchSources([{ name: "packs", path }], {
  onHints: (hints) => {
    for (const { directory, kind } of hints) say("hint", directory ?? "the source", kind);
  },
  onDoubt: (source, why) => say("doubt", source, why),
  onDegraded: ({ source, code, used, allowed, hint }) => say("degraded", { source, code, used, allowed, hint }),
});
await watcher.ready;
say("ready", watcher.stateOf("packs"), watcher.usage());
process.stdin.on("data", () => {
  watcher.recheck("packs");
  setImmediate(() => setImmediate(() => say("rechecked", watcher.stateOf("packs"))));
});
process.stdin.on("end", () => void watcher[Symbol.asyncDispose]());
