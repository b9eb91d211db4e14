/** Why the API did not do it; `status` 0: it could not be reached. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  /** What is wrong, in a sentence. */
  readonly error: string;
  /** The same, and what to do about it. */
  readonly message: string;
}

/** What was asked for, or why it is not there. */
export type Answer<T> = { readonly data: T } | { readonly failure: Failure };

export interface Ask {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What no page of another site can send along: the server changes nothing for a cookie without it. */
const OWN_HEADER = { "x-packsync": "1" } as const;

/**
 * Asks the API, by whose session's cookie is there; paths are relative to the page, so that a proxy may serve it below a path of its own.
 *
 * @param path `api/v1/overview`
 */
export async function ask<T>(path: string, { method = "GET", body, headers, signal }: Ask = {}): Promise<Answer<T>> {
  const isJson = body !== undefined && !(body instanceof FormData); // the browser knows a form's boundary
  try {
    const response = await fetch(path, {
      method,
      headers: { ...OWN_HEADER, ...(isJson && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body }),
      ...(signal !== undefined && { signal }),
    });
    return await answerOf<T>(response);
  } catch (error) {
    return { failure: signal?.aborted === true ? ABORTED : unreachable(error) };
  }
}

export function isFailure<T>(answer: Answer<T>): answer is { readonly failure: Failure } {
  return "failure" in answer;
}

export async function answerOf<T>(response: Response): Promise<Answer<T>> {
  if (response.status === 204) return { data: undefined as T };
  const text = await response.text();
  const document = parsed(text);
  if (response.ok) return { data: (document as { data?: T } | undefined)?.data as T };
  const { error, code, message } = (document ?? {}) as Partial<Failure>;
  const said = error ?? `The server answered ${response.status}.`;
  return { failure: { status: response.status, code: code ?? "UNKNOWN", error: said, message: message ?? said } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's own page
  }
}

const ABORTED: Failure = { status: 0, code: "ABORTED", error: "Not needed any more.", message: "Not needed any more." };

function unreachable(error: unknown): Failure {
  const said = "packsync cannot be reached.";
  return {
    status: 0,
    code: "UNREACHABLE",
    error: said,
    message: `${said} ${error instanceof Error ? error.message : ""}`,
  };
}
