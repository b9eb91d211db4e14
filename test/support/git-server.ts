import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createNetServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A repository with a branch `main` (1.0.0, tagged `v1.0.0`) and a branch `next` (2.0.0). */
export interface Repository {
  readonly main: string;
  readonly next: string;
}

export function makeRepository(directory: string, write: (version: string) => void): Repository {
  const run = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.com", ...args], {
      cwd: directory,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    }).trim();
  const commit = (version: string): string => {
    write(version);
    run("add", "-A");
    run("commit", "-qm", version);
    return run("rev-parse", "HEAD");
  };
  run("init", "-q", "-b", "main");
  const main = commit("1.0.0");
  run("tag", "v1.0.0");
  run("checkout", "-qb", "next");
  const next = commit("2.0.0");
  run("checkout", "-q", "main");
  return { main, next };
}

/** git's own server for HTTP, below `git http-backend`. @param password of the user `deploy`, if anybody needs one */
export function gitBackend(
  root: string,
  password?: string,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const expected = `Basic ${Buffer.from(`deploy:${password}`).toString("base64")}`;
    if (password !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="packs"' }).end();
      return;
    }
    const url = new URL(request.url ?? "/", "http://localhost");
    const child = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    request.pipe(child.stdin).on("error", () => {});
    child.stdout.toArray().then((chunks: Buffer[]) => {
      const answer = Buffer.concat(chunks);
      const end = answer.indexOf("\r\n\r\n");
      const lines = answer.toString("latin1", 0, end).split("\r\n");
      const headers = Object.fromEntries(lines.map((line) => line.split(": ", 2) as [string, string]));
      const { Status: status = "200", ...others } = headers;
      response.writeHead(Number.parseInt(status, 10), others).end(answer.subarray(end + 4));
    });
  };
}

/** `git daemon`, and where it listens. */
export async function gitDaemon(root: string): Promise<{ readonly host: string } & AsyncDisposable> {
  const port = await freePort();
  const args = ["daemon", "--export-all", "--listen=127.0.0.1", `--port=${port}`, `--base-path=${root}`, root];
  const daemon = spawn("git", args, { stdio: "ignore", detached: true });
  for (;;) {
    if (await isListening(port)) break;
    await sleep(20);
  }
  return {
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const ended = once(daemon, "exit");
      if (daemon.pid !== undefined) process.kill(-daemon.pid, "SIGKILL");
      await ended;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isListening(port: number): Promise<boolean> {
  const probe = createNetServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  probe.once("error", () => resolve(true)).listen(port, "127.0.0.1", () => probe.close(() => resolve(false)));
  return await promise;
}
