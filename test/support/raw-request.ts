import { connect } from "node:net";

/** `half-closed`: our side ends behind the bytes. Node then answers nobody, unless at once. */
export type Ending = "open" | "half-closed";

/**
 * Sends bytes to a socket, and nothing more.
 *
 * @returns everything that comes back until the other side has closed it
 */
export function sendRaw(socket: string, bytes: string, ending: Ending = "open"): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  const connection = connect(socket, () => {
    connection.write(bytes, "latin1");
    if (ending === "half-closed") connection.end();
  });
  connection.on("data", (chunk: Buffer) => chunks.push(chunk));
  connection.on("error", () => {}); // closed while we were still sending
  connection.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  return promise;
}

/** A plain request that ends its connection. */
export function rawRequest(method: string, target: string, headers: readonly string[] = [], body = ""): string {
  return [`${method} ${target} HTTP/1.1`, "Host: engine", "Connection: close", ...headers, "", body].join("\r\n");
}

/** The status of the first answer; 0: there was none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}
