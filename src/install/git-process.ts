import { errnoOf } from "../errors.ts";
import { endingWith } from "../platform/process-group.ts";
import { downloadFailed, reasonOf, runtimeMissing } from "./failure.ts";

/** How git may reach the other side. */
export interface GitReach {
  /** Without credentials. */
  readonly url: string;
  readonly protocol: string;
  /** Configuration of this one call: key and value. It goes by the environment, which other users cannot read. */
  readonly config: readonly (readonly [string, string])[];
  readonly ssh: string;
}

/** Nothing of the machine's or of the repository's configuration runs anything, rewrites anything or asks anybody. */
const CLOSED = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.protectNTFS", "true"],
  ["credential.helper", ""],
  ["fetch.unpackLimit", "1"],
  ["gc.auto", "0"],
  ["http.followRedirects", "false"],
  ["submodule.recurse", "false"],
  ["transfer.fsckObjects", "true"],
  ["protocol.version", "2"],
] as const;

/** What of our own environment git needs: programs, the user's keys, proxies. */
const PASSED = ["PATH", "HOME", "SSH_AUTH_SOCK", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"];

/** Runs git, never through a shell. @returns its output */
export async function git(
  args: readonly string[],
  directory: string,
  reach: GitReach,
  abort: AbortSignal,
): Promise<string> {
  const pieces: string[] = [];
  await gitOutput(args, directory, reach, abort, (piece) => pieces.push(piece));
  return pieces.join("").trim();
}

/** The same for output that may be endless. */
export async function gitOutput(
  args: readonly string[],
  directory: string,
  reach: GitReach,
  abort: AbortSignal,
  read: (piece: string) => void,
): Promise<void> {
  abort.throwIfAborted();
  const { execa } = await import("execa");
  const tooMuch = new AbortController();
  const signal = AbortSignal.any([abort, tooMuch.signal]);
  const child = execa("git", args, {
    cwd: directory,
    env: environment(reach),
    extendEnv: false,
    stdin: "ignore",
    detached: true, // what it starts ends with it
    buffer: { stdout: false, stderr: true },
    maxBuffer: 1_000_000,
    reject: false,
  });
  using _ = endingWith(child.pid, signal);
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    try {
      read(piece);
    } catch (error) {
      tooMuch.abort(error);
    }
  });
  const { failed, stderr, cause } = await child;
  signal.throwIfAborted();
  if (errnoOf(cause) === "ENOENT") throw runtimeMissing("git");
  if (failed) throw gitFailed(String(stderr), cause);
}

function environment({ protocol, config, ssh }: GitReach): Record<string, string> {
  const all = [...CLOSED, ...config];
  return {
    ...Object.fromEntries(
      PASSED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    ...Object.fromEntries(
      all.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    GIT_CONFIG_COUNT: String(all.length),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_TERMINAL_PROMPT: "0",
    GIT_SSH_COMMAND: ssh,
    GIT_LFS_SKIP_SMUDGE: "1",
    LC_ALL: "C",
  };
}

function gitFailed(stderr: string, cause: unknown) {
  const said = stderr.split("\n").filter((line) => /^(fatal|error|ERR|remote):/.test(line));
  const reason = said.slice(0, 2).join("; ") || reasonOf(stderr.trim() || (cause ?? "no reason"));
  return downloadFailed(`Expected git to fetch the pack, got ${reason.slice(0, 400)}`, { retryable: true });
}
