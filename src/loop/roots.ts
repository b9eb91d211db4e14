import { rescanIntervalMs, restMs } from "../plan/rescan.ts";
import type { Watching } from "./status.ts";

/** One source as the loop knows it. Times in milliseconds, by a clock that only goes forward. */
export interface Root {
  readonly name: string;
  readonly path: string;
  events: number;
  missed: number;
  /** Looks at everything that found nothing unannounced, since the last that did. */
  calmPasses: number;
  isDegraded: boolean;
  isVanished: boolean;
  held: string | undefined;
  /** What the last look at everything cost, and in how many slices; `undefined`: nobody counted. */
  costMs: number;
  slices: number | undefined;
  pass: Pass;
  nextSliceAtMs: number;
  /** ISO time of the last look at everything that is over. */
  rescannedAt: string | undefined;
  /** When the next one is to be over (nobody knows before the first one is), and how long the volume had been busy when the last one was; see `rescanLateMs`. */
  rescanByMs: number;
  busyMs: number;
}

/** A look at everything, slice by slice. */
interface Pass {
  readonly startedMs: number;
  readonly costMs: number;
  readonly slices: number;
  readonly after: string | undefined;
}

const NEW_PASS = { costMs: 0, slices: 0, after: undefined } as const;

export function createRoot(source: { readonly name: string; readonly path: string }, now: number): Root {
  return {
    name: source.name,
    path: source.path,
    events: 0,
    missed: 0,
    calmPasses: CALM_AFTER,
    isDegraded: false,
    isVanished: false,
    held: undefined,
    costMs: 0,
    slices: undefined,
    pass: { ...NEW_PASS, startedMs: now },
    nextSliceAtMs: now,
    rescannedAt: undefined,
    rescanByMs: Number.POSITIVE_INFINITY,
    busyMs: 0,
  };
}

/** After so many looks that found nothing unannounced, events can be relied on again. */
const CALM_AFTER = 10;

export function watchingOf({ isVanished, isDegraded, missed, events }: Root): Watching {
  if (isVanished) return "vanished";
  if (isDegraded) return "degraded";
  return missed > 0 && events === 0 ? "polling" : "events";
}

/** Whoever loses a watch notices by what is missed: between times it is enough to look now and then. */
export function mayBeUnwatched({ isDegraded, calmPasses }: Root): boolean {
  return isDegraded || calmPasses % CALM_AFTER === 0;
}

/** What is not there announces its coming; a look at it costs as much as one at what is there, for the volume is surveyed each time. */
export function intervalOf(root: Root, floorMs: number): number {
  const isDoubtful = root.calmPasses < CALM_AFTER || !["events", "vanished"].includes(watchingOf(root));
  return rescanIntervalMs({ costMs: root.costMs, floorMs, isDoubtful });
}

/** Something changed that no event had announced. */
export function noteMissed(root: Root, count: number): void {
  root.missed += count;
  root.calmPasses = 0;
}

/** A slice is done: the next one follows so that a whole pass takes its interval. @param next where it ended; `undefined`: the pass is over */
export function afterSlice(
  root: Root,
  { costMs, busyMs }: Spent,
  next: string | undefined,
  now: number,
  floorMs: number,
): void {
  const pass = { ...root.pass, costMs: root.pass.costMs + costMs, slices: root.pass.slices + 1, after: next };
  if (next === undefined) {
    root.costMs = pass.costMs;
    root.slices = pass.slices;
    root.calmPasses++;
    root.nextSliceAtMs = Math.max(now, root.pass.startedMs + intervalOf(root, floorMs));
    root.pass = { ...NEW_PASS, startedMs: root.nextSliceAtMs };
    noteRescan(root, busyMs, intervalOf(root, floorMs));
  } else {
    root.pass = pass;
    root.nextSliceAtMs = now + (root.slices === undefined ? restMs(costMs) : intervalOf(root, floorMs) / root.slices);
  }
}

/** All of it was looked at, at once. */
export function afterEverything(root: Root, spent: Spent, now: number, floorMs: number): void {
  rescanSoon(root, now);
  afterSlice(root, spent, undefined, now, floorMs);
  root.slices = undefined;
  root.rescanByMs = root.nextSliceAtMs + intervalOf(root, floorMs); // nobody knows yet into how many slices it falls
}

/** `costMs`: of this look. `busyMs`: of all that the volume was ever asked. */
interface Spent {
  readonly costMs: number;
  readonly busyMs: number;
}

function noteRescan(root: Root, busyMs: number, intervalMs: number): void {
  const slices = root.slices ?? 1;
  root.rescannedAt = new Date().toISOString();
  root.rescanByMs = root.nextSliceAtMs + (intervalMs * (slices - 1)) / slices;
  root.busyMs = busyMs;
}

/** How long the next look at everything is overdue, but for the time that the volume had other things to do since the last one; 0: it is not. */
export function rescanLateMs({ rescanByMs, busyMs }: Root, nowBusyMs: number, now: number): number {
  return Math.max(0, Math.round(now - rescanByMs - (nowBusyMs - busyMs)));
}

/** The whole of it is looked at as soon as may be. */
export function rescanSoon(root: Root, now: number): void {
  root.pass = { ...NEW_PASS, startedMs: now };
  root.nextSliceAtMs = now;
}
