import type { AttuneRound } from "./attune-round.ts";
import type { EmbeddedRound } from "./register-embedded.ts";

/** What a round of registering did. `attune` is unset where no database is configured. */
export interface RegistrationReport {
  readonly embedded: EmbeddedRound;
  readonly attune: AttuneRound | undefined;
  /** Of a round of the daemon's, in milliseconds. */
  readonly tookMs?: number;
}
