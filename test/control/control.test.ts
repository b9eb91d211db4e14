import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createConnection, createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { NO_CANARY } from "../../src/canary/status.ts";
import { DaemonGone, findDaemon, followDaemon } from "../../src/control/client.ts";
import type { About, DaemonStatus } from "../../src/control/protocol.ts";
import { socketPath } from "../../src/control/protocol.ts";
import { type Answering, listen } from "../../src/control/server.ts";
import { PacksyncError } from "../../src/errors.ts";
import { type Followed, follow } from "../../src/events/follow.ts";
import { createRing } from "../../src/events/ring.ts";
import { entry } from "../events/making.ts";
import { cycleReport } from "../support/reports.ts";
import { scratch } from "../support/trees.ts";

const SYNC = { only: [], allowRemovals: false };
const never = new AbortController().signal;

const about: About = { protocol: 1, version: "0.1.0", pid: 7, since: "2026-01-01T00:00:00.000Z", sources: [] };
const status: DaemonStatus = {
  ...about,
  roots: [],
  packs: 3,
  findings: 0,
  lastCycle: undefined,
  lagMs: 0,
  stages: [],
  missedEvents: 0,
  watches: 4,
  watchesAllowed: 100,
  trouble: undefined,
  eventLoopDelayMs: 1,
  services: [],
  ...{ canary: NO_CANARY, healthLimitMs: 60_000 },
};

type Ask = Answering["ask"];

async function* nothing(): AsyncGenerator<Followed> {}

