import { type ErrorCode, errnoOf, inOneLine, PacksyncError } from "../errors.ts";

/** What is said of each status, as the platform has it where it has one. */
const CODES = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  408: "REQUEST_TIMEOUT",
  409: "CONFLICT",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  422: "UNPROCESSABLE_ENTITY",
  429: "TOO_MANY_REQUESTS",
  431: "HEADERS_TOO_LARGE",
  500: "INTERNAL_SERVER_ERROR",
  503: "SERVICE_UNAVAILABLE",
} as const;

export type Status = keyof typeof CODES;

/** The body of every failure; `message` has what `error` says, and what to do about it. */
export interface FailureDocument {
  readonly error: string;
  readonly code: (typeof CODES)[Status];
  readonly message: string;
  readonly status: number;
}

/** A request that is not done, and why. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: Status;
  readonly hint: string | undefined;

  constructor(status: Status, message: string, hint?: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }

  /** By its name the limiter of requests knows what to answer. */
  get statusCode(): Status {
    return this.status;
  }
}

/** What a client is told of an error; `undefined`: it is nobody's business but ours. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof PacksyncError) return new Refusal(statusOf(error.code), error.message, error.hint);
  const status = frameworkStatus(error);
  return status === undefined ? undefined : new Refusal(status, sentence(status, error));
}

export function failureDocument({ status, message, hint }: Refusal): FailureDocument {
  return { error: message, code: CODES[status], message: inOneLine(message, hint), status };
}

/** Nothing of what happened inside is told. */
export const INTERNAL = new Refusal(500, "Something unexpected happened.", "The log of packsync says what.");

function statusOf(code: ErrorCode): Status {
  switch (code) {
    case "USAGE":
      return 400;
    case "CONFLICT":
      return 409;
    case "PACK_FAILED":
    case "DOWNLOAD_FAILED":
      return 422;
    case "PACK_BUSY":
    case "LOCK_TIMEOUT":
    case "SOURCE_UNUSABLE":
    case "STATE_NEWER":
    case "STOPPED":
    case "VOLUME_FULL":
    case "VOLUME_UNUSABLE":
      return 503;
    case "CONFIG_INVALID":
    case "SIGNAL_FAILED":
      return 500;
    default:
      return code satisfies never;
  }
}

/** What fastify refuses by itself. */
function frameworkStatus(error: unknown): Status | undefined {
  const given = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return isStatus(given) && given < 500 ? given : undefined;
}

function isStatus(value: unknown): value is Status {
  return typeof value === "number" && Object.hasOwn(CODES, value);
}

function sentence(status: Status, error: unknown): string {
  switch (status) {
    case 400:
      return errnoOf(error) === "FST_ERR_CTP_INVALID_JSON_BODY"
        ? "Expected the body to be JSON, got something else."
        : told(error);
    case 413:
      return "Expected a smaller body, got one that is too large.";
    case 415:
      return "Expected `Content-Type: application/json`, got something else.";
    default:
      return told(error);
  }
}

function told(error: unknown): string {
  return error instanceof Error ? `${error.message.replace(/\.$/, "")}.` : "Expected another request.";
}
