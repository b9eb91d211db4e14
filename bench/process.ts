import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** A program to run to its end. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Working directory; must exist. */
  readonly cwd: string;
  /** Files that take the two outputs; `/dev/null` unless given. */
  readonly stdout?: string;
  readonly stderr?: string;
}

/**
 * Runs a whole process and waits for its end; throws if it fails, and kills it with its children when aborted.
 *
 * @param onStart is told the process id, e.g. to watch its memory
 * @returns wall-clock milliseconds from before the spawn to the exit
 */
export async function run(command: Command, abort: AbortSignal, onStart?: (pid: number) => void): Promise<number> {
  abort.throwIfAborted();
  using outputs = openOutputs(command);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const started = process.hrtime.bigint();
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    env: cleanEnvironment(),
    detached: true, // a group of its own: Ctrl-C reaches the bench alone, which then ends the group and cleans up
    stdio: ["ignore", outputs.stdout, outputs.stderr],
  });
  child.once("error", reject);
  child.once("exit", (code, signal) => {
    const ended = process.hrtime.bigint();
    if (code === 0) resolve(Number(ended - started) / 1e6);
    else reject(new Error(failure(command, code ?? signal)));
  });
  const kill = () => killGroup(child.pid);
  abort.addEventListener("abort", kill, { once: true });
  if (child.pid !== undefined) onStart?.(child.pid);
  try {
    return await promise;
  } finally {
    abort.removeEventListener("abort", kill);
    abort.throwIfAborted();
  }
}

export function openOutputs({ stdout = "/dev/null", stderr = "/dev/null" }: Command) {
  const files = { stdout: openSync(stdout, "w"), stderr: openSync(stderr, "w") };
  return {
    ...files,
    [Symbol.dispose]() {
      closeSync(files.stdout);
      closeSync(files.stderr);
    },
  };
}

/** Nothing that would configure a peer or Node, and none of npm's many variables. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|PACKSYNC_|NODE_|RSYNC_|(SOURCE|TARGET)_PACKS_DIR$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** SIGKILL to the process and all of its children. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself in the meantime; it is not reaped before its exit event, so the id is nobody else's.
  }
}

export function failure({ program, args, cwd, stderr }: Command, status: number | string | null): string {
  const said = stderr === undefined ? "" : readFileSync(stderr, "utf8").trim().slice(-2_000);
  const hint = said === "" ? `Run it by hand in ${cwd} to see why.` : said;
  return `Expected exit code 0, got \`${status}\` from\n  ${[program, ...args].join(" ")}\n${hint}`;
}
