import { LEGS, type Leg } from "./status.ts";

/** What a change has not done yet; the disk has it at some time meanwhile. */
type Next = Exclude<Leg, "write"> | undefined;

/** A change on its way. Times in milliseconds, by a clock that only goes forward. */
export interface Flight {
  readonly song: string;
  /** How long each leg took that is over. */
  readonly legs: Partial<Record<Leg, number>>;
  readonly beganMs: number;
  isWritten: boolean;
  /** `undefined`: readers have it. */
  leg: Next;
  sinceMs: number;
  why: string | undefined;
}

/** The same length each time: nothing of an earlier one is left in the file. */
export function createFlight(number: number, now: number): Flight {
  const song = `${String(number).padStart(12, "0")} ${new Date().toISOString()}\n`;
  return { song, legs: {}, beganMs: now, isWritten: false, leg: "watch", sinceMs: now, why: undefined };
}

/** The disk has it. */
export function written(flight: Flight, now: number): void {
  flight.legs.write = now - flight.beganMs;
  flight.isWritten = true;
}

/** It begins the next leg. @param tookMs of the one before, where somebody measured it */
export function pass(flight: Flight, next: Next, now: number, tookMs = now - flight.sinceMs): void {
  if (flight.leg !== undefined) flight.legs[flight.leg] = tookMs;
  [flight.leg, flight.sinceMs, flight.why] = [next, now, undefined];
}

export function hasArrived({ leg, isWritten }: Flight): boolean {
  return leg === undefined && isWritten;
}

/** Where a change is held up, since when, and why. */
export interface Standstill {
  readonly leg: Leg;
  readonly sinceMs: number;
  readonly why: string | undefined;
}

/**
 * What keeps changes from getting through: one that was sent anew stands where the one before it did, until it gets further.
 *
 * @param before the same of the one before
 */
export function standstillOf(flight: Flight, before: Standstill | undefined): Standstill {
  const { isWritten, beganMs, why } = flight;
  const isUnwritten = !isWritten && (flight.leg === "watch" || flight.leg === undefined);
  const here = {
    leg: isUnwritten ? "write" : (flight.leg ?? "read"),
    sinceMs: isUnwritten ? beganMs : flight.sinceMs,
    why,
  } as const;
  if (before === undefined || LEGS.indexOf(here.leg) > LEGS.indexOf(before.leg)) return here;
  return { ...before, why: here.leg === before.leg ? (why ?? before.why) : before.why };
}

/** Of one that did not get through, once the next one is sent. */
export function stuckAt(flight: Flight, before: Standstill | undefined): Standstill {
  const here = standstillOf(flight, undefined);
  return here.leg === before?.leg ? { ...before, why: here.why } : here;
}
