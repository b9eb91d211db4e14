import { mkdirSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { PacksyncError } from "../errors.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { checksumOf, checksumText, parseChecksum, wrongChecksum } from "./checksum.ts";
import { downloadFailed } from "./failure.ts";
import { type GetRequest, getFile } from "./get.ts";
import { fetchCommit, type GitDeps } from "./git.ts";
import { copyDirectory } from "./local.ts";
import { findPackRoot, judgePackTree } from "./pack-root.ts";
import { type InstallSource, lookUp, type RegistryDeps } from "./registry.ts";
import { type PackSource, parseSource } from "./source.ts";
import { treeChecksum } from "./tree-checksum.ts";
import { unpack } from "./unpack.ts";

export type SourceType = "registry" | "git" | "archive" | "local_archive" | "local_directory";

/** A pack that was fetched, and still has to be placed. */
export interface Obtained {
  readonly sourceType: SourceType;
  /** In the scratch directory. */
  readonly root: string;
  /** Of archives the file's, else the directory's; `sha256:…`. */
  readonly checksum: string;
  readonly gitCommit?: string;
  /** What the registry calls it. */
  readonly name?: string;
}

export interface ObtainDeps extends RegistryDeps, Pick<GitDeps, "submodules"> {
  /** What relative paths are relative to. */
  readonly cwd: string;
}

/** Fetches a pack to below a scratch directory. */
export async function obtain(source: PackSource, deps: ObtainDeps, abort: AbortSignal): Promise<Obtained> {
  switch (source.kind) {
    case "registry":
      return await fromRegistry(source, deps, abort);
    case "git":
      return await fromGit(source, deps, abort);
    case "archive": {
      const file = deps.scratch();
      const { archiveBytes: maxBytes } = deps.limits;
      const checksum = await getFile({ url: source.url, file, maxBytes, plainHttp: "allowed" }, deps, abort);
      return await fromArchive("archive", file, checksum, deps, abort);
    }
    case "path":
      return await fromPath(resolve(deps.cwd, source.path), deps, abort);
    default:
      return source satisfies never;
  }
}

async function fromRegistry(
  { name, version }: Extract<PackSource, { kind: "registry" }>,
  deps: ObtainDeps,
  abort: AbortSignal,
): Promise<Obtained> {
  const { install_sources, plainHttp, own } = await lookUp(name, version, deps, abort);
  let failure: unknown;
  for (const source of install_sources) {
    try {
      return { ...(await fromInstallSource({ ...source, plainHttp, own }, deps, abort)), sourceType: "registry", name };
    } catch (error) {
      abort.throwIfAborted();
      failure ??= error;
      // The next place may do where one is out of reach; a wrong checksum is a reason to stop.
      if (!(error instanceof PacksyncError && error.retryable)) break;
    }
  }
  throw failure;
}

type PlacedSource = InstallSource & Pick<GetRequest, "plainHttp" | "own">;

/** What a registry names has to be what it promised. */
async function fromInstallSource(source: PlacedSource, deps: ObtainDeps, abort: AbortSignal): Promise<Obtained> {
  const { url } = source;
  const promised = source.checksum === undefined ? undefined : parseChecksum(source.checksum);
  switch (source.type) {
    case "archive": {
      if (promised === undefined) throw unverifiable();
      const file = deps.scratch();
      const { archiveBytes: maxBytes } = deps.limits;
      const { plainHttp, own } = source;
      await getFile({ url, file, maxBytes, plainHttp, own, checksum: promised }, deps, abort);
      return await fromArchive("archive", file, checksumText(promised), deps, abort);
    }
    case "git": {
      const parsed = parseSource(`git+${url}`, source.ref);
      if (parsed.kind !== "git") throw unverifiable();
      const isPinned = parsed.ref !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(parsed.ref);
      const obtained = await fromGit(parsed, deps, abort);
      if (isPinned && obtained.gitCommit === parsed.ref) return obtained;
      if (promised === undefined) throw unverifiable();
      const actual = parseChecksum(obtained.checksum);
      if (promised.algorithm === "sha256" && promised.hex === actual.hex) return obtained;
      throw wrongChecksum("the repository", promised, actual);
    }
    default:
      return source satisfies never;
  }
}

function unverifiable() {
  return downloadFailed("Expected the registry to give a checksum or a commit, got none");
}

async function fromGit(source: Extract<PackSource, { kind: "git" }>, deps: ObtainDeps, abort: AbortSignal) {
  const directory = deps.scratch();
  const gitCommit = await fetchCommit(source, directory, deps, abort);
  return { ...(await fromDirectory("git", directory, deps)), gitCommit };
}

async function fromPath(path: string, deps: ObtainDeps, abort: AbortSignal): Promise<Obtained> {
  const stats = isAbsolute(path) ? lstatIfAny(path) : undefined;
  if (stats?.isFile()) {
    if (stats.size > deps.limits.archiveBytes)
      throw downloadFailed(`Expected an archive of at most ${deps.limits.archiveBytes} bytes, got ${stats.size}`);
    return await fromArchive("local_archive", path, checksumText(await checksumOf(path, "sha256")), deps, abort);
  }
  if (!lstatIfAny(`${path}/.`)?.isDirectory())
    throw downloadFailed(`Expected a directory or an archive at \`${path}\`, got neither`);
  const directory = deps.scratch();
  copyDirectory(path, directory, deps.limits);
  return await fromDirectory("local_directory", directory, deps);
}

async function fromArchive(
  sourceType: SourceType,
  file: string,
  checksum: string,
  deps: ObtainDeps,
  abort: AbortSignal,
): Promise<Obtained> {
  const directory = deps.scratch();
  mkdirSync(directory);
  await unpack(file, directory, deps.limits, abort);
  return { sourceType, root: join(findPackRoot(directory)), checksum };
}

async function fromDirectory(sourceType: SourceType, directory: string, deps: ObtainDeps): Promise<Obtained> {
  const root = findPackRoot(directory);
  judgePackTree(root, deps.limits);
  return { sourceType, root, checksum: checksumText(treeChecksum(root)) };
}
