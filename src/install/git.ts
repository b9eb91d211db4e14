import { mkdirSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PacksyncError } from "../errors.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { listNames, printableName } from "../platform/names.ts";
import type { Network } from "./address.ts";
import { downloadFailed } from "./failure.ts";
import { type GitReach, git, gitOutput } from "./git-process.ts";
import { reachOf } from "./git-reach.ts";
import type { Limits } from "./limits.ts";
import type { PackSource } from "./source.ts";
import { type Gitlink, submodulesOf, submodulesRefused } from "./submodules.ts";

export interface GitDeps {
  readonly network: Network;
  readonly limits: Limits;
  /** `refuse`, unless it is said: what a repository has of others is as little judged as these. */
  readonly submodules?: "refuse" | "fetch" | undefined;
}

type GitSource = Extract<PackSource, { kind: "git" }>;

/** Part of a commit's name that is enough to look for it. */
const COMMIT = /^[0-9a-f]{7,64}$/;
/** Submodules of submodules: deeper than anybody has them. */
const MAX_DEPTH = 5;
/** How often a look is taken at what has come so far. */
const LOOK_MS = 250;

/**
 * Fetches one commit, without its history, into a directory that is not there yet. What it would become is judged before
 * anything of it is written, its submodules as itself, together within the limits.
 *
 * @returns the commit
 */
export async function fetchCommit(source: GitSource, into: string, deps: GitDeps, abort: AbortSignal): Promise<string> {
  mkdirSync(into);
  return (await fetchTree(source, into, deps, 0, abort)).commit;
}

interface FetchedTree {
  readonly commit: string;
  /** What others may still have. */
  readonly left: Limits;
}

async function fetchTree(
  { url, ref }: GitSource,
  into: string,
  { network, limits, submodules }: GitDeps,
  depth: number,
  abort: AbortSignal,
): Promise<FetchedTree> {
  const reach = await reachOf(url, network);
  await git(["init", "--quiet", "--template="], into, reach, abort);
  const commit = await fetchWithin(limits, into, abort, (signal) => fetchRef(ref, into, reach, signal));
  const { entries, bytes, links } = await judgeTree(commit, into, reach, limits, abort);
  if (links.length > 0 && submodules !== "fetch") throw submodulesRefused(links);
  if (links.length > 0 && depth === MAX_DEPTH)
    throw downloadFailed(`Expected submodules at most ${MAX_DEPTH} deep, got more`);
  const modules = links.length === 0 ? [] : submodulesOf(links, await listModules(commit, into, reach, abort), url);
  let left: Limits = {
    ...limits,
    archiveBytes: Math.max(0, limits.archiveBytes - packBytes(into)),
    entries: limits.entries - entries,
    unpackedBytes: limits.unpackedBytes - bytes,
  };
  await git(["checkout", "--quiet", "--detach", "--no-recurse-submodules", commit], into, reach, abort);
  rmSync(join(into, ".git"), { recursive: true });
  for (const { path, source } of modules) {
    const place = emptyDirectory(into, path);
    ({ left } = await fetchTree(source, place, { network, limits: left, submodules }, depth + 1, abort));
  }
  return { commit, left };
}

/** @returns nothing if there is no `.gitmodules` */
async function listModules(commit: string, into: string, reach: GitReach, abort: AbortSignal): Promise<string> {
  const blob = `${commit}:.gitmodules`;
  const pattern = "^submodule\\..*\\.(path|url)$";
  try {
    return await git(["config", "--no-includes", "--blob", blob, "-z", "--get-regexp", pattern], into, reach, abort);
  } catch (error) {
    if (abort.aborted || !(error instanceof PacksyncError)) throw error;
    return "";
  }
}

/** git made one where a submodule will be; nothing of the tree may lead elsewhere. */
function emptyDirectory(root: string, path: string): string {
  const place = join(root, path);
  if (lstatIfAny(place)?.isDirectory() && realpathSync(place) === join(realpathSync(root), path)) {
    if (listNames(place).length === 0) return place;
  }
  throw downloadFailed(`Expected an empty directory for the submodule \`${printableName(path)}\`, got something else`);
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
): Promise<{ readonly entries: number; readonly bytes: number; readonly links: readonly Gitlink[] }> {
  const links: Gitlink[] = [];
  let entries = 0;
  let bytes = 0;
  let rest = "";
  await gitOutput(["ls-tree", "-r", "-t", "-l", "-z", commit], into, reach, abort, (piece) => {
    const lines = (rest + piece).split("\0");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      entries += 1;
      bytes += Number(/^\d+ \w+ \w+ +(\d+)\t/.exec(line)?.[1] ?? 0);
      const [, linked, path] = /^160000 commit (\w+) +-\t(.*)$/s.exec(line) ?? [];
      if (linked !== undefined && path !== undefined) links.push({ path, commit: linked });
      if (entries > mostEntries)
        throw downloadFailed(`Expected at most ${mostEntries} entries in the repository, got more`);
      if (bytes > unpackedBytes)
        throw downloadFailed(`Expected at most ${unpackedBytes} bytes in the repository, got more`);
    }
  });
  return { entries, bytes, links };
}
