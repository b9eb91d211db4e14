import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { gitBackend } from "../../support/git-server.ts";
import { MAIN } from "./start.ts";

/*
 * In a network of its own, where 127.0.0.1:53 is the name server, and a public address is this machine, too: downloads what it is told
 * to, and says who was called. Arguments: where the repositories are, the archive, what to download.
 */
const [repositories = "", archive = "", directory = "", ...sources] = process.argv.slice(2);

const PUBLIC = "93.184.216.34";
const PRIVATE = "127.0.0.1";

const calls: string[] = [];
const queries: string[] = [];

/** Which addresses a name has, the next time that somebody asks. */
function addressesOf(name: string): readonly string[] {
  const times = queries.filter((each) => each === name).length;
  if (name.startsWith("rebinding")) return [times === 1 ? PUBLIC : PRIVATE];
  if (name.startsWith("mixed")) return [PUBLIC, PRIVATE];
  return name.startsWith("metadata") ? ["169.254.169.254"] : [PRIVATE];
}

function answer(query: Buffer): Buffer {
  const end = query.indexOf(0, 12) + 1;
  const isForAddress = query.readUInt16BE(end) === 1;
  const name = nameIn(query.subarray(12, end));
  if (isForAddress) queries.push(name);
  const addresses = isForAddress ? addressesOf(name) : [];
  const head = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, addresses.length, 0, 0, 0, 0]);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]),
  );
  return Buffer.concat([head, query.subarray(12, end + 4), ...records]);
}

function nameIn(labels: Buffer): string {
  const names: string[] = [];
  for (let at = 0; labels[at] !== 0; at += 1 + (labels[at] ?? 0))
    names.push(labels.toString("latin1", at + 1, at + 1 + (labels[at] ?? 0)));
  return names.join(".");
}

const resolver = createSocket("udp4");
resolver.on("message", (query, { port, address }) => resolver.send(answer(query), port, address));
resolver.bind(53, PRIVATE);
await once(resolver, "listening");

const bytes = Buffer.from(archive, "base64");
const git = gitBackend(repositories);
const serve: RequestListener = (request, response) => {
  calls.push(request.socket.localAddress ?? "");
  if (request.url === "/pack.tgz") response.end(bytes);
  else git(request, response);
};
for (const address of [PUBLIC, PRIVATE]) await once(createServer(serve).listen(80, address), "listening");

const args = [MAIN, "download", ...sources, "--to", directory, "--no-cache", "--format", "json"];
execFile(process.execPath, args, (_, stdout, stderr) => {
  process.stdout.write(JSON.stringify({ calls, queries, stderr, document: JSON.parse(stdout || "{}") }), () =>
    process.exit(),
  );
});
