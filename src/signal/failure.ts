import { PacksyncError } from "../errors.ts";

/** Telling a service failed; the same may succeed later. */
export function signalFailed(message: string, about: { readonly hint?: string; readonly cause?: unknown } = {}) {
  return new PacksyncError("SIGNAL_FAILED", message, { ...about, retryable: true });
}

/** The innermost reason of a failed call, in few words: `ECONNREFUSED`, or what the library says. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return "code" in error && typeof error.code === "string" && error.code !== "" ? error.code : error.message;
}
