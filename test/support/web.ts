import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A real HTTP server on this machine that answers whatever bytes a test wants. */
export interface Web extends AsyncDisposable {
  readonly url: string;
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** `<method> <path>` of every call, in order. */
  readonly calls: readonly string[];
}

export async function serveWeb(listener: RequestListener): Promise<Web> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
