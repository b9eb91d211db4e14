import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { PacksyncError } from "../errors.ts";
import { monotonicMs } from "../platform/clock.ts";
import { adopt, type Owner } from "../platform/ownership.ts";
import { tryLock } from "../platform/syscalls.ts";
import { unusable } from "../platform/unusable.ts";

/** Who holds the volume's lock; stands in the lock file, for the second who asks. `since` is an ISO time. */
export interface LockHolder {
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly since: string;
  readonly doing: string;
}

export interface LockRequest {
  /** The lock file: `<state directory>/lock`. */
  readonly path: string;
  readonly version: string;
  readonly doing: string;
  readonly owner: Owner | undefined;
  readonly timeoutSeconds: number;
  /** Called once, before the first wait. */
  readonly onWait: (holder: LockHolder | undefined) => void;
}

export interface Lock extends Disposable {
  /** Whether the lock file still is the one that is locked: who finds another one there locks that. */
  isInPlace(): boolean;
}

const RETRY_MS = 50;

/**
 * Keeps every other packsync away from the volume. The kernel releases the lock when this process dies, however it dies.
 *
 * @throws PacksyncError `LOCK_TIMEOUT`, which says who holds it; `VOLUME_UNUSABLE` when the lock file cannot be written.
 */
export async function acquireLock(request: LockRequest, abort: AbortSignal): Promise<Lock> {
  try {
    return await lock(request, abort);
  } catch (error) {
    throw unusable(`the lock ${request.path}`, error);
  }
}

async function lock(request: LockRequest, abort: AbortSignal): Promise<Lock> {
  using opened = new DisposableStack();
  const fd = opened.adopt(openSync(request.path, constants.O_RDWR | constants.O_CREAT, 0o640), closeSync);
  adopt(request.path, request.owner);
  const deadline = monotonicMs() + request.timeoutSeconds * 1000;
  for (let waited = false; !tryLock(fd); waited = true) {
    if (!waited) request.onWait(readHolder(request.path));
    if (monotonicMs() >= deadline) throw timedOut(request);
    const { setTimeout: sleep } = await import("node:timers/promises");
    await sleep(RETRY_MS, undefined, { signal: abort });
  }
  writeHolder(fd, request);
  const mine = opened.move();
  return {
    isInPlace: () => isSameFile(fd, request.path),
    [Symbol.dispose]: () => mine.dispose(),
  };
}

function isSameFile(fd: number, path: string): boolean {
  const [locked, there] = [fstatSync(fd), statSync(path, { throwIfNoEntry: false })];
  return locked.dev === there?.dev && locked.ino === there.ino;
}

export function readHolder(path: string): LockHolder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isHolder(holder) ? holder : undefined;
  } catch {
    return undefined; // not written yet, or just being written
  }
}

function isHolder(value: unknown): value is LockHolder {
  return typeof value === "object" && value !== null && "version" in value && "host" in value && "pid" in value;
}

/** `packsync 0.1.0 on web-1 (process 41, since 10:02:03, sync)`: for messages. */
export function describeHolder(holder: LockHolder | undefined): string {
  if (holder === undefined) return "another packsync";
  const { version, host, pid, since, doing } = holder;
  return `packsync ${version} on ${host} (process ${pid}, ${doing}, since ${since})`;
}

/** In a container the host name is the container's id. What is there is overwritten, not freed first: a disk may be full. */
function writeHolder(fd: number, { version, doing }: LockRequest): void {
  const holder: LockHolder = { host: hostname(), pid: process.pid, version, since: new Date().toISOString(), doing };
  ftruncateSync(fd, writeSync(fd, `${JSON.stringify(holder)}\n`, 0));
}

function timedOut({ path, timeoutSeconds }: LockRequest): PacksyncError {
  const holder = describeHolder(readHolder(path));
  return new PacksyncError("LOCK_TIMEOUT", `The volume is in use by ${holder}; waited ${timeoutSeconds} s.`, {
    hint: "Wait for it to finish, stop it, or wait longer with --lock-timeout <seconds>.",
    retryable: true,
  });
}
