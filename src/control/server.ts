import { chmodSync, lstatSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { PacksyncError } from "../errors.ts";
import { PATIENCE_MS } from "../events/cut-off.ts";
import type { Followed } from "../events/follow.ts";
import { toFailure } from "../platform/failures.ts";
import { adopt, type Owner } from "../platform/ownership.ts";
import { socketName } from "../platform/sockets.ts";
import type { Answers, Requests } from "../requests.ts";
import { asksForEvents, type Streaming, sendEvents } from "./event-stream.ts";
import { parseRequest } from "./parse-request.ts";
import { type About, ASKABLE, type Askable, type DaemonStatus, type Line } from "./protocol.ts";

/** What the daemon answers with. */
export interface Answering {
  about(): About;
  status(): DaemonStatus;
  ask<K extends Askable>(
    kind: K,
    request: Requests[K],
    onProgress: (done: number, total: number) => void,
    abort: AbortSignal,
  ): Promise<Answers[K]>;
  /** What happened after an event, then what happens. */
  events(after: number, abort: AbortSignal): AsyncIterable<Followed>;
}

/** A request is a few refs. */
const MAX_BODY = 1024 * 1024;

/** So long the last lines may take to whoever follows. */
const FLUSH_MS = 250;

/** The daemon's end of the socket. */
export interface Listening extends AsyncDisposable {
  /**
   * Listens anew if somebody removed the socket, or another volume stands there now.
   *
   * @param ownerOf takes the volume's lock, if it is not held
   */
  ensure(ownerOf: () => Promise<Owner | undefined>): Promise<void>;
}

/**
 * Listens on a unix socket that only its owner and group may use. Call it under the volume's lock: a socket that is there
 * already is a dead daemon's.
 */
export async function listen(
  path: string,
  owner: Owner | undefined,
  answering: Answering,
  patienceMs = PATIENCE_MS,
): Promise<Listening> {
  const ending = new AbortController();
  const streaming = { ending: ending.signal, patienceMs };
  let socket = await openSocket(path, owner, answering, streaming);
  let mending: Promise<void> | undefined;
  const mend = async (ownerOf: () => Promise<Owner | undefined>): Promise<void> => {
    const owner = await ownerOf();
    socket.server.close(); // first, for it removes whatever has its name; who was heard before is answered
    socket = await openSocket(path, owner, answering, streaming);
  };
  return {
    async ensure(ownerOf) {
      if (identityOf(path) === socket.identity) return;
      mending ??= mend(ownerOf).finally(() => {
        mending = undefined;
      });
      await mending;
    },
    async [Symbol.asyncDispose]() {
      await mending?.catch(() => {}); // whoever waits for it is told
      const closed = new Promise<void>((resolve) => socket.server.close(() => resolve()));
      ending.abort();
      await Promise.race([closed, sleep(FLUSH_MS, undefined, { ref: false })]); // who follows hears of the end
      socket.server.closeAllConnections();
      await closed;
    },
  };
}

interface Socket {
  readonly server: Server;
  readonly identity: string | undefined;
}

async function openSocket(
  path: string,
  owner: Owner | undefined,
  answering: Answering,
  streaming: Streaming,
): Promise<Socket> {
  const server = createServer((request, response) => {
    answer(request, response, answering, streaming).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(400, { "content-type": "application/json" });
      response.end(`${JSON.stringify({ failure: toFailure(error) })}\n`);
    });
  });
  using socket = socketName(path);
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(socket.name, resolve);
  });
  chmodSync(path, 0o660);
  adopt(path, owner);
  return { server, identity: identityOf(path) };
}

/** The file as long as it is the same one. */
function identityOf(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}:${stats.birthtimeMs}`;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
  streaming: Streaming,
): Promise<void> {
  const { method, url = "" } = request;
  const after = asksForEvents(method, url);
  if (after !== undefined) return sendEvents(response, (abort) => answering.events(after, abort), streaming);
  if (method === "GET" && url === "/about") return sendJson(response, answering.about());
  if (method === "GET" && url === "/status") return sendJson(response, answering.status());
  const kind = ASKABLE.find((each) => url === `/requests/${each}`);
  if (method !== "POST" || kind === undefined) {
    response.writeHead(404, { "content-type": "application/json" });
    response.end(`${JSON.stringify({ failure: toFailure(unknown(method, url)) })}\n`);
    return;
  }
  await work(kind, request, response, answering);
}

async function work(kind: Askable, request: IncomingMessage, response: ServerResponse, answering: Answering) {
  const asked = parseRequest(kind, await bodyOf(request));
  const gone = new AbortController();
  response.once("close", () => gone.abort(new PacksyncError("STOPPED", "Whoever asked hung up.")));
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  const send = (line: Line): void => void response.write(`${JSON.stringify(line)}\n`);
  try {
    const onProgress = (done: number, total: number) => send({ progress: [done, total] });
    send({ answer: await answering.ask(kind, asked, onProgress, gone.signal) });
  } catch (error) {
    send({ failure: toFailure(error) });
  }
  response.end();
}

function sendJson(response: ServerResponse, document: About | DaemonStatus): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(`${JSON.stringify(document)}\n`);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new PacksyncError("USAGE", `Expected a request of at most ${MAX_BODY} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unknown(method: string | undefined, url: string): PacksyncError {
  return new PacksyncError("USAGE", `Expected a request of this protocol, got \`${method} ${url}\`.`);
}
