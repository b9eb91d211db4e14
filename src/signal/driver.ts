import type { MeaningKind } from "../plan/meaning.ts";

/** What a service is told: the releases that are live now, and what became another with them. */
export interface Notice {
  /** A service; `register` or `environments` at the platform. */
  readonly service: string;
  /** Each pack once. */
  readonly packs: readonly PackNotice[];
}

export interface PackNotice {
  readonly ref: string;
  /** What is live; `undefined`: the pack is gone. */
  readonly release: string | undefined;
  /** May be all of a large pack. */
  readonly changes: readonly { readonly path: string; readonly meaning: MeaningKind }[];
}

/** `told`: whoever there is has it, with what shows it (containers, a status); `absent`: there is nobody to tell. */
export type Outcome =
  | { readonly kind: "told"; readonly evidence: readonly string[] }
  | { readonly kind: "absent"; readonly why: string };

/**
 * A way to tell services.
 *
 * Resolves only after the other side took it, and throws when that is not certain; the same notice may then be told again, so every
 * driver's effect is one that may happen twice. An abort ends it at once, and leaves nothing running. No secret ever stands in an error.
 */
export interface Driver {
  /** @throws PacksyncError `SIGNAL_FAILED`, retryable, and the abort's own reason */
  tell(notice: Notice, abort: AbortSignal): Promise<Outcome>;
}
