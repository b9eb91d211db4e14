import type { Agent, Dispatcher } from "undici";
import { reasonOf, signalFailed } from "./failure.ts";

/** One call over HTTP. */
export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As text, cut at {@link MAX_ANSWER}. */
  readonly body: string;
}

/** More than any list of containers; in bytes. */
const MAX_ANSWER = 32 * 2 ** 20;

/** Calls over connections of its own. @param socketPath instead of the URL's host */
export interface Wire extends AsyncDisposable {
  /** Redirects are not followed. @throws PacksyncError `SIGNAL_FAILED`, retryable, and the abort's reason */
  call(call: Call, abort: AbortSignal): Promise<Answer>;
}

export function openWire(socketPath?: string): Wire {
  let pending: Promise<{ readonly agent: Agent; readonly request: typeof import("undici").request }> | undefined;
  const connect = async () => {
    const { Agent, request } = await import("undici");
    // Whoever calls has a deadline: restarts take as long as the container's own grace.
    const limits = { headersTimeout: 0, bodyTimeout: 0 };
    return { agent: new Agent({ ...limits, connect: socketPath === undefined ? {} : { socketPath } }), request };
  };
  return {
    async call({ url, ...call }, abort) {
      pending ??= connect();
      const { agent, request } = await pending;
      try {
        const method = call.method as Dispatcher.HttpMethod; // any token will do
        const answer = await request(url, { ...call, method, dispatcher: agent, signal: abort });
        const { statusCode: status, headers } = answer;
        return { status, headers, body: await textOf(answer.body) };
      } catch (error) {
        abort.throwIfAborted();
        throw signalFailed(`Expected an answer of ${placeOf(url, socketPath)}, got ${reasonOf(error)}`, {
          cause: error,
        });
      }
    },
    async [Symbol.asyncDispose]() {
      await (await pending)?.agent.destroy();
    },
  };
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_ANSWER) break; // ends the connection, too
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Without what may be secret: credentials, path and query. */
export function placeOf(url: string, socketPath?: string): string {
  return socketPath ?? new URL(url).origin;
}
