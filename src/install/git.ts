import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PacksyncError } from "../errors.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { listNames } from "../platform/names.ts";
import type { Network } from "./address.ts";
import { downloadFailed } from "./failure.ts";
import { type GitReach, git, gitOutput } from "./git-process.ts";
import { reachOf } from "./git-reach.ts";
import type { Limits } from "./limits.ts";
import type { PackSource } from "./source.ts";

export interface GitDeps {
  readonly network: Network;
  readonly limits: Limits;
}

type GitSource = Extract<PackSource, { kind: "git" }>;

/** Part of a commit's name that is enough to look for it. */
const COMMIT = /^[0-9a-f]{7,64}$/;
/** How often a look is taken at what has come so far. */
const LOOK_MS = 250;

/**
 * Fetches one commit, without its history, into a directory that is not there yet. What it would become is judged before
 * anything of it is written. Submodules stay empty.
 *
 * @returns the commit
 */
export async function fetchCommit(
  { url, ref }: GitSource,
  into: string,
  { network, limits }: GitDeps,
  abort: AbortSignal,
): Promise<string> {
  const reach = await reachOf(url, network);
  mkdirSync(into);
  await git(["init", "--quiet", "--template="], into, reach, abort);
  const commit = await fetchWithin(limits, into, abort, (signal) => fetchRef(ref, into, reach, signal));
  await judgeTree(commit, into, reach, limits, abort);
  await git(["checkout", "--quiet", "--detach", "--no-recurse-submodules", commit], into, reach, abort);
  rmSync(join(into, ".git"), { recursive: true });
  return commit;
}

async function fetchRef(ref: string | undefined, into: string, reach: GitReach, abort: AbortSignal): Promise<string> {
  const fetch = ["fetch", "--quiet", "--no-recurse-submodules"];
  try {
    await git([...fetch, "--depth=1", "--no-tags", "--", reach.url, ref ?? "HEAD"], into, reach, abort);
    return await git(["rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}"], into, reach, abort);
  } catch (error) {
    // Short names of commits, and servers that hand out branches and tags only: all history, then.
    if (abort.aborted || ref === undefined || !COMMIT.test(ref) || !(error instanceof PacksyncError)) throw error;
    await git([...fetch, "--tags", "--", reach.url, "+refs/heads/*:refs/remotes/origin/*"], into, reach, abort);
    return await git(["rev-parse", "--verify", `${ref}^{commit}`], into, reach, abort);
  }
}

async function fetchWithin(
  { archiveBytes }: Limits,
  into: string,
  abort: AbortSignal,
  fetch: (abort: AbortSignal) => Promise<string>,
): Promise<string> {
  const tooMuch = new AbortController();
  const look = (): void => {
    if (packBytes(into) > archiveBytes)
      tooMuch.abort(downloadFailed(`Expected at most ${archiveBytes} bytes from git, got more`));
  };
  const timer = setInterval(look, LOOK_MS);
  try {
    const commit = await fetch(AbortSignal.any([abort, tooMuch.signal]));
    look();
    tooMuch.signal.throwIfAborted();
    return commit;
  } finally {
    clearInterval(timer);
  }
}

function packBytes(into: string): number {
  const directory = join(into, ".git/objects/pack");
  if (lstatIfAny(directory) === undefined) return 0;
  return listNames(directory).reduce((total, name) => total + (lstatIfAny(join(directory, name))?.size ?? 0), 0);
}

/** What is small as git keeps it may be without end on disk, in bytes or in entries. */
async function judgeTree(
  commit: string,
  into: string,
  reach: GitReach,
  { entries: mostEntries, unpackedBytes }: Limits,
  abort: AbortSignal,
): Promise<void> {
  let entries = 0;
  let bytes = 0;
  let rest = "";
  await gitOutput(["ls-tree", "-r", "-t", "-l", "-z", commit], into, reach, abort, (piece) => {
    const lines = (rest + piece).split("\0");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      entries += 1;
      bytes += Number(/^\d+ \w+ \w+ +(\d+)\t/.exec(line)?.[1] ?? 0);
      if (entries > mostEntries)
        throw downloadFailed(`Expected at most ${mostEntries} entries in the repository, got more`);
      if (bytes > unpackedBytes)
        throw downloadFailed(`Expected at most ${unpackedBytes} bytes in the repository, got more`);
    }
  });
}
