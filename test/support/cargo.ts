import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** What a machine needs to build the timer sensor; `cc` links. */
export const CARGO_TOOLS: readonly string[] = ["cargo", "rustc", "cc"];

/** The timer sensor's source. */
export const TIMER_SENSOR = join(root, "packs/core/native/timer-sensor");

/** Not in the pack, which other tests read meanwhile; the same for all, so that each thing is built once. */
export const CARGO_ENV = { ...process.env, CARGO_TARGET_DIR: join(root, "node_modules/.cache/pack-binaries") };
