import { watchSources } from "../../../src/watch/watcher.ts";

/** Watches a source and says everything it is told, one JSON line each; looks again when it is told anything; ends with its standard input. */
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
const sayOnceWatched = (): void => {
  if (watcher.stateOf("packs") === "watched") say("watched");
  else setImmediate(sayOnceWatched);
};
process.stdin.on("data", () => {
  watcher.recheck("packs", true);
  sayOnceWatched();
});
process.stdin.on("end", () => void watcher[Symbol.asyncDispose]());
