import { existsSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { errnoOf, PacksyncError } from "../errors.ts";
import { type Failure, fromFailure } from "../platform/failures.ts";
import { socketName } from "../platform/sockets.ts";
import type { Answers, Requests } from "../requests.ts";
import { type About, type Askable, type DaemonStatus, type EventLine, type Line, socketPath } from "./protocol.ts";

/** The daemon went away before it answered: what was asked may be done or not. */
export class DaemonGone extends Error {
  override readonly name = "DaemonGone";
}

/** A daemon that listens. */
export interface Daemon {
  readonly about: About;
  status(): Promise<DaemonStatus>;
  /** @throws DaemonGone; what the request throws */
  ask<K extends Askable>(
    kind: K,
    request: Requests[K],
    onProgress: (done: number, total: number) => void,
    abort: AbortSignal,
  ): Promise<Answers[K]>;
}

/** Who holds the volume, if it is a daemon that we may talk to. */
export async function findDaemon(stateDir: string): Promise<Daemon | undefined> {
  const path = socketPath(stateDir);
  if (!existsSync(path)) return undefined;
  try {
    const about: About = await getJson(path, "/about");
    return {
      about,
      status: () => getJson(path, "/status"),
      ask: (kind, request, onProgress, abort) => ask(path, kind, request, onProgress, abort),
    };
  } catch (error) {
    if (error instanceof DaemonGone || errnoOf(error) !== undefined || isNoAnswer(error)) return undefined;
    throw error;
  }
}

/** What a daemon says of itself; `undefined`: none answers, or it went away meanwhile. */
export async function daemonStatus(stateDir: string): Promise<DaemonStatus | undefined> {
  try {
    return await (await findDaemon(stateDir))?.status();
  } catch (error) {
    if (error instanceof DaemonGone || errnoOf(error) !== undefined || isNoAnswer(error)) return undefined;
    throw error;
  }
}

/**
 * What happened after an event, then what happens, until the daemon ends or nobody wants more.
 *
 * @throws DaemonGone when there is none, or it went away
 */
export async function* followDaemon(stateDir: string, after: number, abort: AbortSignal): AsyncGenerator<EventLine> {
  const path = socketPath(stateDir);
  if (!existsSync(path)) throw new DaemonGone("nobody listens");
  const response = await send(path, { method: "GET", url: `/events?after=${after}`, body: "" }, abort);
  for await (const text of linesOf(response)) {
    const line: EventLine | { readonly failure: Failure } = JSON.parse(text);
    if ("failure" in line) throw fromFailure(line.failure);
    yield line;
  }
}

/** It answers too late, or something else. */
function isNoAnswer(error: unknown): boolean {
  return error instanceof Error && ["TimeoutError", "AbortError", "SyntaxError"].includes(error.name);
}

/** Whoever holds the lock but does not answer at once is of no help. */
const PATIENCE_MS = 5000;

async function getJson<T>(path: string, url: string): Promise<T> {
  const response = await send(path, { method: "GET", url, body: "" }, AbortSignal.timeout(PATIENCE_MS));
  const text = (await Array.fromAsync(response)).join("");
  const document: T & { readonly failure?: Failure } = JSON.parse(text);
  if (document.failure !== undefined) throw fromFailure(document.failure);
  return document;
}

async function ask<K extends Askable>(
  path: string,
  kind: K,
  request: Requests[K],
  onProgress: (done: number, total: number) => void,
  abort: AbortSignal,
): Promise<Answers[K]> {
  const response = await send(path, { method: "POST", url: `/requests/${kind}`, body: JSON.stringify(request) }, abort);
  for await (const text of linesOf(response)) {
    const line: Line<K> = JSON.parse(text);
    if ("answer" in line) return line.answer;
    if ("failure" in line) throw fromFailure(line.failure);
    onProgress(...line.progress);
  }
  throw new DaemonGone("it ended in mid-answer");
}

interface Sent {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body: string;
}

function send(path: string, { method, url, body }: Sent, abort: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const socket = socketName(path);
    const sent = httpRequest({ socketPath: socket.name, method, path: url, signal: abort, agent: false }, resolve);
    sent.on("socket", (connection) => connection.once("connect", () => socket[Symbol.dispose]()));
    sent.on("error", (error) =>
      reject(abort.aborted ? abort.reason : isGone(error) ? new DaemonGone(error.message) : error),
    );
    sent.end(body);
  });
}

function isGone(error: unknown): boolean {
  return ["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE"].includes(errnoOf(error) ?? "");
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = "";
  response.setEncoding("utf8");
  try {
    for await (const chunk of response) {
      const parts = `${rest}${chunk}`.split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
    }
  } catch (error) {
    if (error instanceof PacksyncError) throw error;
    throw new DaemonGone("the connection was cut", { cause: error });
  }
}
