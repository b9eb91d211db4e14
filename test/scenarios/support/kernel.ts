import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** What the kernel keeps for a process. */
export interface Kept {
  readonly watches: number;
  readonly descriptors: number;
  /** Bytes in memory that are no file's. */
  readonly memory: number;
}

export function keptFor(pid: number): Kept {
  const descriptors = readdirSync(`/proc/${pid}/fdinfo`);
  const watches = descriptors.flatMap((fd) => textOf(`/proc/${pid}/fdinfo/${fd}`).match(/^inotify wd/gm) ?? []).length;
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`))?.[1];
  return { watches, descriptors: descriptors.length, memory: Number(kilobytes) * 1024 };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it went just now
  }
}

const QUEUE = "/proc/sys/fs/inotify/max_queued_events";

/**
 * Starts a program whose inotify queue takes so many events. The kernel looks at the limit when the queue is made: for all
 * others it is as it was a moment later.
 *
 * @param start resolves when the program watches
 */
export async function withQueueOf<T>(events: number, start: () => Promise<T>): Promise<T> {
  const before = readFileSync(QUEUE, "utf8");
  writeFileSync(QUEUE, `${events}`);
  try {
    return await start();
  } finally {
    writeFileSync(QUEUE, before);
  }
}

/** Whatever happens meanwhile, the process does not run. */
export async function whileStopped(pid: number, meanwhile: () => Promise<unknown>): Promise<void> {
  process.kill(pid, "SIGSTOP");
  try {
    await meanwhile();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** Stops the process and lets it run, again and again, until it is told to let go. */
export function stutter(
  pid: number,
  { stopMs, runMs }: { readonly stopMs: number; readonly runMs: number },
): AsyncDisposable {
  let isOver = false;
  const stuttering = (async () => {
    while (!isOver) {
      await whileStopped(pid, () => sleep(stopMs));
      await sleep(runMs);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      await stuttering;
    },
  };
}
