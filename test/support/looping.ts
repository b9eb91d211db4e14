import { vi } from "vitest";
import type { CycleNews, PackNews } from "../../src/cycle/news.ts";
import type { SourceReport } from "../../src/cycle/report.ts";
import { totalsOf } from "../../src/cycle/report.ts";
import { PacksyncError } from "../../src/errors.ts";
import type { DaemonEvent } from "../../src/loop/events.ts";
import { createLoop, type Loop } from "../../src/loop/loop.ts";
import type { LoopDeps } from "../../src/loop/state.ts";
import { isOpen } from "../../src/platform/gate.ts";
import type { Answers, CycleRequest, RequestKind, Requests } from "../../src/requests.ts";
import { packReport } from "./reports.ts";

/** What the volume was asked, and when. */
export type Asked = {
  [K in RequestKind]: {
    readonly kind: K;
    readonly request: Requests[K];
    readonly atMs: number;
    readonly abort: AbortSignal;
  };
}[RequestKind];

/** What the volume answers, after so many milliseconds; throws what it throws. */
export type Answer = (asked: Asked) => { readonly afterMs?: number; readonly answer?: Answers[RequestKind] };

export interface Looping {
  readonly loop: Loop;
  readonly asked: readonly Asked[];
  readonly said: readonly DaemonEvent[];
  /** Rechecks that the watcher was asked for, by source. */
  readonly rechecked: readonly string[];
  /** What all cycles were about that were not ahead of time, or went on, so far: `everything`, `slice packs after a`, `packs/core packs`. */
  cycles(): readonly string[];
  saidKinds(): readonly string[];
  /** How many things the volume was asked at once, at most. */
  mostAtOnce(): number;
  /** Lets the time go on. */
  wait(ms: number): Promise<void>;
  stop(reason?: Error): void;
  readonly ended: Promise<void>;
}

/** A loop that runs, with a volume and a clock that tests command. Fake timers are needed. */
export function looping(answer: Answer = () => ({}), about: Partial<LoopDeps> = {}): Looping {
  const asked: Asked[] = [];
  const said: DaemonEvent[] = [];
  const rechecked: string[] = [];
  const stopping = new AbortController();
  let [underWay, most] = [0, 0];
  const ask = async (kind: RequestKind, request: Requests[RequestKind], _: unknown, abort: AbortSignal) => {
    const about = { kind, request, atMs: Date.now(), abort } as Asked;
    asked.push(about);
    most = Math.max(most, ++underWay);
    try {
      const { afterMs = 0, answer: given = usual(about) } = answer(about);
      await throughGate(about);
      if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
      abort.throwIfAborted();
      return given;
    } finally {
      underWay--;
    }
  };
  const loop = createLoop({
    sources: [{ name: "packs", path: "/packs" }],
    ask: ask as LoopDeps["ask"],
    say: (event) => void said.push(event),
    onLive() {},
    hearAll: async () => {},
    now: () => Date.now(),
    rescanMs: 5000,
    verifyMs: 0,
    drift: "repair",
    recheck: (source) => void rechecked.push(source),
    machine: () => ({ watches: 1, watchesAllowed: 100, eventLoopDelayMs: 0 }),
    ...about,
  });
  const ended = loop.run(stopping.signal);
  ended.catch(() => {});
  return {
    loop,
    asked,
    said,
    rechecked,
    cycles: () =>
      asked.flatMap((each) => (each.kind === "cycle" && hasHappened(each.request) ? [cycleText(each.request)] : [])),
    mostAtOnce: () => most,
    saidKinds: () => said.map(({ kind }) => kind).filter((kind) => kind !== "rest"),
    wait: async (ms) => void (await vi.advanceTimersByTimeAsync(ms)),
    stop: (reason = new Error("the end")) => stopping.abort(reason),
    ended,
  };
}

/** Whatever is prepared happens once the gate opens. */
async function throughGate(asked: Asked): Promise<void> {
  const gate = gateOf(asked);
  while (gate !== undefined && isUndecided(gate)) await new Promise((resolve) => setTimeout(resolve, 1));
  if (gate !== undefined && !isOpen(gate)) throw new PacksyncError("STOPPED", "touched again");
}

function gateOf({ kind, request }: Pick<Asked, "kind" | "request">): SharedArrayBuffer | undefined {
  return kind === "cycle" && "gate" in request ? request.gate : undefined;
}

/** Whether a cycle was no look ahead, or one that went on. */
export function hasHappened(request: CycleRequest): boolean {
  const gate = gateOf({ kind: "cycle", request });
  return gate === undefined || isOpen(gate);
}

function isUndecided(gate: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(gate), 0) === 0;
}

function usual({ kind }: Asked): Answers[RequestKind] {
  switch (kind) {
    case "cycle":
      return cycleNews();
    case "verify":
    case "published":
      return [];
    case "open":
      return { owner: undefined };
    default:
      return { sources: [], packs: [], shadowed: [] };
  }
}

function cycleText(request: CycleRequest): string {
  if (request.look === "everything") return "everything";
  if (request.look === "slice")
    return `slice ${request.source}${request.after === undefined ? "" : ` after ${request.after}`}`;
  return [...request.sources, ...request.places].sort().join(" ");
}

export function cycleNews(about: Partial<CycleNews> = {}): CycleNews {
  return {
    sources: [],
    packs: [],
    waiting: [],
    changed: [],
    totals: totalsOf([]),
    findings: 0,
    shadowed: [],
    durationMs: 1,
    cpuMs: 1,
    next: undefined,
    ...about,
  };
}

/** Packs that were published. */
export function newsOf(...refs: readonly string[]): Partial<CycleNews> {
  const packs = refs.map((ref): PackNews => ({ ...packReport({ ref }), fresh: [] }));
  return { packs, changed: refs.map((ref) => `packs/${ref}`) };
}

export function sourceFound(state: SourceReport["state"], held?: SourceReport["held"]): Partial<CycleNews> {
  return { sources: [{ name: "packs", path: "/packs", kind: "production", state, held, diagnostics: [] }] };
}

export function isSlice({ kind, request }: Asked): boolean {
  return kind === "cycle" && request.look === "slice";
}
