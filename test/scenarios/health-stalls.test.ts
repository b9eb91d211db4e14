import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { migrate } from "../support/attune-schema.ts";
import { testPostgres } from "../support/postgres.ts";
import { testWith } from "../support/requires.ts";
import { type Daemon, type DaemonOptions, daemon, PATIENCE as SHORT, untilSynced } from "./support/daemon.ts";
import { mountImage } from "./support/machine.ts";
import { action, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

vi.setConfig({ testTimeout: 240_000 }); // each waits for several things, with the patience for a slow machine

/** Whatever stalls is found out within two seconds instead of a minute. */
const QUICK = { PACKSYNC_HEALTH_CANARY: "200ms", PACKSYNC_HEALTH_LIMIT: "2s", PACKSYNC_WATCH_RESCAN: "1s" };
/** Strangers may not ask as often as they like. */
const PATIENCE = { ...SHORT, interval: 400 };
const TOKEN = "all-scopes-0123456789abcdef";
const LISTEN = { PACKSYNC_LISTEN: "127.0.0.1:0", PACKSYNC_SERVER_METRICS: "open", PACKSYNC_API_TOKEN: TOKEN };

interface Watched extends AsyncDisposable {
  readonly url: string;
  readonly running: Daemon;
  ready(): Promise<{ readonly status: number; readonly said: string }>;
  live(): Promise<number>;
  metrics(): Promise<string>;
  overview(): Promise<number>;
}

async function watched(it: Story, { env = {}, ...options }: DaemonOptions = {}): Promise<Watched> {
  const running = await daemon(it, { ...options, env: { ...QUICK, ...LISTEN, ...env } });
  const find = () => /listens at (http:\S+),/.exec(running.stderr())?.[1];
  await expect.poll(find, PATIENCE).toBeDefined();
  const url = find() ?? "";
  const get = (path: string, headers = {}) => fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(15_000) });
  return {
    url,
    running,
    async ready() {
      const response = await get("/readyz");
      return { status: response.status, said: await response.text() };
    },
    live: async () => (await get("/healthz")).status,
    metrics: async () => await (await get("/metrics")).text(),
    overview: async () => (await get("/api/v1/overview", { authorization: `Bearer ${TOKEN}` })).status,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** Ready; not ready with `fault` while `stall` lasts; ready again, and what is saved goes live. */
async function expectStall(
  it: Story,
  { ready, live, running, metrics }: Watched,
  fault: RegExp,
  stall: () => Disposable,
  meanwhile = async () => {},
) {
  await expect.poll(async () => (await ready()).status, PATIENCE).toBe(200);
  {
    using _ = stall();
    await expect.poll(ready, PATIENCE).toEqual({ status: 503, said: expect.stringMatching(fault) });
    expect(it.packsync(["healthcheck"]).code).toBe(1);
    const stalled = /^packsync_(canary_state\{state="stalled"\} 1|stage_age_seconds\{stage="\w+"\} ([2-9]|\d\d))/m;
    await expect.poll(metrics, PATIENCE).toMatch(stalled);
    expect(await metrics()).toMatch(/^packsync_ready 0$/m);
    await meanwhile();
    expect(await live(), "whatever was asked before").toBe(200);
    if (fault.source.includes("canary")) expect(it.packsync(["status"]).stdout).toMatch(fault);
  }
  await expect.poll(async () => (await ready()).status, PATIENCE).toBe(200);
  it.write("packs/core/after.txt", "after\n");
  await untilSynced(it);
  await running.stop();
}

function undoing(undo: () => void): Disposable {
  return { [Symbol.dispose]: undo };
}

test("a watcher that sees nothing is said within the limit, though rescans keep the volume in sync", async () => {
  using it = story({ packs: packs("core") });
  await using health = await watched(it, { env: { PACKSYNC_TEST_WATCH: `suppress=${it.at("frozen")}` } });
  await expectStall(it, health, /watch: the canary was not seen by the watcher for \d+ s/, () => {
    it.write("frozen", "");
    return undoing(() => it.remove("frozen"));
  });
});

test("a watcher whose connection to the kernel is cut stays unhealthy until the daemon is started anew", async () => {
  using it = story({ packs: packs("core") });
  it.write("cut.mjs", CUT);
  await using health = await watched(it, { env: { NODE_OPTIONS: `--import ${it.at("cut.mjs")}` } });
  await expect.poll(async () => (await health.ready()).status, PATIENCE).toBe(200);
  health.running.signal("SIGUSR2");
  await expect.poll(health.ready, PATIENCE).toEqual({
    status: 503,
    said: expect.stringContaining("the canary was not seen by the watcher"),
  });
  expect(await health.live()).toBe(200);
  it.write("packs/core/after.txt", "after\n");
  await untilSynced(it); // a rescan has found it
  await health.running.stop();
  await using next = await watched(it);
  await expect.poll(async () => (await next.ready()).status, PATIENCE).toBe(200);
});

/** Closes what the kernel tells changes through; in the same call its number is given away, for libuv and other threads go on using numbers. */
const CUT = `
import { openSync, readdirSync, readlinkSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import koffi from "${import.meta.resolve("koffi")}";
const dup2 = koffi.load(null).func("int dup2(int from, int to)");
const linkOf = (fd) => { try { return readlinkSync("/proc/self/fd/" + fd); } catch { return ""; } };
if (isMainThread) process.on("SIGUSR2", () => {
  const nothing = openSync("/dev/null");
  for (const fd of readdirSync("/proc/self/fd").map(Number)) if (linkOf(fd).includes("inotify")) dup2(nothing, fd);
});
`;

testWith({ root: true, tools: ["fsfreeze", "mkfs.ext4"] }, "a disk that takes nothing any more", async () => {
  using it = story({ packs: packs("core") });
  mountImage(it, "volume", "64M", ["mkfs.ext4", "-q"]);
  await using health = await watched(it);
  expect(await health.overview()).toBe(200);
  const stall = () => {
    const thaw = () => void spawnSync("fsfreeze", ["--unfreeze", it.at("volume")]); // nobody ends who waits for it
    it.defer(thaw);
    execFileSync("fsfreeze", ["--freeze", it.at("volume")]);
    return undoing(thaw);
  };
  await expectStall(it, health, /(write|scan|publish): /, stall, async () => {
    expect(await health.overview(), "what would have to read there").toBe(503);
  });
});

test("a state directory in which the canary has no place", async () => {
  using it = story({ packs: packs("core") });
  await using health = await watched(it);
  await expectStall(it, health, /write: the canary could not be written for \d+ s \(E[A-Z]+: /, () => {
    const place = it.at("volume/.packsync/canary");
    for (let isTaken = false; !isTaken; ) isTaken = takes(place); // the daemon may be at it
    return undoing(() => rmSync(place));
  });
});

/** @returns whether a file stands there instead of a directory */
function takes(place: string): boolean {
  try {
    rmSync(place, { recursive: true, force: true });
    writeFileSync(place, "");
    return true;
  } catch {
    return false;
  }
}

test("a database that another process holds", async () => {
  using it = story({ packs: packs("core") });
  await using health = await watched(it);
  await expectStall(it, health, /database/, () => {
    const holder = new DatabaseSync(it.at("volume/.packsync/state.db"));
    holder.exec("BEGIN EXCLUSIVE");
    return undoing(() => holder.close());
  });
});

test("an engine that takes calls and never answers", async () => {
  using it = story({ packs: packs("core") });
  let isDead = false;
  const engine = createServer((_, response) => void (isDead || response.end("[]"))).listen(it.at("engine.sock"));
  it.defer(() => void engine.close().closeAllConnections());
  const env = { DOCKER_HOST: `unix://${it.at("engine.sock")}`, COMPOSE_PROJECT_NAME: "stack" };
  await using health = await watched(it, { env });
  await expectStall(it, health, /tell: whom changes concern is not to be had for \d+ s/, () => {
    isDead = true;
    it.write("packs/core/before.txt", "before\n");
    return undoing(() => {
      isDead = false;
      engine.closeAllConnections();
    });
  });
});

testWith({ postgres: true }, "a platform's database that is gone", async () => {
  await using server = await testPostgres();
  const database = await server.createDatabase();
  await migrate(database);
  using it = story({ packs: packs("core") });
  await using health = await watched(it, { env: { PACKSYNC_DATABASE_URL: database.url } });
  await expect.poll(async () => (await health.ready()).status, PATIENCE).toBe(200);
  await server.crash();
  it.write("packs/core/actions/more.yaml", action("more"));
  await expect.poll(health.ready, PATIENCE).toEqual({
    status: 503,
    said: expect.stringMatching(/register: nothing came of it for \d+ s: look whether the database answers/),
  });
  await untilSynced(it);
  await server.start();
  await expect.poll(async () => (await health.ready()).status, PATIENCE).toBe(200);
  await health.running.stop();
});

test("a daemon that is stopped answers nobody, and is well again when it goes on", async () => {
  using it = story({ packs: packs("core") });
  await using health = await watched(it);
  await expect.poll(async () => (await health.ready()).status, PATIENCE).toBe(200);
  expect(await health.live()).toBe(200);
  health.running.signal("SIGSTOP");
  expect(it.packsync(["healthcheck"]).stdout).toBe("unhealthy: no daemon answers\n");
  await expect(fetch(`${health.url}/healthz`, { signal: AbortSignal.timeout(2000) })).rejects.toThrow();
  health.running.signal("SIGCONT");
  await expect.poll(async () => (await health.ready()).status, PATIENCE).toBe(200);
  expect(await health.live()).toBe(200);
  await health.running.stop();
});

test("a daemon whose first thread is stuck is not alive, though its server is", async () => {
  using it = story({ packs: packs("core") });
  it.write("stick.mjs", STICK);
  await using health = await watched(it, { env: { NODE_OPTIONS: `--import ${it.at("stick.mjs")}` } });
  await expect.poll(health.live, PATIENCE).toBe(200);
  it.write("stuck", "");
  health.running.signal("SIGUSR2");
  await expect.poll(health.live, PATIENCE).toBe(503);
  expect((await health.ready()).said).toContain("no daemon answers");
  it.remove("stuck");
  await expect.poll(health.live, PATIENCE).toBe(200);
  await expect.poll(async () => (await health.ready()).status, PATIENCE).toBe(200);
  await health.running.stop();
});

/** Does nothing but look for a file, and nothing else gets its turn meanwhile. */
const STICK = `
import { existsSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
if (isMainThread) process.on("SIGUSR2", () => {
  while (existsSync("stuck")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
});
`;
