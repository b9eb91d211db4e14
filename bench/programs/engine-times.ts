import { connect, createServer, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/* The thread of `restarts.ts` that stands between packsync and the engine: passes everything on, and writes down when a restart was asked for last. */

interface Times {
  readonly engine: string;
  readonly socket: string;
  /** One number: milliseconds of `process.hrtime`. */
  readonly issued: Float64Array;
}

const { engine, socket, issued }: Times = workerData;

const server = createServer((client) => {
  const upstream = connect(engine);
  client.on("data", (bytes) => {
    if (isRestart(String(bytes))) issued[0] = Number(process.hrtime.bigint()) / 1e6;
  });
  client.pipe(upstream);
  upstream.pipe(client);
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const)
    endWith(one, other);
});
server.listen(socket, () => parentPort?.postMessage("listening"));

/** A request comes as a whole: it is small, and nobody writes two at once into one connection. */
function isRestart(request: string): boolean {
  return /^POST \S+\/restart/.test(request);
}

function endWith(one: Socket, other: Socket): void {
  one.on("error", () => other.destroy());
  one.on("close", () => other.destroy());
}
