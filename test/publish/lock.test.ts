import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { acquireLock, describeHolder, type LockHolder, type LockRequest, readHolder } from "../../src/publish/lock.ts";
import { requires } from "../support/requires.ts";
import { scratch } from "../support/trees.ts";

const NEVER = new AbortController().signal;

function request(path: string, about: Partial<LockRequest> = {}): LockRequest {
  return {
    path: `${path}/lock`,
    version: "1.2.3",
    doing: "sync",
    owner: undefined,
    timeoutSeconds: 0,
    onWait: () => {},
    ...about,
  };
}

test("says who holds it, and lets the next one in when it is released", async () => {
  using directory = scratch();
  const asked = request(directory.path);
  {
    using _lock = await acquireLock(asked, NEVER);
    expect(readHolder(asked.path)).toEqual({
      host: hostname(),
      pid: process.pid,
      version: "1.2.3",
      since: expect.stringMatching(/^\d{4}-.*Z$/),
      doing: "sync",
    });
    expect(statSync(asked.path).mode & 0o777).toBe(0o640);
  }
  using _again = await acquireLock(request(directory.path, { doing: "verify" }), NEVER);
  expect(readHolder(asked.path)?.doing).toBe("verify");
});

test("gives up after the time it was given, and says who is in the way", async () => {
  using directory = scratch();
  using _lock = await acquireLock(request(directory.path), NEVER);
  const waits: (LockHolder | undefined)[] = [];
  const second = acquireLock(
    request(directory.path, { timeoutSeconds: 0.01, onWait: (holder) => waits.push(holder) }),
    NEVER,
  );
  await expect(second).rejects.toMatchObject({
    code: "LOCK_TIMEOUT",
    message: expect.stringMatching(
      `^The volume is in use by packsync 1.2.3 on ${hostname()} \\(process ${process.pid}, sync, since .*Z\\); waited 0.01 s.$`,
    ),
    hint: expect.stringContaining("--lock-timeout"),
    retryable: true,
  });
  expect(waits).toMatchObject([{ pid: process.pid }]);
});

test("waits until the holder is done", async () => {
  using directory = scratch();
  const holder = await acquireLock(request(directory.path), NEVER);
  using _lock = await acquireLock(
    request(directory.path, { timeoutSeconds: 10, doing: "second", onWait: () => holder[Symbol.dispose]() }),
    NEVER,
  );
  expect(readHolder(`${directory.path}/lock`)?.doing).toBe("second");
});

test.for([
  { title: "a read-only disk", options: "ro", errno: "EROFS", hint: "mount it read-write" },
  { title: "a disk with no room for one more file", options: "nr_inodes=1", errno: "ENOSPC", hint: "make room" },
])("says what to do about $title", async ({ options, errno, hint }, { skip }) => {
  skip(!requires.root || !requires.tool("mount"), "needs root and mount");
  using directory = scratch();
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", directory.path]);
  using _unmount = { [Symbol.dispose]: () => execFileSync("umount", [directory.path]) };
  await expect(acquireLock(request(directory.path), NEVER)).rejects.toMatchObject({
    code: "VOLUME_UNUSABLE",
    message: expect.stringContaining(`Cannot use the lock ${directory.path}/lock: ${errno}`),
    hint: expect.stringContaining(hint),
  });
});

test("stops waiting when it is told to, and leaves no lock behind", async () => {
  using directory = scratch();
  const stop = new AbortController();
  const holder = await acquireLock(request(directory.path), NEVER);
  const waiting = acquireLock(
    request(directory.path, { timeoutSeconds: 10, onWait: () => stop.abort(new Error("stopped")) }),
    stop.signal,
  );
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  holder[Symbol.dispose]();
  using _lock = await acquireLock(request(directory.path), NEVER);
});

test("a holder that was killed blocks nobody, whatever it wrote", async () => {
  using directory = scratch();
  const script = `
    import { acquireLock } from ${JSON.stringify(new URL("../../src/publish/lock.ts", import.meta.url).href)};
    const request = { path: ${JSON.stringify(`${directory.path}/lock`)}, version: "0.0.9", doing: "sync", timeoutSeconds: 0, onWait() {} };
    globalThis.lock = await acquireLock(request, new AbortController().signal);
    process.stdout.write("held");
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  await expect(acquireLock(request(directory.path), NEVER)).rejects.toMatchObject({
    message: expect.stringContaining(`0.0.9 on ${hostname()} (process ${holder.pid}`),
  });
  holder.kill("SIGKILL");
  await once(holder, "exit");
  using _lock = await acquireLock(request(directory.path), NEVER);
  expect(readHolder(`${directory.path}/lock`)?.pid).toBe(process.pid);
  expect(readFileSync(`${directory.path}/lock`, "utf8").split("\n").length).toBe(2);
});

test.for(["", "{", "null", "[]", '"text"', "7"])("does not know a holder that wrote %j", async (text) => {
  using directory = scratch();
  writeFileSync(`${directory.path}/lock`, text);
  expect(describeHolder(readHolder(`${directory.path}/lock`))).toBe("another packsync");
});
