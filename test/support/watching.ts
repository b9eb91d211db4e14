import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { vi } from "vitest";
import type { Degraded } from "../../src/watch/limits.ts";
import { type Watcher, watchSources } from "../../src/watch/watcher.ts";

/** What a watcher said, in short: `core changed`, `the source vanished`. */
export interface Watching extends AsyncDisposable {
  readonly watcher: Watcher;
  readonly hints: readonly string[];
  readonly doubts: readonly string[];
  readonly degraded: readonly Degraded[];
  /** Forgets what was said. */
  forget(): void;
  /** Waits until all of these were said. */
  until(...hints: string[]): Promise<void>;
}

export async function watching(path: string, faults?: string): Promise<Watching> {
  const hints: string[] = [];
  const doubts: string[] = [];
  const degraded: Degraded[] = [];
  const events = {
    onHints: (all: readonly { directory: string | undefined; kind: string }[]) =>
      void hints.push(...all.map(({ directory, kind }) => `${directory ?? "the source"} ${kind}`)),
    onDoubt: (_source: string, why: string) => void doubts.push(why),
    onDegraded: (what: Degraded) => void degraded.push(what),
  };
  const watcher = watchSources([{ name: "packs", path }], events, faults);
  await watcher.ready;
  return {
    watcher,
    hints,
    doubts,
    degraded,
    forget: () => void hints.splice(0),
    until: (...wanted) =>
      eventually(
        () => missing(wanted, hints).length === 0,
        () => `hints: ${hints.join(", ")}`,
      ),
    [Symbol.asyncDispose]: () => watcher[Symbol.asyncDispose](),
  };
}

/** Waits for what must come, however slow the machine is. */
export async function eventually(isSo: () => boolean, describe: () => string): Promise<void> {
  await vi.waitFor(
    () => {
      if (!isSo()) throw new Error(`not yet; ${describe()}`);
    },
    { timeout: 20_000, interval: 5 },
  );
}

/** Another process does something there. */
export function sh(cwd: string, script: string): void {
  execFileSync("sh", ["-c", script], { cwd, stdio: "ignore" });
}

/** The watches that the kernel keeps for this process. */
export function kernelWatches(): number {
  return readdirSync("/proc/self/fdinfo").flatMap((fd) => infoOf(fd).match(/^inotify wd/gm) ?? []).length;
}

function infoOf(fd: string): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  } catch {
    return ""; // the one that listed them
  }
}

function missing(wanted: readonly string[], said: readonly string[]): string[] {
  return wanted.filter((each) => !said.includes(each));
}
