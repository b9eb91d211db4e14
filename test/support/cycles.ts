import { readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Config } from "../../src/config/config.ts";
import { createCyclesMemory } from "../../src/cycles.ts";
import { perform } from "../../src/perform.ts";
import type { Answers, RequestKind, Requests } from "../../src/requests.ts";
import { disposableScanner } from "../../src/threaded-scanner.ts";
import { keepVolume } from "../../src/volume-session.ts";
import { silent, testConfig } from "./sync.ts";
import { scratch } from "./trees.ts";

/** A machine with `packs`, `packs.dev` and a volume that stays open from cycle to cycle, as in the daemon's thread. */
export interface CyclesMachine extends Disposable {
  readonly packs: string;
  readonly dev: string;
  readonly volume: string;
  ask<K extends RequestKind>(kind: K, request: Requests[K], abort?: AbortSignal): Promise<Answers[K]>;
  /** A cycle about `<source>/<directory>` each, or about whole sources. */
  lookAt(...places: readonly string[]): Promise<Answers["cycle"]>;
  /** What the ledger has, and all paths of the volume. */
  state(): object;
  /** The same machine for the next process; this one lets go of the volume. */
  again(): CyclesMachine;
}

/** @param afterLook what others do after packs were looked at, and before they are scanned */
export function cyclesMachine(
  about: Partial<Config> = {},
  {
    directory = scratch(),
    afterLook = () => {},
  }: { directory?: ReturnType<typeof scratch>; afterLook?: () => void } = {},
): CyclesMachine {
  const config = { ...testConfig(directory.path), ...about };
  const volume = keepVolume({ config, log: silent, doing: "test" });
  const memory = createCyclesMemory();
  const ask: CyclesMachine["ask"] = async (kind, request, abort = new AbortController().signal) => {
    await using real = disposableScanner(config);
    const look: typeof real.look = async (places) => {
      const looks = await real.look(places);
      afterLook();
      return looks;
    };
    const scanner = { ...real, look };
    const how = { config, scanner, onProgress() {}, memory, log: silent };
    return await volume.run((session) => perform(kind, request, session, how, abort), abort);
  };
  return {
    packs: `${directory.path}/packs`,
    dev: `${directory.path}/packs.dev`,
    volume: config.volume,
    ask,
    lookAt: (...keys) => {
      const sources = keys.filter((key) => !key.includes("/"));
      const places = keys.filter((key) => key.includes("/"));
      return ask("cycle", { look: "places", sources, places, patient: [] });
    },
    state() {
      const database = new DatabaseSync(`${config.volume}/.packsync/state.db`, { readOnly: true });
      const rows = ["pack", "release", "intent"].map((table) => database.prepare(`SELECT * FROM ${table}`).all());
      database.close();
      return { rows, entries: readdirSync(config.volume, { recursive: true, encoding: "utf8" }).sort() };
    },
    again() {
      volume[Symbol.dispose]();
      return cyclesMachine(about, { directory, afterLook });
    },
    [Symbol.dispose]() {
      volume[Symbol.dispose]();
      directory[Symbol.dispose]();
    },
  };
}
