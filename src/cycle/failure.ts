import { isSystemError, PacksyncError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { hintOf } from "../platform/unusable.ts";

/**
 * A failure of one pack, said like a finding; other packs go on.
 *
 * @throws what is neither ours nor the system's: a mistake in the program, or the database
 */
export function failure(error: unknown): Diagnostic {
  const isOurs = error instanceof PacksyncError;
  if (!isOurs && !isSystemError(error)) throw error;
  const code = isOurs && error.code === "PACK_BUSY" ? "pack.busy" : "pack.failed";
  const base = { severity: "error", code, message: error.message } as const;
  const hint = isOurs ? error.hint : hintOf(error);
  return hint === undefined ? base : { ...base, hint };
}
