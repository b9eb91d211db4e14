import { PacksyncError } from "../errors.ts";

interface Why {
  /** What to do about it, one sentence. */
  readonly hint?: string;
  /** Whether trying the same again soon may succeed. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** A pack could not be fetched. Messages may be shown to anybody: no credentials in them. */
export function downloadFailed(message: string, why: Why = {}): PacksyncError {
  return new PacksyncError("DOWNLOAD_FAILED", message, why);
}

/** A stage needs a program that is not here. */
export function runtimeMissing(program: string): PacksyncError {
  const hint = `Install ${program}; of packsync's images \`packsync-install\` has it.`;
  return downloadFailed(`runtime not available: ${program}`, { hint });
}

/** What a library or a system call said, in one line. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0]?.slice(0, 300) || "no reason";
}
