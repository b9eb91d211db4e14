import { once } from "node:events";
import { lstatSync, unlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { PacksyncError } from "../errors.ts";
import { isAbsence } from "../platform/absence.ts";
import type { Log } from "../platform/log.ts";
import { adopt, type Owner } from "../platform/ownership.ts";
import { GUARD_HEADER } from "./engine.ts";
import { reasonOf } from "./failure.ts";
import { type GuardAnswer, type GuardDeps, guarded, REFUSED } from "./guard.ts";

export interface GuardServerDeps extends GuardDeps {
  /** Where it listens: the path of a socket. */
  readonly socket: string;
  readonly owner: Owner | undefined;
  readonly log: Log;
}

/** One request has to be there as a whole within so many milliseconds. */
const REQUEST_MS = 10_000;

/** More at once than packsync ever has. */
const MAX_CONNECTIONS = 64;

/** A restart takes as long as the container's own time to stop. */
const ENGINE_MS = 600_000;

const MAX_HEADERS = 8192;

/** Serves the guard on a socket until it is disposed of. @throws PacksyncError when it cannot listen there */
export async function serveGuard(deps: GuardServerDeps): Promise<AsyncDisposable> {
  const stop = new AbortController();
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, maxHeaderSize: MAX_HEADERS, insecureHTTPParser: false },
    (request, response) => void serve(request, response, deps, stop.signal),
  );
  server.maxConnections = MAX_CONNECTIONS;
  refuseAllElse(server);
  await listen(server, deps);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new PacksyncError("STOPPED", "The guard was stopped."));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  deps: GuardServerDeps,
  stop: AbortSignal,
): Promise<void> {
  const { method = "", url: target = "", rawHeaders: headers } = request;
  const hungUp = new AbortController();
  response.once("close", () => hungUp.abort());
  const abort = AbortSignal.any([stop, hungUp.signal, AbortSignal.timeout(ENGINE_MS)]);
  const answer = await guarded({ method, target, headers }, deps, abort).catch((error: unknown): GuardAnswer => {
    if (!hungUp.signal.aborted) deps.log.warn({ method, target, err: error }, "the engine did not answer");
    return { status: 502, body: { message: "the engine did not answer" } };
  });
  if (answer === REFUSED) deps.log.warn({ method, target }, "refused");
  else deps.log.debug({ method, target, status: answer.status }, "answered");
  reply(response, answer, deps);
}

/** What is refused ends the connection: nobody has to agree on where its end is. */
function reply(response: ServerResponse, { status, body }: GuardAnswer, { policy }: GuardDeps): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    [GUARD_HEADER]: policy.project,
    ...(status === REFUSED.status && { connection: "close" }),
  });
  response.end(text);
}

const REFUSAL = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** What Node does not hand to the handler of requests: upgrades, CONNECT, `Expect`, and what is no HTTP at all. */
function refuseAllElse(server: Server): void {
  for (const event of ["upgrade", "connect"] as const) server.on(event, (_, socket) => socket.end(REFUSAL));
  server.on("clientError", (_, socket) => {
    if (socket.writable) socket.end(REFUSAL);
    else socket.destroy();
  });
  for (const event of ["checkContinue", "checkExpectation"] as const)
    server.on(event, (_, response: ServerResponse) => response.writeHead(403, { connection: "close" }).end());
}

/** For its owner and group only; whoever can open it can restart these services. */
async function listen(server: Server, { socket, owner }: GuardServerDeps): Promise<void> {
  removeStale(socket);
  const listening = once(server, "listening");
  const before = process.umask(0o117);
  server.listen(socket); // makes the socket before it returns
  process.umask(before);
  try {
    await listening;
    adopt(socket, owner);
  } catch (error) {
    const message = `Expected to listen at \`${socket}\`, got ${reasonOf(error)}`;
    throw new PacksyncError("CONFIG_INVALID", message, { hint: "Is its directory there?", cause: error });
  }
}

/** A socket outlives whoever listened there; anything else is not removed. */
function removeStale(socket: string): void {
  try {
    if (lstatSync(socket).isSocket()) unlinkSync(socket);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
