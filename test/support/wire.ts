import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A call as it came over the wire. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What a server answers; `hang`: nothing. */
export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | "hang";

/** A real HTTP server on this machine, that records what comes. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  reply: (call: Received) => Reply;
  /** Connections that are open, and wait for an answer. */
  readonly waiting: ReadonlySet<ServerResponse>;
}

export async function startServer(reply: (call: Received) => Reply = () => ({ status: 204 })): Promise<TestServer> {
  const received: Received[] = [];
  const waiting = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    const call = await read(request);
    received.push(call);
    const answer = stand.reply(call);
    if (answer === "hang") {
      waiting.add(response);
      response.once("close", () => waiting.delete(response));
      return;
    }
    const { status, body, headers } = answer;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stand = {
    url: `http://127.0.0.1:${port}`,
    received,
    waiting,
    reply,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return stand;
}

async function read(request: IncomingMessage): Promise<Received> {
  const body = Buffer.concat(await request.toArray()).toString();
  return { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
}
