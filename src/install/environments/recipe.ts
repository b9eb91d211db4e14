import type { Running } from "./program.ts";
import type { Facts, Runtime } from "./shelf.ts";

/** What a pack needs of a runtime, and how it gets it. */
export interface Recipe {
  readonly runtime: Runtime;
  /** All that the environment depends on. */
  readonly identity: unknown;
  /** `Python 3.11.4`, `v20.11.0`. */
  readonly runtimeVersion: string;
  /** What one should know of it, a line each. */
  readonly notes: readonly string[];
  /** Fills a directory that has only {@link OWN} in it. */
  readonly build: (directory: string, running: Running, abort: AbortSignal) => Promise<Facts>;
}
