import { existsSync } from "node:fs";
import { PacksyncError } from "../errors.ts";
import type { Hint } from "../plan/settle.ts";
import type { WatchEvents } from "./events.ts";

/** What a bad mount or a full queue does to events, for tests: shares from 0 to 1, and milliseconds. */
interface WatchFaults {
  readonly drop: number;
  readonly duplicate: number;
  readonly delay: number;
  readonly seed: number;
}

/**
 * The same events with the faults that `PACKSYNC_TEST_WATCH` asks for: `suppress` (nothing is ever announced), `suppress=<file>` (nothing is while
 * there is such a file), or `drop=0.3,duplicate=0.2,delay=50`, with `seed=7` for other random choices.
 */
export function withFaults(events: WatchEvents, text: string | undefined): WatchEvents {
  if (!text) return events;
  if (text === "suppress") return { ...events, onHints: () => {}, onDoubt: () => {} };
  const [, file] = /^suppress=(.+)$/.exec(text) ?? [];
  if (file !== undefined)
    return { ...events, onHints: (...about) => void (existsSync(file) || events.onHints(...about)) };
  const { drop, duplicate, delay, seed } = parsed(text);
  const random = randomFrom(seed);
  const onHint = (hint: Hint, tookMs: number): void => {
    if (delay === 0) events.onHints([hint], tookMs);
    else setTimeout(() => events.onHints([hint], tookMs), random() * delay).unref();
  };
  const onHints: WatchEvents["onHints"] = (hints, tookMs) => {
    for (const hint of hints) {
      if (random() < drop) continue;
      onHint(hint, tookMs);
      if (random() < duplicate) onHint(hint, tookMs);
    }
  };
  return { ...events, onHints };
}

function parsed(text: string): WatchFaults {
  const faults = { drop: 0, duplicate: 0, delay: 0, seed: 1 };
  for (const part of text.split(",")) {
    const [name = "", value = ""] = part.split("=");
    const number = Number(value);
    if (!Object.hasOwn(faults, name) || value === "" || !(number >= 0)) throw unknownFault(part);
    Object.assign(faults, { [name]: number });
  }
  return faults;
}

function unknownFault(part: string): PacksyncError {
  return new PacksyncError(
    "USAGE",
    `Expected PACKSYNC_TEST_WATCH to be \`suppress\` or \`drop=…,duplicate=…,delay=…,seed=…\`, got \`${part}\``,
    { hint: "It is for tests only: unset it." },
  );
}

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
