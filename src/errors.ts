import type { Position } from "./pack/diagnostics.ts";

/**
 * What went wrong, for programs; each belongs to one exit code.
 * Findings about packs are not errors: they are {@link Diagnostic} values.
 */
export type ErrorCode =
  | "USAGE"
  | "CONFIG_INVALID"
  | "CONFLICT"
  | "DOWNLOAD_FAILED"
  | "LOCK_TIMEOUT"
  | "PACK_BUSY"
  | "PACK_FAILED"
  | "SIGNAL_FAILED"
  | "SOURCE_UNUSABLE"
  | "STATE_NEWER"
  | "STOPPED"
  | "VOLUME_FULL"
  | "VOLUME_UNUSABLE";

/** How `packsync` ends; docs/cli.md explains each to people. */
export const ExitCode = { ok: 0, packs: 1, usage: 2, unusable: 3 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

interface PacksyncErrorOptions {
  /** What to do about it, one sentence. */
  readonly hint?: string | undefined;
  /** Where in a file of the user's, with the file's path. */
  readonly position?: (Position & { readonly file: string }) | undefined;
  /** Whether trying the same again soon may succeed. */
  readonly retryable?: boolean;
  /** Of a full volume: how many bytes have to come free. */
  readonly missingBytes?: number;
  readonly cause?: unknown;
}

/** The one error class: something failed that the caller has to know about, said so that a person can act on it. */
export class PacksyncError extends Error {
  override readonly name = "PacksyncError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly position: PacksyncErrorOptions["position"];
  readonly retryable: boolean;
  readonly missingBytes: number;

  constructor(code: ErrorCode, message: string, options: PacksyncErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.position = options.position;
    this.retryable = options.retryable ?? false;
    this.missingBytes = options.missingBytes ?? 0;
  }
}

/** What is wrong and what to do about it, as sentences of one line: not every message has its full stop. */
export function inOneLine(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message.replace(/(?<![.:!?])$/, ".")} ${hint}`;
}

/** The exit code that an error of this code ends a command with. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case "USAGE":
    case "CONFIG_INVALID":
      return ExitCode.usage;
    case "CONFLICT":
    case "DOWNLOAD_FAILED":
    case "PACK_BUSY":
    case "PACK_FAILED":
    case "SIGNAL_FAILED":
    case "STOPPED":
    case "VOLUME_FULL":
      return ExitCode.packs;
    case "LOCK_TIMEOUT":
    case "SOURCE_UNUSABLE":
    case "STATE_NEWER":
    case "VOLUME_UNUSABLE":
      return ExitCode.unusable;
    default:
      return code satisfies never;
  }
}

/** Whether a system call failed: the disk, the network, a permission; not a mistake of ours. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && errnoOf(error) !== undefined;
}

/** The `errno` name of a failed system call, e.g. `ENOENT`; `undefined` for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
