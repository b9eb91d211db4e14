import { isSystemError, PacksyncError } from "../errors.ts";

/** An error on its way to another thread or process: a class does not survive the trip. */
export interface Failure {
  readonly known?: Pick<PacksyncError, "code" | "hint" | "retryable"> & Partial<Pick<PacksyncError, "position">>;
  readonly system?: { readonly code: string | undefined; readonly syscall: string | undefined };
  readonly message: string;
}

export function toFailure(error: unknown): Failure {
  if (error instanceof PacksyncError) {
    const { code, hint, retryable, position, message } = error;
    return { known: { code, hint, retryable, ...(position && { position }) }, message };
  }
  if (isSystemError(error)) return { system: { code: error.code, syscall: error.syscall }, message: error.message };
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function fromFailure({ known, system, message }: Failure): Error {
  if (known !== undefined) return new PacksyncError(known.code, message, known);
  return Object.assign(new Error(message), system);
}