/** A daemon's socket in a state directory, of which only what it is asked is made up. */
async function listening(
  ask: Ask,
  directory = scratch(),
  stateDir = directory.path,
  events: Answering["events"] = nothing,
) {
  const path = socketPath(stateDir);
  const server = await listen(path, undefined, { about: () => about, status: () => status, ask, events }, 200);
  return {
    stateDir,
    path,
    ensure: server.ensure,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

const answerSync: Ask = async (_kind, _request, onProgress) => {
  onProgress(1, 2);
  return cycleReport([]) as never;
};

async function found(stateDir: string) {
  const daemon = await findDaemon(stateDir);
  if (daemon === undefined) throw new Error("Expected a daemon");
  return daemon;
}

interface Raw {
  readonly code: number | undefined;
  readonly body: string;
}

function raw(path: string, method: string, url: string, body: string): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: path, method, path: url, agent: false }, async (response) =>
      resolve({ code: response.statusCode, body: await text(response) }),
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

test("a command hears who listens, how it is, how far its request is, and what came of it", async () => {
  await using at = await listening(answerSync);
  const daemon = await found(at.stateDir);
  expect(daemon.about).toEqual(about);
  expect(await daemon.status()).toEqual(JSON.parse(JSON.stringify(status)));
  const progress: number[][] = [];
  const answer = daemon.ask("sync", SYNC, (...step) => void progress.push(step), never);
  await expect(answer).resolves.toEqual(cycleReport([]));
  expect(progress).toEqual([[1, 2]]);
});

test("what a request throws is thrown where it was asked, with its code and hint", async () => {
  await using at = await listening(() =>
    Promise.reject(new PacksyncError("USAGE", "no such pack", { hint: "spell it" })),
  );
  const daemon = await found(at.stateDir);
  const answer = daemon.ask("rollback", { pack: "core", to: undefined }, () => {}, never);
  await expect(answer).rejects.toMatchObject({ code: "USAGE", message: "no such pack", hint: "spell it" });
});

test("only its owner and group may talk to it, and nothing of it stays", async () => {
  const directory = scratch();
  const at = await listening(answerSync, directory);
  expect(lstatSync(at.path).mode & 0o777).toBe(0o660);
  expect(existsSync(at.path)).toBe(true);
  await at[Symbol.asyncDispose]();
  expect(existsSync(at.path)).toBe(false);
});

describe("nobody can harm it:", () => {
  const hostile: readonly { title: string; method?: string; url: string; body?: string; code?: number }[] = [
    { title: "a path it does not know", method: "GET", url: "/", code: 404 },
    { title: "a path with dots", method: "GET", url: "/../about", code: 404 },
    { title: "a request by the wrong method", method: "GET", url: "/requests/sync", code: 404 },
    {
      title: "a request that only the daemon itself may make",
      url: "/requests/cycle",
      body: '{"look":"everything"}',
      code: 404,
    },
    { title: "a name that every object has", url: "/requests/constructor", body: "{}", code: 404 },
    { title: "no JSON", url: "/requests/sync", body: "{only:" },
    { title: "nothing", url: "/requests/sync", body: "" },
    { title: "no object", url: "/requests/sync", body: "null" },
    { title: "a list", url: "/requests/sync", body: "[]" },
    { title: "a missing field", url: "/requests/sync", body: '{"only":[]}' },
    { title: "a text for a list", url: "/requests/sync", body: '{"only":"core","allowRemovals":false}' },
    { title: "numbers in a list", url: "/requests/verify", body: '{"packs":[7],"repair":true,"prune":false}' },
    { title: "a text for a truth value", url: "/requests/sync", body: '{"only":[],"allowRemovals":"no"}' },
    { title: "a number for a text", url: "/requests/unpin", body: '{"pack":7}' },
    { title: "an object for a text", url: "/requests/rollback", body: '{"pack":"core","to":{"a":1}}' },
    { title: "fields of its own", url: "/requests/unpin", body: '{"__proto__":{"pack":"core"}}' },
    { title: "more than a request can be", url: "/requests/sync", body: `{"only":["${"x".repeat(1024 * 1024)}"]}` },
  ];

  test.for(hostile)("$title is refused, and it goes on", async ({ method = "POST", url, body = "", code = 400 }) => {
    const asked: unknown[] = [];
    await using at = await listening((...request) => {
      asked.push(request);
      return answerSync(...request);
    });
    const refused = await raw(at.path, method, url, body);
    expect(refused.code).toBe(code);
    expect(JSON.parse(refused.body)).toMatchObject({ failure: { known: { code: "USAGE" } } });
    expect(asked).toEqual([]);
    expect(JSON.parse((await raw(at.path, "GET", "/about", "")).body)).toEqual(about);
  });

  test.for([
    { title: "who says nothing", bytes: "" },
    { title: "who speaks no HTTP", bytes: "\0\x01\x02 garbage\r\n\r\n" },
    { title: "who stops in mid-header", bytes: "GET /about HTT" },
    {
      title: "who stops in mid-body",
      bytes: "POST /requests/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    },
    { title: "who asks without end for headers", bytes: `GET /about HTTP/1.1\r\n${"X: y\r\n".repeat(20_000)}` },
  ])("$title, and hangs up", async ({ bytes }) => {
    await using at = await listening(answerSync);
    const sockets: Socket[] = [];
    for (let count = 0; count < 20; count++) {
      const socket = createConnection(at.path);
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(bytes);
      sockets.push(socket);
    }
    expect((await found(at.stateDir)).about).toEqual(about);
    for (const socket of sockets) socket.destroy();
    expect((await found(at.stateDir)).about).toEqual(about);
  });
});

test("who hangs up takes the request back", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  await using at = await listening((_kind, _request, onProgress, abort) => {
    asked.resolve(abort);
    return new Promise((_, reject) => {
      abort.addEventListener("abort", () => {
        onProgress(1, 1); // nobody hears it
        reject(abort.reason);
      });
    });
  });
  const hangUp = new AbortController();
  const daemon = await found(at.stateDir);
  const answer = daemon.ask("sync", SYNC, () => {}, hangUp.signal);
  const abort = await asked.promise;
  expect(abort.aborted).toBe(false);
  const aborted = once(abort, "abort");
  hangUp.abort(new Error("enough"));
  await expect(answer).rejects.toThrow("enough");
  await aborted;
  expect(abort.reason).toMatchObject({ code: "STOPPED" });
  expect((await found(at.stateDir)).about).toEqual(about);
});

test("a daemon that ends in mid-answer is gone for whoever waits", async () => {
  const asked = Promise.withResolvers<void>();
  const at = await listening((_kind, _request, onProgress) => {
    onProgress(1, 2);
    asked.resolve();
    return new Promise(() => {});
  });
  const daemon = await found(at.stateDir);
  const answer = daemon.ask("sync", SYNC, () => {}, never);
  const gone = expect(answer).rejects.toBeInstanceOf(DaemonGone);
  await asked.promise;
  await at[Symbol.asyncDispose]();
  await gone;
});

test("a path longer than the kernel takes is no hindrance", async () => {
  const directory = scratch();
  const deep = `${directory.path}/${"state-directory/".repeat(10)}`.slice(0, -1);
  mkdirSync(deep, { recursive: true });
  await using at = await listening(answerSync, directory, deep);
  expect(at.path.length).toBeGreaterThan(108);
  const daemon = await found(deep);
  await expect(daemon.ask("sync", SYNC, () => {}, never)).resolves.toEqual(cycleReport([]));
});

describe("where no daemon listens:", () => {
  /** As a daemon that was killed leaves it. */
  async function staleSocket(path: string): Promise<void> {
    const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.stdout.write("."))`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  test.for<{ title: string; leave: (path: string) => Promise<void> | void }>([
    { title: "there is nothing", leave: () => {} },
    { title: "a killed one left its socket", leave: staleSocket },
    { title: "something else stands there", leave: (path) => writeFileSync(path, "") },
  ])("$title; nobody is found, and the next one listens", async ({ leave }) => {
    const directory = scratch();
    await leave(socketPath(directory.path));
    await expect(findDaemon(directory.path)).resolves.toBeUndefined();
    await using at = await listening(answerSync, directory);
    expect((await found(at.stateDir)).about).toEqual(about);
  });

  test.for([
    { title: "says nothing", reply: undefined },
    { title: "speaks something else", reply: "220 mail.example.org ESMTP\r\n" },
    { title: "answers something else", reply: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello" },
    { title: "answers half of it", reply: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{" },
  ])("whoever $title is none", { timeout: 20_000 }, async ({ reply }) => {
    using directory = scratch();
    const connections: Socket[] = [];
    const server = createServer((connection) => {
      connections.push(connection.on("error", () => {}));
      if (reply !== undefined) connection.end(reply);
    });
    server.listen(socketPath(directory.path));
    await once(server, "listening");
    try {
      await expect(findDaemon(directory.path)).resolves.toBeUndefined();
    } finally {
      for (const connection of connections) connection.destroy();
      server.close();
    }
  });
});

describe("whose socket somebody removed", () => {
  const nobody = async () => undefined;

  test.for<{ title: string; remove: (path: string) => void }>([
    { title: "the file alone", remove: (path) => rmSync(path) },
    {
      title: "another daemon's stands there, which is dead",
      remove(path) {
        rmSync(path);
        writeFileSync(path, "");
      },
    },
    {
      title: "with its directory, and another one came",
      remove(path) {
        rmSync(dirname(path), { recursive: true });
        mkdirSync(dirname(path));
      },
    },
  ])("listens anew: $title", async ({ remove }) => {
    await using at = await listening(answerSync);
    remove(at.path);
    await expect(findDaemon(at.stateDir)).resolves.toBeUndefined();
    await Promise.all([at.ensure(nobody), at.ensure(nobody)]);
    await expect((await found(at.stateDir)).ask("sync", SYNC, () => {}, never)).resolves.toEqual(cycleReport([]));
  });

  test("answers those whom it had heard before", async () => {
    const asked = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    await using at = await listening(async (...request) => {
      asked.resolve();
      await done.promise;
      return await answerSync(...request);
    });
    const answer = (await found(at.stateDir)).ask("sync", SYNC, () => {}, never);
    await asked.promise;
    rmSync(at.path);
    await at.ensure(nobody);
    done.resolve();
    await expect(answer).resolves.toEqual(cycleReport([]));
  });

  test("tries again, if it could not", async () => {
    await using at = await listening(answerSync);
    rmSync(at.path);
    await expect(at.ensure(() => Promise.reject(new Error("no lock")))).rejects.toThrow("no lock");
    await at.ensure(nobody);
    await found(at.stateDir);
  });

  test("one that is in place is left alone", async () => {
    await using at = await listening(answerSync);
    const { ino, mtimeNs } = lstatSync(at.path, { bigint: true });
    await at.ensure(() => Promise.reject(new Error("not asked")));
    expect(lstatSync(at.path, { bigint: true })).toMatchObject({ ino, mtimeNs });
  });
});

describe("events", () => {
  const happening = () => {
    const ring = createRing(0, { events: 1000, bytes: 1e9 });
    const kept = async () => ({ entries: [], gone: ring.from });
    const followers = { left: 0 };
    const events: Answering["events"] = async function* (after, abort) {
      try {
        yield* follow(after, { ring, kept }, abort);
      } finally {
        followers.left++;
      }
    };
    return { ring, followers, at: () => listening(answerSync, scratch(), undefined, events) };
  };

  test("come as lines, what happened first, and what happened last before the end", async () => {
    const { ring, at } = happening();
    ring.push(entry(1));
    ring.push(entry(2));
    const ids: number[] = [];
    const daemon = await at();
    const reading = (async () => {
      for await (const line of followDaemon(daemon.stateDir, 1, never)) if ("event" in line) ids.push(line.event.id);
    })();
    await expect.poll(() => ids, { timeout: 20_000 }).toEqual([2]);
    ring.push(entry(3));
    await expect.poll(() => ids, { timeout: 20_000 }).toEqual([2, 3]);
    ring.push(entry(4));
    await daemon[Symbol.asyncDispose]();
    await reading;
    expect(ids).toEqual([2, 3, 4]);
  });

  test("who does not read is cut off, and can come back with what he has", async () => {
    const { ring, followers, at } = happening();
    await using daemon = await at();
    const connection = createConnection(daemon.path);
    connection.on("error", () => {});
    connection.write("GET /events?after=0 HTTP/1.1\r\nhost: x\r\n\r\n");
    connection.pause();
    for (let id = 1; id <= 1000; id++) ring.push(entry(id, { text: "x".repeat(4000) }));
    const closed = once(connection, "close");
    await expect.poll(() => followers.left, { timeout: 20_000 }).toBe(1);
    connection.resume();
    await closed;
    const lines = followDaemon(daemon.stateDir, 998, never);
    expect([(await lines.next()).value, (await lines.next()).value]).toMatchObject([
      { event: { id: 999 } },
      { event: { id: 1000 } },
    ]);
    await lines.return(undefined);
  });

  test.for(["/events?after=x", "/events?before=1", "/events/1"])("%s is no request of this protocol", async (url) => {
    await using at = await listening(answerSync);
    expect(await rawGet(at.path, url)).toMatch(/^HTTP\/1.1 404 /);
  });
});

async function rawGet(path: string, url: string): Promise<string> {
  const connection = createConnection(path);
  connection.write(`GET ${url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  return await text(connection);
}
