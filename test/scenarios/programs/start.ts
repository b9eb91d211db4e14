import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, realpathSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** A helper program that runs beside the test. Disposing it kills it. */
export interface Program extends AsyncDisposable {
  readonly pid: number | undefined;
  /** Asks it something; rejects when it dies instead of answering. */
  ask<Answer = unknown>(question: unknown): Promise<Answer>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

export function startProgram(url: URL, ...args: readonly string[]): Program {
  const child = fork(fileURLToPath(url), args, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const kill = async (): Promise<void> => {
    if (isOver(child)) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  return {
    pid: child.pid,
    kill,
    ask: (question) => {
      const answer = Promise.withResolvers<never>();
      const died = () => answer.reject(new Error(`${url.pathname} ${args.join(" ")} died instead of answering`));
      child.once("message", answer.resolve);
      child.once("exit", died);
      child.send(question as object, (error) => error && answer.reject(error));
      return answer.promise.finally(() => child.off("exit", died).off("message", answer.resolve));
    },
    [Symbol.asyncDispose]: kill,
  };
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

export interface Ended {
  /** `undefined`: a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the real program. Disposing it kills it. */
export interface Run extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr has said this; rejects when the program ends without. */
  said(words: string): Promise<void>;
}

/** Stripping types takes longer than a sync. */
export const COMPILE_CACHE = `${tmpdir()}/packsync-test-compile-cache`;
/** What users run, in half the time, if the bundle was made before; else the sources. */
export const MAIN = fileURLToPath(
  new URL(`../../../${process.env["PACKSYNC_TEST_MAIN"] ?? "src/main.ts"}`, import.meta.url),
);

/** `packsync …` as a person would run it in `cwd`. */
export function packsync(cwd: string, ...args: readonly string[]): Run {
  return startCommand(cwd, [process.execPath, MAIN, ...args]);
}

/** Any command, in an environment that has nothing of this machine's but the path. */
export function startCommand(cwd: string, [file = "", ...args]: readonly string[]): Run {
  // Without io_uring every system call of Node's is one that strace sees.
  const env = { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: COMPILE_CACHE, UV_USE_IO_URING: "0" };
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = finish(child);
  return {
    child,
    ended,
    said: (words) => {
      const heard = Promise.withResolvers<void>();
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString();
        if (stderr.includes(words)) heard.resolve();
      });
      child.once("close", () => heard.reject(new Error(`it ended without saying \`${words}\`: ${stderr}`)));
      return heard.promise;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function finish(child: ReturnType<typeof spawn>): Promise<Ended> {
  const output = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ""));
  const [[exitCode], stdout = "", stderr = ""] = await Promise.all([once(child, "close"), ...output]);
  return { exitCode: exitCode ?? undefined, stdout, stderr };
}

const ROOMY_BYTES = 2 ** 30;

/** A directory for a scenario with thousands of publishes: in memory, where the machine lets us, because a sync is free there. */
export function scratchInMemory(): Disposable & { readonly path: string } {
  return mkdtempDisposableSync(`${memoryIfAny()}/packsync-scenario-`);
}

/** A directory in memory, or that of temporary files. */
export function memoryIfAny(): string {
  const shm = statfs("/dev/shm");
  return shm !== undefined && shm.bavail * shm.bsize >= ROOMY_BYTES ? realpathSync("/dev/shm") : realpathSync(tmpdir());
}

function statfs(path: string) {
  try {
    return statfsSync(path);
  } catch {
    return undefined;
  }
}
