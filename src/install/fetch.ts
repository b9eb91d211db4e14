import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Agent, Dispatcher } from "undici";
import { isSystemError, PacksyncError } from "../errors.ts";
import { isAllowed, isPrivateAddress, type Network, privateHost, publicLookup } from "./address.ts";
import { downloadFailed, reasonOf } from "./failure.ts";
import { shownUrl } from "./shown-url.ts";

/** What to say to one origin, and to no other. */
export interface OriginHeaders {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface FetchRequest {
  readonly url: string;
  /** Where the body goes: a path where nothing is. */
  readonly file: string;
  readonly maxBytes: number;
  /** What is known already: an equal ETag is not sent again. */
  readonly etag?: string | undefined;
  /** Schemes that will do; `https:` always does. */
  readonly plainHttp: "allowed" | "refused";
  readonly own?: OriginHeaders | undefined;
}

/** `kept`: what is known already is still true. */
export type Fetched = { readonly kind: "fetched"; readonly etag: string | undefined } | { readonly kind: "kept" };

/** As many as browsers and curl find in earnest, and some. */
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Gets a file over HTTP. Every hop of a redirect is judged as the first one, credentials stay with their origin, and
 * whoever came by https goes on by https.
 *
 * @throws PacksyncError `DOWNLOAD_FAILED`, retryable when the other side may recover, and the abort's reason
 */
export async function fetchFile(request: FetchRequest, network: Network, abort: AbortSignal): Promise<Fetched> {
  try {
    return await follow(request, network, abort);
  } catch (error) {
    abort.throwIfAborted();
    if (error instanceof PacksyncError || (isSystemError(error) && error.syscall === "open")) throw error;
    const cause = error instanceof Error && error.cause instanceof PacksyncError ? error.cause : undefined;
    if (cause !== undefined) throw cause;
    throw downloadFailed(`Expected an answer of ${shownUrl(request.url)}, got ${reasonOf(error)}`, {
      retryable: true,
      cause: error,
    });
  }
}

async function follow(request: FetchRequest, network: Network, abort: AbortSignal): Promise<Fetched> {
  let place = checkedUrl(request.url, request, network);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const next = await visit(place, request, network, abort);
    if (!(next instanceof URL)) return next;
    if (place.protocol === "https:" && next.protocol !== "https:")
      throw downloadFailed(`Expected ${shownUrl(request.url)} to stay with https, got a redirect to http`);
    if (next.origin === place.origin) {
      next.username = place.username;
      next.password = place.password;
    }
    place = checkedUrl(next.href, request, network);
  }
  throw downloadFailed(`Expected at most ${MAX_REDIRECTS} redirects of ${shownUrl(request.url)}, got more`);
}

function checkedUrl(text: string, { plainHttp }: FetchRequest, network: Network): URL {
  const url = URL.parse(text);
  const isWanted = url?.protocol === "https:" || (url?.protocol === "http:" && plainHttp === "allowed");
  if (url === null || !isWanted) {
    const expected = plainHttp === "allowed" ? "an http or https URL" : "an https URL";
    throw downloadFailed(`Expected ${expected}, got \`${shownUrl(text)}\``);
  }
  const literal = url.hostname.replace(/^\[|\]$/g, "");
  const isLiteral = /^[\d.]+$|:/.test(literal);
  if (isLiteral && isPrivateAddress(literal) && !isAllowed(url, network)) throw privateHost(url.hostname);
  return url;
}

/** One call. @returns where it leads if it does not answer itself */
async function visit(url: URL, request: FetchRequest, network: Network, abort: AbortSignal): Promise<Fetched | URL> {
  const { Agent, request: call } = await import("undici");
  const agent = agentFor(url, network, Agent);
  try {
    const signal = abort;
    const answer = await call(withoutCredentials(url), { dispatcher: agent, signal, headers: headersOf(url, request) });
    return await receive(answer, url, request, abort);
  } finally {
    await agent.destroy();
  }
}

function agentFor(url: URL, network: Network, UndiciAgent: typeof Agent): Agent {
  const lookup = isAllowed(url, network) ? {} : { lookup: publicLookup };
  return new UndiciAgent({ connect: { ...lookup, rejectUnauthorized: network.tls === "verified", timeout: 30_000 } });
}

function headersOf({ origin, username, password }: URL, { etag, own }: FetchRequest): Record<string, string> {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    "user-agent": "packsync",
    ...(etag !== undefined && { "if-none-match": etag }),
    ...(credentials !== ":" && { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
    ...(own?.origin === origin && own.headers),
  };
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

async function receive(
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  url: URL,
  { file, maxBytes, etag }: FetchRequest,
  abort: AbortSignal,
): Promise<Fetched | URL> {
  const { location, etag: newTag } = headers;
  if (REDIRECTS.has(status) && typeof location === "string") {
    const next = URL.parse(location, url);
    if (next === null) throw downloadFailed(`Expected ${shownUrl(url.href)} to redirect to a URL, got none`);
    return next;
  }
  if (status === 304 && etag !== undefined) return { kind: "kept" };
  if (status !== 200) {
    const retryable = status >= 500 || status === 429;
    throw downloadFailed(`Expected ${shownUrl(url.href)} to answer 200, got ${status}`, { retryable });
  }
  const target = createWriteStream(file, { flags: "wx", mode: 0o600 });
  await pipeline(body, (chunks: AsyncIterable<Buffer>) => upTo(maxBytes, chunks, url), target, { signal: abort });
  return { kind: "fetched", etag: typeof newTag === "string" ? newTag : undefined };
}

async function* upTo(maxBytes: number, chunks: AsyncIterable<Buffer>, url: URL): AsyncIterable<Buffer> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) throw downloadFailed(`Expected at most ${maxBytes} bytes of ${shownUrl(url.href)}, got more`);
    yield chunk;
  }
}
