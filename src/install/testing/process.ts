import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { errnoOf } from "../../errors.ts";
import { monotonicMs } from "../../platform/clock.ts";
import type { Owner } from "../../platform/ownership.ts";
import { endingWith } from "../../platform/process-group.ts";
import { keepEnd, type Output, splitLines } from "./output.ts";

export interface ProcessOrder {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All that the program gets of an environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Who it runs as; `undefined`: who packsync runs as. */
  readonly owner: Owner | undefined;
  readonly timeoutSeconds: number;
  /** Kept of stdout and of stderr, from their ends. */
  readonly maxBytes: number;
  readonly onLine: ((line: string) => void) | undefined;
}

/** How a program ended. */
export interface Ended {
  readonly how:
    | { readonly kind: "exit"; readonly code: number }
    | { readonly kind: "signal"; readonly signal: string }
    | { readonly kind: "late" }
    | { readonly kind: "not started"; readonly errno: string };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly durationMs: number;
}

/** How long what a program left behind may still hold its output. */
const LINGER_MS = 1000;

/** `setTimeout` takes no more, some 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs a program without a shell, in a process group of its own that ends with it: nothing that it started goes on, unless it
 * left the group. Its output is read while it runs, so that it never waits for a reader.
 */
export async function runProgram(order: ProcessOrder, abort: AbortSignal): Promise<Ended> {
  abort.throwIfAborted();
  const { execa } = await import("execa");
  const late = new AbortController();
  const signal = AbortSignal.any([abort, late.signal]);
  const started = monotonicMs();
  const child = execa(order.file, order.args, optionsOf(order));
  const exited = new Promise((resolve) => child.nodeChildProcess.once("exit", resolve));
  const timer = setTimeout(() => late.abort(), Math.min(order.timeoutSeconds * 1000, MAX_TIMER_MS));
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => reading(stream, order));
  {
    using _ = endingWith(child.pid, signal);
    using _rest = { [Symbol.dispose]: () => clearTimeout(timer) };
    if (child.pid !== undefined) await exited;
  }
  if (child.pid !== undefined) endGroup(child.pid);
  await closed([child.stdout, child.stderr]);
  const { exitCode, signal: killedBy, cause } = await child;
  abort.throwIfAborted();
  const how = late.signal.aborted ? ({ kind: "late" } as const) : howOf(exitCode, killedBy, cause);
  const durationMs = Math.round(monotonicMs() - started);
  return { how, stdout: stdout?.end() ?? NOTHING, stderr: stderr?.end() ?? NOTHING, durationMs };
}

const NOTHING: Output = { text: "", isCut: false };

function optionsOf({ cwd, env, owner }: ProcessOrder) {
  return {
    cwd,
    env,
    extendEnv: false,
    stdin: "ignore",
    detached: true,
    buffer: false,
    encoding: "buffer",
    reject: false,
    ...(owner && { uid: owner.uid, gid: owner.gid }),
  } as const;
}

function reading(stream: Readable, { maxBytes, onLine }: ProcessOrder): { end(): Output } {
  const kept = keepEnd(maxBytes);
  const lines = onLine && splitLines(onLine);
  stream.on("data", (chunk: Buffer) => {
    kept.add(chunk);
    lines?.add(chunk);
  });
  stream.on("error", () => {}); // it is closed below whoever holds its other end
  return {
    end() {
      lines?.end();
      return kept.end();
    },
  };
}

/** What a test left running would hold the output open, and the machine busy. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {} // nothing is left
}

async function closed(streams: readonly Readable[]): Promise<void> {
  const stop = new AbortController();
  const all = Promise.all(streams.map((stream) => stream.closed || once(stream, "close"))).catch(() => {});
  await Promise.race([all, sleep(LINGER_MS, undefined, { signal: stop.signal }).catch(() => {})]);
  stop.abort();
  for (const stream of streams) stream.destroy();
}

function howOf(code: number | undefined, signal: string | undefined, cause: unknown): Ended["how"] {
  if (code !== undefined) return { kind: "exit", code };
  if (signal !== undefined) return { kind: "signal", signal };
  return { kind: "not started", errno: errnoOf(cause) ?? "an error" };
}
