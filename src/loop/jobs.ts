import { placeKey } from "../cycle/attention.ts";
import type { CycleNews, PackNews } from "../cycle/news.ts";
import type { Timings } from "../cycle/report.ts";
import { PacksyncError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { type Ahead, due, isUntouched, type Place, waitOnce, without } from "../plan/settle.ts";
import { createGate, decide } from "../platform/gate.ts";
import type { CycleRequest } from "../requests.ts";
import {
  afterEverything,
  afterSlice,
  createRoot,
  mayBeUnwatched,
  noteMissed,
  type Root,
  rescanSoon,
  watchingOf,
} from "./roots.ts";
import { type LoopDeps, type LoopState, rootStatus, statusOf } from "./state.ts";

/** What the jobs work with; `stopping` ends them. */
export interface Working {
  readonly state: LoopState;
  readonly deps: LoopDeps;
  readonly stopping: AbortSignal;
  /** Until then, or something happens. */
  readonly sleepUntil: (atMs: number) => Promise<void>;
}

/** What has come to rest is looked at. */
export async function lookAtSettled(ready: readonly Place[], working: Working, early?: Early): Promise<void> {
  const byKey = new Map(ready.map((place) => [keyOf(place), place]));
  const rested = early === undefined ? cameToRest(ready, working) : undefined;
  const news = await cycle(
    {
      look: "places",
      sources: ready.filter(({ directory }) => directory === undefined).map(({ source }) => source),
      places: ready.filter(({ directory }) => directory !== undefined).map(keyOf),
      patient: ready.filter(({ isFinal }) => !isFinal).map(keyOf),
      ...(early && { gate: early.gate }),
    },
    working,
    early?.withdrawn,
  );
  if (news === undefined) return;
  const announced = rested ?? early?.announced() ?? new Map<string, Announced>();
  const placeOf = (key: string): Place | undefined => byKey.get(key) ?? byKey.get(sourceOf(key));
  wait(news, (key) => placeOf(key)?.sinceMs, working);
  tellPacks(news, (key) => announced.get(key) ?? announced.get(sourceOf(key)), working);
}

/** When the first hint of a change came, and what it took from there to its being looked at. Milliseconds. */
interface Announced {
  readonly sinceMs: number;
  readonly timings: Timings;
}

/** These are not dirty any more. @returns by the key of each place what is known of it */
function cameToRest(places: readonly Place[], { state, deps }: Working): ReadonlyMap<string, Announced> {
  const now = deps.now();
  return new Map(
    places.map((place) => {
      const key = keyOf(place);
      const { sinceMs } = place;
      const timings = { watch: state.watchedMs.get(key) ?? 0, settle: now - sinceMs };
      state.watchedMs.delete(key);
      return [key, { sinceMs, timings }];
    }),
  );
}

/** A look at what has not come to rest yet. */
interface Early {
  readonly gate: SharedArrayBuffer;
  readonly withdrawn: AbortSignal;
  /** What is known once they have come to rest. */
  readonly announced: () => ReadonlyMap<string, Announced> | undefined;
}

/** What is about to come to rest is prepared meanwhile: it goes live as soon as it does, or nothing happens. */
export async function lookAhead(next: Ahead, working: Working): Promise<void> {
  const gate = createGate();
  const withdraw = new AbortController();
  let announced: ReadonlyMap<string, Announced> | undefined;
  const early = { gate, withdrawn: withdraw.signal, announced: () => announced };
  const looked = lookAtSettled(next.places, working, early);
  let isSettled = false;
  try {
    isSettled = await comesToRest(next, working);
    if (isSettled) announced = cameToRest(next.places, working);
  } finally {
    decide(gate, isSettled); // the volume's thread stands still until then
  }
  if (!isSettled) withdraw.abort(new Error("It was touched again."));
  await looked;
}

/** Not if somebody else waits, or anything else comes to rest before. */
async function comesToRest(next: Ahead, { state, deps, stopping, sleepUntil }: Working): Promise<boolean> {
  for (;;) {
    await deps.hearAll();
    if (stopping.aborted || state.requests.length > 0 || !isUntouched(state.dirty, next)) return false;
    const now = deps.now();
    if (now >= next.atMs) {
      state.dirty = without(state.dirty, next.places);
      return true;
    }
    if (due(state.dirty, now).nextAtMs !== next.atMs) return false;
    await sleepUntil(next.atMs);
  }
}

/**
 * A piece of a look at everything, whatever was announced, but for what is being written: that is looked at when it rests.
 * What changed there without a word, events had missed.
 */
export async function lookAtSlice(root: Root, working: Working): Promise<void> {
  const { state, deps } = working;
  const startedMs = deps.now();
  if (root.pass.after === undefined) deps.recheck(root.name, mayBeUnwatched(root));
  const unsettled = [...(state.dirty.get(root.name)?.places.keys() ?? [])].flatMap((directory) =>
    directory === undefined ? [] : [placeKey(root.name, directory)],
  );
  const news = await cycle({ look: "slice", source: root.name, after: root.pass.after, unsettled }, working);
  if (news === undefined) return;
  afterSlice(root, spent(news.cpuMs, state), news.next, deps.now(), deps.rescanMs);
  wait(news, () => startedMs, working);
  state.suspicions.add(changedIn(news), startedMs, deps.now());
  tellPacks(news, () => undefined, working);
}

/** What was only looked into again (its stamps were young, or it cannot be read) is no news, and was not missed. */
function changedIn({ packs, changed }: CycleNews): string[] {
  const others = new Set(changed);
  const keys = packs.map((pack) => [placeKey(pack.source, pack.directory), pack.outcome] as const);
  return keys.filter(([key, outcome]) => outcome === "retired" || others.has(key)).map(([key]) => key);
}

/** At the start, and after whatever kept the volume from being used. */
export async function lookAtEverything(working: Working): Promise<void> {
  const news = await cycle({ look: "everything" }, working);
  if (news === undefined) return;
  startOver(news, working);
  tellPacks(news, () => undefined, working);
}

/** The next looks at everything are counted from now. */
export function startOver(news: CycleNews, { state, deps }: Working): void {
  const { roots } = state;
  for (const root of roots.values()) {
    afterEverything(root, spent(news.cpuMs / roots.size, state), deps.now(), deps.rescanMs);
  }
}

function spent(costMs: number, { publishing }: LoopState) {
  return { costMs, busyMs: publishing.busyMs() };
}

/** @returns `undefined` when it was withdrawn, or when the volume cannot be used now, which is said */
async function cycle(request: CycleRequest, working: Working, withdrawn?: AbortSignal): Promise<CycleNews | undefined> {
  const { state, deps, stopping } = working;
  const abort = withdrawn === undefined ? stopping : AbortSignal.any([stopping, withdrawn]);
  try {
    const news = await deps.ask("cycle", request, deps.onLive, abort);
    if (state.trouble !== undefined) deps.say({ kind: "recovered" });
    state.trouble = undefined;
    take(news, working);
    return news;
  } catch (error) {
    if (!abort.aborted) hold(error, working);
    return undefined;
  }
}

/** What a cycle found of the sources as such. */
export function take(news: CycleNews, working: Working): void {
  const { state, deps } = working;
  state.last = { news, at: new Date().toISOString() };
  for (const { name, path, state: found, held } of news.sources) {
    const root = state.roots.get(name) ?? createRoot({ name, path }, deps.now()); // packs were installed for the first time
    state.roots.set(name, root);
    telling(root, working, () => {
      root.isVanished = found !== "listed";
      root.held = held;
    });
  }
}

/** Says it when a root is watched otherwise than before. */
export function telling(root: Root, { state, deps }: Pick<Working, "state" | "deps">, change: () => void): void {
  const [watching, held] = [watchingOf(root), root.held];
  change();
  if (watchingOf(root) !== watching || root.held !== held)
    deps.say({ kind: "root", root: rootStatus(root, state, deps), before: { watching, held } });
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/** Whatever keeps the volume from being used is said once; everything is looked at when it is over. */
function hold(error: unknown, { state, deps: { now, say } }: Working): void {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof PacksyncError ? error.hint : undefined;
  if (state.trouble?.message !== message) say({ kind: "trouble", message, hint });
  const sinceMs = state.trouble?.sinceMs ?? now();
  const waitMs = Math.min((state.trouble?.waitMs ?? FIRST_RETRY_MS / 2) * 2, LAST_RETRY_MS);
  state.trouble = { message, sinceMs, waitMs, retryAtMs: now() + waitMs };
}

/** What looks half-written is looked at once more, in a moment. */
function wait({ waiting }: CycleNews, sinceOf: (key: string) => number | undefined, { state, deps }: Working): void {
  for (const key of waiting) {
    const source = sourceOf(key);
    const directory = key.slice(source.length + 1);
    const place = { source, directory, sinceMs: sinceOf(key) ?? deps.now(), isFinal: false };
    state.dirty = waitOnce(state.dirty, place, deps.now());
  }
}

function tellPacks(news: CycleNews, announced: (key: string) => Announced | undefined, { state, deps }: Working): void {
  for (const report of news.packs) {
    const { sinceMs, timings } = announced(placeKey(report.source, report.directory)) ?? {};
    const elapsedMs = sinceMs === undefined ? undefined : deps.now() - sinceMs;
    deps.say({ kind: "pack", report: withTimings(report, timings), elapsedMs });
  }
  deps.say({ kind: "rest", status: statusOf(state, deps) });
}

function withTimings(report: PackNews, timings: Timings | undefined): PackNews {
  return report.timings === undefined ? report : { ...report, timings: { ...timings, ...report.timings } };
}

/** Only when a hint had time to come after all is it missing. */
export function judgeSuspicions(working: Working): void {
  const { state, deps } = working;
  for (const [source, packs] of state.suspicions.confirmed(deps.now())) {
    const root = state.roots.get(source);
    if (root === undefined) continue;
    deps.say({ kind: "missed", source, packs });
    telling(root, working, () => noteMissed(root, packs.length));
  }
}

/** One pack after the other, each at a time when nothing else is to be done. */
export async function verifyNext(working: Working): Promise<void> {
  const { state, deps, stopping } = working;
  const [pack, ...others] = state.toVerify;
  const startedMs = deps.now();
  try {
    if (pack === undefined) state.toVerify = await deps.ask("published", {}, () => {}, stopping);
    else {
      const request = { packs: [pack], repair: deps.drift === "repair", prune: false };
      const [verified] = await deps.ask("verify", request, () => {}, stopping);
      if (verified?.diagnostics.some((finding) => isWorthSaying(finding, deps)) === true)
        deps.say({ kind: "verified", pack: verified });
      if (verified?.sourceUnnoticed === true) for (const root of state.roots.values()) rescanSoon(root, deps.now());
      state.toVerify = others;
    }
  } catch (error) {
    if (stopping.aborted) return;
    state.toVerify = others;
    hold(error, working);
  }
  const isDone = state.toVerify.length === 0;
  state.verifyAtMs = isDone ? deps.now() + deps.verifyMs : deps.now() + (deps.now() - startedMs) * VERIFY_REST;
}

/** What others have in the volume, and may have there, is as it was yesterday. */
function isWorthSaying({ severity, code }: Diagnostic, { drift }: LoopDeps): boolean {
  return severity !== "hint" && (drift !== "ignore" || code !== "volume.drift");
}

/** Reading everything again takes this part of the time that it does not. */
const VERIFY_REST = 49;

export function keyOf({ source, directory }: Pick<Place, "source" | "directory">): string {
  return directory === undefined ? source : placeKey(source, directory);
}

/** No source's name has a slash. */
function sourceOf(key: string): string {
  return key.split("/", 1)[0] ?? "";
}
