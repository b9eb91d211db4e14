import { type DirtyPlace, restsAtMs, touch, waiting } from "./settle-place.ts";
import { SETTLE, type SettleWindows } from "./settle-windows.ts";

/**
 * Something was seen: where to look. `directory` is the pack's in its source; `undefined`: the source itself, or nobody
 * knows where. `changed`: something appeared or was written; `removed`: something in the pack went away, nothing else;
 * `vanished`: the pack's own directory did, or the source's.
 */
export interface Hint {
  readonly source: string;
  readonly directory: string | undefined;
  readonly kind: "changed" | "removed" | "vanished";
}

/**
 * Where to look now. `sinceMs`: when the first hint came. `isFinal`: what looks half-written counts as it is, for it
 * waited already and nothing was written since, or it is written for ever.
 */
export interface Place {
  readonly source: string;
  readonly directory: string | undefined;
  readonly sinceMs: number;
  readonly isFinal: boolean;
}

/** What is dirty in each source; {@link NOTHING_DIRTY} to begin with. */
export type Dirty = ReadonlyMap<string, DirtySource>;

export const NOTHING_DIRTY: Dirty = new Map();

interface DirtySource {
  readonly places: ReadonlyMap<string | undefined, DirtyPlace>;
  /** When each pack was last touched; settled ones, too, for a burst may have begun with them. */
  readonly touchedMs: ReadonlyMap<string | undefined, number>;
}

/** What is dirty after these hints, which came at the same moment: their order does not matter. */
export function noted(dirty: Dirty, hints: readonly Hint[], now: number, windows: SettleWindows = SETTLE): Dirty {
  const bySource = Map.groupBy(hints, ({ source }) => source);
  const changed = [...bySource].map(([name, its]) => [name, notedIn(dirty.get(name), its, now, windows)] as const);
  return new Map([...dirty, ...changed]);
}

/** What was found half-written is dirty again for a moment, without holding back anything else. Not for a final place. */
export function waitOnce(dirty: Dirty, place: Place, now: number, windows: SettleWindows = SETTLE): Dirty {
  const { source, directory, sinceMs } = place;
  const { places, touchedMs } = dirty.get(source) ?? CLEAN_SOURCE;
  const waits = waiting(places.get(directory), sinceMs, now, windows);
  return new Map([...dirty, [source, { places: new Map([...places, [directory, waits]]), touchedMs }]]);
}

/** What has come to rest by now, what has not, and when to ask again unless hints come before. */
export function due(
  dirty: Dirty,
  now: number,
  windows: SettleWindows = SETTLE,
): { readonly ready: readonly Place[]; readonly rest: Dirty; readonly nextAtMs: number | undefined } {
  const ready: Place[] = [];
  const rest = new Map<string, DirtySource>();
  let nextAtMs = Number.POSITIVE_INFINITY;
  for (const [source, { places, touchedMs }] of dirty) {
    const companies = companiesOf(places, windows);
    const left = new Map(places);
    for (const [directory, place] of places) {
      const atMs = readyAtMs(place, companies, windows);
      if (atMs > now) {
        nextAtMs = Math.min(nextAtMs, atMs);
        continue;
      }
      left.delete(directory);
      ready.push({ source, directory, sinceMs: place.firstMs, isFinal: isFinal(place, now, windows) });
    }
    rest.set(source, { places: left, touchedMs });
  }
  return { ready, rest, nextAtMs: Number.isFinite(nextAtMs) ? nextAtMs : undefined };
}

/** Places that come to rest at the same moment unless they are touched before. `marks`: what was known of each. */
export interface Ahead {
  readonly atMs: number;
  readonly places: readonly Place[];
  readonly marks: readonly DirtyPlace[];
}

/**
 * What looks as if it came to rest next, and may be prepared until then: not what is still coming, going, or half-written.
 *
 * @returns `nextAtMs`: when to ask again, unless hints come before
 */
export function ahead(
  dirty: Dirty,
  now: number,
  windows: SettleWindows = SETTLE,
): { readonly next: Ahead | undefined; readonly nextAtMs: number } {
  const coming = [...dirty].flatMap(([source, { places }]) => comingIn(source, places, windows));
  let [atMs, nextAtMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const each of coming) {
    if (each.fromMs > now) nextAtMs = Math.min(nextAtMs, each.fromMs);
    else atMs = Math.min(atMs, each.atMs);
  }
  const next = coming.filter((each) => each.fromMs <= now && each.atMs === atMs);
  const [places, marks] = [next.map(({ place }) => place), next.map(({ mark }) => mark)];
  return { next: next.length === 0 ? undefined : { atMs, places, marks }, nextAtMs };
}

/** @returns whether none of them was touched since */
export function isUntouched(dirty: Dirty, { places, marks }: Ahead): boolean {
  return places.every(({ source, directory }, index) => dirty.get(source)?.places.get(directory) === marks[index]);
}

