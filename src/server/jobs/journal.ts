import type { Log } from "../../platform/log.ts";
import type { EventType, Job, JobEvent } from "./job.ts";
import type { JobChange, JobStore } from "./store.ts";

/**
 * What happens to jobs, on its way into the store. Nobody is shown an event before it is written: its id stays its own, also when
 * the process is killed.
 */
export interface Journal extends Disposable {
  /** Begins a job: written when this returns. @throws what the store throws */
  begin(job: Job): void;
  add(job: string, type: EventType, data: JobEvent["data"]): void;
  /** It is written with the events before it; soon, or `at once`. A disk that is full is tried again until it is not. */
  save(change: JobChange, when: "soon" | "at once"): void;
  /** What could not be written yet. */
  unwritten(job: string): { readonly change: JobChange | undefined; readonly events: readonly JobEvent[] };
  /** Calls back after each write about this job. */
  listen(job: string, onWritten: () => void): Disposable;
  /** Forgets its end of a job that is over. */
  close(job: string): void;
  flush(): void;
}

export interface JournalDeps {
  readonly store: JobStore;
  readonly log: Log;
  readonly now: () => Date;
  /** Of one job. */
  readonly maxEvents: number;
  readonly maxBytes: number;
}

const RETRY_MS = 500;
/** Of events that wait to be written; lines beyond that are lost. */
const MAX_WAITING = 1000;
/** So many are written at once, so that a burst within one turn of the loop takes no memory. */
const BATCH = 500;

interface Waiting {
  last: number;
  written: number;
  bytes: number;
  change: JobChange | undefined;
  events: JobEvent[];
  readonly listeners: Set<() => void>;
}

export function openJournal({ store, log, now, maxEvents, maxBytes }: JournalDeps): Journal {
  const jobs = new Map<string, Waiting>();
  const listeners = new Map<string, Set<() => void>>();
  let timer: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isFailing = false;

  const waitingOf = (job: string): Waiting => {
    const found = jobs.get(job);
    if (found !== undefined) return found;
    const made = { last: 0, written: 0, bytes: 0, change: undefined, events: [], listeners: listenersOf(job) };
    jobs.set(job, made);
    return made;
  };
  const listenersOf = (job: string): Set<() => void> => {
    const found = listeners.get(job) ?? new Set();
    listeners.set(job, found);
    return found;
  };
  const flush = (): void => {
    clearImmediate(timer);
    timer = undefined;
    const dirty = [...jobs].filter(([, { change, events }]) => change !== undefined || events.length > 0);
    if (dirty.length === 0) return;
    try {
      store.write({
        jobs: dirty.flatMap(([, { change }]) => change ?? []),
        events: dirty.flatMap(([job, { events }]) => events.map((event) => ({ job, event }))),
      });
    } catch (error) {
      holdOn(error);
      return;
    }
    if (isFailing) log.info("jobs are written again");
    isFailing = false;
    for (const [job, waiting] of dirty) settle(job, waiting);
  };
  const holdOn = (error: unknown): void => {
    if (!isFailing) log.warn({ error: messageOf(error) }, "jobs cannot be written: it is tried again until they can");
    isFailing = true;
    clearTimeout(retry);
    retry = setTimeout(flush, RETRY_MS).unref();
  };
  const settle = (job: string, waiting: Waiting): void => {
    waiting.written += waiting.events.length;
    waiting.bytes += waiting.events.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0);
    waiting.change = undefined;
    waiting.events = [];
    if (waiting.written > maxEvents || waiting.bytes > maxBytes) shorten(job, waiting);
    for (const tell of [...waiting.listeners]) tell();
  };
  /** To four fifths of what may be, so that it need not be done with each line. */
  const shorten = (job: string, waiting: Waiting): void => {
    const share = Math.min(maxEvents / waiting.written, maxBytes / waiting.bytes) * 0.8;
    store.forget(job, Math.ceil(waiting.written * (1 - share)));
    const { events, bytes } = store.sizeOf(job);
    waiting.written = events;
    waiting.bytes = bytes;
  };
  const soon = (): void => {
    if (!isFailing) timer ??= setImmediate(flush);
  };
  const made = (waiting: Waiting, type: EventType, data: JobEvent["data"]): JobEvent => {
    waiting.last += 1;
    return { id: waiting.last, time: now().toISOString(), type, data };
  };
  return {
    begin(job) {
      const waiting = waitingOf(job.id);
      const event = made(waiting, "state", { state: job.state });
      try {
        store.write({ jobs: [{ job, result: undefined }], events: [{ job: job.id, event }] });
      } catch (error) {
        jobs.delete(job.id);
        throw error;
      }
      waiting.written = 1;
    },
    add(job, type, data) {
      const waiting = waitingOf(job);
      waiting.events.push(made(waiting, type, data));
      if (waiting.events.length > MAX_WAITING) waiting.events = withoutALine(waiting.events);
      if (waiting.events.length >= BATCH && !isFailing) flush();
      else soon();
    },
    save(change, when) {
      waitingOf(change.job.id).change = change;
      if (when === "at once") flush();
      else soon();
    },
    unwritten: (job) => ({ change: jobs.get(job)?.change, events: jobs.get(job)?.events ?? [] }),
    listen(job, onWritten) {
      const own = listenersOf(job);
      own.add(onWritten);
      return {
        [Symbol.dispose]() {
          own.delete(onWritten);
          if (own.size === 0 && !jobs.has(job)) listeners.delete(job);
        },
      };
    },
    close(job) {
      jobs.delete(job);
      if (listeners.get(job)?.size === 0) listeners.delete(job);
    },
    flush,
    [Symbol.dispose]() {
      flush();
      clearImmediate(timer);
      clearTimeout(retry);
    },
  };
}

/** The oldest that says nothing of the state; where there is none, all stay. */
function withoutALine(events: readonly JobEvent[]): JobEvent[] {
  const index = events.findIndex(({ type }) => type !== "state");
  return index === -1 ? [...events] : events.toSpliced(index, 1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
