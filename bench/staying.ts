import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { type Command, cleanEnvironment, failure, killGroup, openOutputs } from "./process.ts";

/** A program that stays until it is disposed of: SIGTERM, and its end is awaited. Throws if it ended otherwise than by that. */
export interface Staying extends AsyncDisposable {
  readonly pid: number;
  /** Milliseconds from before the spawn until it said that it is ready. */
  readonly readyMs: number;
  /** The lines that it has said until now; the first one is that it is ready. */
  readonly said: readonly string[];
}

/** How long a program may take to become ready, or to end. */
const PATIENCE_MS = 60_000;

/**
 * Starts a program and waits until it says on its standard output that it is ready; throws if it does not.
 *
 * @param isReady whether this line says so
 */
export async function startStaying(
  command: Command,
  isReady: (line: string) => boolean,
  abort: AbortSignal,
): Promise<Staying> {
  abort.throwIfAborted();
  using outputs = openOutputs(command);
  const started = process.hrtime.bigint();
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    env: cleanEnvironment(),
    detached: true, // as in `run`
    stdio: ["ignore", "pipe", outputs.stderr],
  });
  const said: string[] = [];
  const ended = Promise.withResolvers<number | string | null>();
  const ready = Promise.withResolvers<number>();
  child.once("error", ended.reject);
  child.once("exit", (code, signal) => ended.resolve(signal ?? code));
  createInterface({ input: child.stdout ?? Readable.from([]) }).on("line", (line) => {
    if (said.length > 0 || isReady(line)) said.push(line);
    if (said.length === 1) ready.resolve(Number(process.hrtime.bigint() - started) / 1e6);
  });
  const stop = async (): Promise<void> => {
    const end = await endOf(child.pid, ended.promise);
    if (end !== 0 && end !== "SIGTERM" && end !== 128 + 15) throw new Error(failure(command, end));
  };
  try {
    const tooSoon = ended.promise.then((end) => Promise.reject(new Error(failure(command, end))));
    const readyMs = await within(Promise.race([ready.promise, tooSoon]), "be ready", abort);
    return { pid: child.pid ?? Number.NaN, readyMs, said, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop().catch(() => {}); // the first error says more
    throw error;
  }
}

/** Ends by SIGKILL, with its children, whatever does not end by SIGTERM. */
async function endOf(pid: number | undefined, ended: Promise<number | string | null>): Promise<number | string | null> {
  if (pid === undefined) return await ended;
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    return await ended; // it did so by itself
  }
  try {
    return await within(ended, "end by SIGTERM");
  } catch (error) {
    killGroup(pid);
    await ended;
    throw error;
  }
}

/** Also when aborted the end of a program is waited for: `abort` is for those who wait for something else. */
async function within<T>(work: Promise<T>, what: string, abort?: AbortSignal): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abort?.reason);
  const onTimeout = (): void => reject(new Error(`Expected a program to ${what} within ${PATIENCE_MS / 1000} s`));
  const timer = setTimeout(onTimeout, PATIENCE_MS);
  abort?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    abort?.removeEventListener("abort", onAbort);
  }
}