/** What is dirty without these. */
export function without(dirty: Dirty, places: readonly Place[]): Dirty {
  const rest = new Map(dirty);
  for (const [source, its] of Map.groupBy(places, (place) => place.source)) {
    const gone = new Set(its.map(({ directory }) => directory));
    const { places: known, touchedMs } = dirty.get(source) ?? CLEAN_SOURCE;
    rest.set(source, { places: new Map([...known].filter(([directory]) => !gone.has(directory))), touchedMs });
  }
  return rest;
}

const CLEAN_SOURCE: DirtySource = { places: new Map(), touchedMs: new Map() };

/** A hint about the source itself concerns all of it, as a burst does; and what comes during a burst is part of it. */
function notedIn(before: DirtySource = CLEAN_SOURCE, hints: readonly Hint[], now: number, windows: SettleWindows) {
  const places = new Map(before.places);
  const touchedMs = new Map(before.touchedMs);
  for (const [name, atMs] of touchedMs) if (now - atMs > windows.burstMs) touchedMs.delete(name);
  for (const { directory, kind } of hints) {
    places.set(directory, touch(places.get(directory), kind, now, windows));
    touchedMs.set(directory, now);
  }
  const isBatch = touchedMs.size > windows.burstPacks || places.has(undefined) || isInBatch(places, windows);
  if (isBatch) for (const [name, place] of places) if (!place.inBatch) places.set(name, { ...place, inBatch: true });
  return { places, touchedMs };
}

function isInBatch(places: DirtySource["places"], windows: SettleWindows): boolean {
  return places.values().some((place) => place.inBatch && !isRestless(place, windows));
}

/** Places that wait for each other: since when, and when the last of them was touched. */
interface Company {
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Companies {
  readonly batch: Company;
  readonly going: Company;
}

/** Packs that go away one after the other are judged together (are they too many at once?), apart from what is edited. */
function companiesOf(places: DirtySource["places"], windows: SettleWindows): Companies {
  let batch = NOBODY;
  let going = NOBODY;
  for (const place of places.values()) {
    if (place.inBatch && !isRestless(place, windows)) batch = joined(batch, place);
    if (!place.inBatch && place.onlyWent) going = joined(going, place);
  }
  return { batch, going };
}

const NOBODY: Company = { firstMs: Number.POSITIVE_INFINITY, lastMs: Number.NEGATIVE_INFINITY };

function joined({ firstMs, lastMs }: Company, place: DirtyPlace): Company {
  return { firstMs: Math.min(firstMs, place.firstMs), lastMs: Math.max(lastMs, place.lastMs) };
}

function isRestless({ busySinceMs, lastMs }: DirtyPlace, { restlessMs }: SettleWindows): boolean {
  return lastMs - busySinceMs >= restlessMs;
}

/**
 * Once the place rests, and its company does or has been waited for long enough: of a batch without end, what rests by
 * itself goes. Only what never rests is looked at while it is written.
 */
function readyAtMs(place: DirtyPlace, companies: Companies, windows: SettleWindows): number {
  const company = companyFor(place, companies, windows);
  const companyAtMs = company && Math.min(company.lastMs + windows.sourceQuietMs, company.firstMs + windows.maxMs);
  const restedMs = Math.max(restsAtMs(place, windows), companyAtMs ?? Number.NEGATIVE_INFINITY);
  return Math.min(restedMs, place.firstMs + windows.maxMs);
}

function companyFor(place: DirtyPlace, { batch, going }: Companies, windows: SettleWindows): Company | undefined {
  if (place.inBatch) return isRestless(place, windows) ? undefined : batch;
  return place.onlyWent ? going : undefined;
}

function comingIn(source: string, places: DirtySource["places"], windows: SettleWindows) {
  const companies = companiesOf(places, windows);
  return [...places].map(([directory, mark]) => {
    const atMs = readyAtMs(mark, companies, windows);
    const place = { source, directory, sinceMs: mark.firstMs, isFinal: isFinal(mark, atMs, windows) };
    return { place, mark, atMs, fromMs: foreseeableFromMs(mark, companies, windows) };
  });
}

/** Whoever writes often is still at it; what goes away comes back, or is judged together with others. */
function foreseeableFromMs(place: DirtyPlace, { batch }: Companies, windows: SettleWindows): number {
  const { quietMs, aheadAfterMs, sourceAheadAfterMs } = windows;
  const { inBatch, onlyWent, vanished, waitsUntilMs, lastMs, gapMs } = place;
  if (vanished || waitsUntilMs !== undefined || isRestless(place, windows)) return Number.POSITIVE_INFINITY;
  if (inBatch) return batch.lastMs + sourceAheadAfterMs;
  return onlyWent || 2 * gapMs > quietMs ? Number.POSITIVE_INFINITY : lastMs + aheadAfterMs;
}

function isFinal({ untouched, firstMs }: DirtyPlace, now: number, { maxMs }: SettleWindows): boolean {
  return untouched || now - firstMs >= maxMs;
}
