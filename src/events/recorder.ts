import { setTimeout as sleep } from "node:timers/promises";
import type { PacksyncEvent } from "./event.ts";
import { eventJson } from "./event-text.ts";
import { packsOf } from "./filter.ts";
import { type Followed, follow, type KeptPage } from "./follow.ts";
import { createRing, type Entry, RING_LIMITS, type Ring, type RingLimits, UNKEPT_LIMITS } from "./ring.ts";
import type { Row, Sample, Written } from "./store.ts";

/** What happened, before it has its number and its time. */
export type News = Omit<PacksyncEvent, "id" | "at">;

/** Where events are kept; every call may fail, and may take its time. */
export interface Keeper {
  /** @param first what the first event is to be greater than, unless what is kept says more. @returns what it is to be greater than */
  open(first: number): Promise<number>;
  write(written: Written): Promise<void>;
  read(after: number): Promise<KeptPage>;
}

export interface RecorderDeps {
  readonly keeper: Keeper;
  readonly now: () => number;
  /** Is told once when events cannot be kept, and once when they can again, with how many are lost. */
  readonly onTrouble: (why: string) => void;
  readonly onRecovered: (lost: number) => void;
  /** How much of what is not kept yet stays in memory. */
  readonly unkept?: RingLimits;
  readonly retryMs?: number;
}

/** Numbers events, keeps them, and passes them on. Nobody waits for the disk. */
export interface Recorder extends AsyncDisposable {
  /** From now on there is a place where events can be kept. */
  open(): void;
  record(news: readonly News[]): void;
  sample(sample: Sample): void;
  /** What its events come after, and the newest one; `undefined`: none has its id yet. */
  span(): { readonly after: number; readonly last: number } | undefined;
  follow(after: number, abort: AbortSignal): AsyncGenerator<Followed, void>;
}

/** So many go into one commit. */
const BATCH = 500;
/** While nothing can be kept: an hour of them. */
const MOST_SAMPLES = 240;
const RETRY_MS = 1000;
/** A disk that does not answer by then keeps nobody from being told. */
const LATE_MS = 2000;
/** What happened last is kept, unless that takes longer. */
const GRACE_MS = 1000;

export function createRecorder(deps: RecorderDeps): Recorder {
  const { keeper, now, retryMs = RETRY_MS } = deps;
  let early: (readonly [at: number, news: News])[] = [];
  let ring: Ring | undefined;
  let first = 0;
  let [next, written, lostUntil, lost] = [0, 0, 0, 0];
  let samples: readonly Sample[] = [];
  const begun = Promise.withResolvers<void>();
  let [isOpen, isTrouble, isEnding] = [false, false, false];
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** A clock of milliseconds that is not set back gives greater numbers than a daemon before can have reached. */
  const clockId = (): number => Math.floor(now()) * 1000;
  const begin = (base: number): void => {
    next = Math.max(next, base + 1);
    if (ring !== undefined) return;
    [written, first] = [base, base];
    ring = createRing(base, RING_LIMITS, onDropped, { limits: deps.unkept ?? UNKEPT_LIMITS, isUnkept });
    for (const [at, news] of early) add(at, news, ring);
    early = [];
    begun.resolve();
  };
  const isUnkept = ({ id }: Entry): boolean => id > written;
  const onDropped = ({ id }: Entry): void => {
    if (id <= written) return;
    lost += 1;
    lostUntil = id;
  };
  const add = (at: number, news: News, to: Ring): void => {
    const event: PacksyncEvent = { id: next++, at: new Date(at).toISOString(), ...news };
    to.push({ id: event.id, event, json: eventJson(event) });
  };
  const tryOpen = async (): Promise<void> => {
    const base = await keeper.open(ring?.from ?? clockId());
    isOpen = true;
    begin(base);
  };
  const writeAll = async (): Promise<void> => {
    if (!isOpen) await tryOpen();
    for (;;) {
      const entries = ring?.after(Math.max(written, ring.from))?.slice(0, BATCH) ?? [];
      const [sampled, gone] = [samples, lostUntil];
      if (entries.length + sampled.length === 0 && gone === 0) return;
      await keeper.write({ events: entries.map(rowOf), samples: sampled, gone });
      written = entries.at(-1)?.id ?? written;
      samples = samples.filter((sample) => !sampled.includes(sample));
      if (lostUntil === gone) lostUntil = 0;
      recovered();
    }
  };
  const recovered = (): void => {
    if (isTrouble) deps.onRecovered(lost);
    [isTrouble, lost] = [false, 0];
  };
  const failed = (error: unknown): void => {
    begin(clockId()); // whoever follows does not wait for it
    if (isEnding) return;
    if (!isTrouble) deps.onTrouble(error instanceof Error ? error.message : String(error));
    isTrouble = true;
    timer = setTimeout(keep, retryMs).unref();
  };
  const keep = (): void => {
    if (writing !== undefined) return;
    clearTimeout(timer);
    writing = Promise.resolve() // what comes in one turn of the event loop is one commit
      .then(writeAll)
      .catch(failed)
      .finally(() => {
        writing = undefined;
        if (!isTrouble && !isEnding && hasMore()) keep();
      });
  };
  const hasMore = (): boolean => samples.length > 0 || (ring !== undefined && ring.last > written);
  const allWritten = async (): Promise<void> => {
    while (writing !== undefined) await writing;
  };
  let isReady = false;
  let late: NodeJS.Timeout | undefined;
  return {
    open() {
      isReady = true;
      keep();
      late = setTimeout(() => begin(clockId()), LATE_MS).unref();
    },
    record(news) {
      for (const each of news) {
        if (ring === undefined) early.push([now(), each]);
        else add(now(), each, ring);
      }
      if (isReady && !isTrouble && news.length > 0) keep();
    },
    sample(sample) {
      samples = [...samples.slice(1 - MOST_SAMPLES), sample];
      if (isReady && !isTrouble) keep();
    },
    span: () => ring && { after: first, last: ring.last },
    async *follow(after, abort) {
      await begun.promise;
      if (ring === undefined || abort.aborted) return;
      yield* follow(after, { ring, kept: (last) => keptOrNothing(last, keeper, [lostUntil, ring?.from ?? 0]) }, abort);
    },
    async [Symbol.asyncDispose]() {
      begun.resolve();
      clearTimeout(late);
      if (isReady && !isTrouble) keep();
      isEnding = true;
      clearTimeout(timer);
      await Promise.race([allWritten(), sleep(GRACE_MS, undefined, { ref: false })]);
    },
  };
}

/** @param lost events up to here are not all kept, and those up to there are kept or lost */
async function keptOrNothing(after: number, keeper: Keeper, lost: readonly [number, number]): Promise<KeptPage> {
  try {
    const { entries, gone } = await keeper.read(after);
    return { entries, gone: Math.max(gone, lost[0]) };
  } catch {
    return { entries: [], gone: lost[1] };
  }
}

function rowOf({ event, json }: Entry): Row {
  const { id, at, kind, severity, service, elapsed_ms: elapsedMs } = event;
  return { id, atMs: Date.parse(at), kind, severity, packs: packsOf(event), service, elapsedMs, json };
}
