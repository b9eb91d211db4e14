import { directoriesAbove } from "../../src/pack/snapshot.ts";
import { type Content, isElf, isStatic, isWanted, type ModelFile, published } from "./content.ts";
import { isAtOrBelow, type Tree, treeOf } from "./tree.ts";

/** What packsync has to remember of a pack: what is its own, and which binaries met where. */
export interface Ledger {
  readonly files: ReadonlyMap<string, ModelFile>;
  readonly directories: ReadonlySet<string>;
  readonly memory: ReadonlyMap<string, Met>;
}

interface Met {
  readonly source?: Content;
  readonly volume?: Content;
  readonly replaced?: ReadonlySet<Content>;
}

/** What a publish has to leave. `displaced`: what others had, path by path, and only history has from then on. */
export interface Next {
  readonly tree: Tree;
  readonly ledger: Ledger;
  readonly displaced: ReadonlyMap<string, Content>;
}

/** Whoever has no ledger owns nothing. */
export const NOTHING: Ledger = { files: new Map(), directories: new Set(), memory: new Map() };

/**
 * What ARCHITECTURE §3 says of one pack, path by path: what the source has, but for the binaries of others, and beside
 * that what others have. An empty source is a retirement.
 */
export function afterPublish(source: Tree, live: Tree, ledger: Ledger): Next {
  const around = withoutBlocked(source, live, ledger);
  const next = {
    files: new Map<string, ModelFile>(),
    own: new Map<string, ModelFile>(),
    displaced: new Map<string, Content>(),
  };
  const memory = new Map(around.memory);
  for (const [path, file] of around.wanted.files) {
    const there = live.files.get(path);
    const isTheirs = there !== undefined && !owns(ledger, path, there);
    const before = ledger.memory.get(path) ?? {};
    const winner = there && stays(there, isTheirs, file.content, before) ? there : file;
    next.files.set(path, winner);
    if (winner === file || !isTheirs) next.own.set(path, winner);
    if (isTheirs && winner === file && there.content !== file.content) next.displaced.set(path, there.content);
    const met = meeting(before, there?.content, file.content, winner.content);
    if (met !== undefined) memory.set(path, met);
  }
  for (const [path, file] of live.files) {
    if (around.wanted.files.has(path) || owns(ledger, path, file)) continue;
    const isDrifted = ledger.files.has(path) && !isElf(file.content);
    if (isDrifted || isTaken(path, around.wanted)) next.displaced.set(path, file.content);
    else next.files.set(path, file);
  }
  const { tree, own } = withDirectories(around.wanted, live, ledger, next.files);
  return { tree, ledger: { files: next.own, directories: own, memory }, displaced: next.displaced };
}

/** Ours is what has the bytes that were published, whatever happened to its mode. */
export function owns(ledger: Ledger, path: string, { content }: ModelFile): boolean {
  return ledger.files.get(path)?.content === content;
}

/** Binaries of others stand where they stand: what of the source needs them to be a directory, or gone, has to wait. */
function withoutBlocked(source: Tree, live: Tree, ledger: Ledger) {
  const binaries = [...live.files].filter(([path, file]) => isElf(file.content) && !owns(ledger, path, file));
  const memory = new Map<string, Met>();
  for (const [path, { replaced }] of ledger.memory) if (replaced !== undefined) memory.set(path, { replaced });
  const files = [...source.files].filter(([path, { content }]) => {
    const blocker = binaries.find(([at]) => at !== path && (isAtOrBelow(path, at) || isAtOrBelow(at, path)));
    if (blocker === undefined) return true;
    memory.set(path, { ...ledger.memory.get(path), source: content, volume: blocker[1].content });
    return false;
  });
  const directories = [...source.directories].filter((path) => !binaries.some(([at]) => isAtOrBelow(path, at)));
  const wanted = treeOf(
    files.map(([path, file]) => [path, published(file)] as const),
    directories,
  );
  return { wanted, memory };
}

/**
 * Guarantee 3: whether the binary that is there stays, although the source has something else. What packsync has replaced
 * once has no more rights than what is ours.
 */
function stays(
  { content: there }: ModelFile,
  isTheirs: boolean,
  next: Content,
  { source, volume, replaced }: Met,
): boolean {
  if (there === next || !isElf(there)) return false;
  const hasRights = isTheirs && replaced?.has(there) !== true;
  if (!hasRights) return isStatic(there) && isElf(next) && !isSameBuild(there, next) && !isWanted(next);
  if (!isWanted(next)) return true;
  return isWanted(there) && (source === undefined || source === next || volume !== there);
}

/** Static both, and for the same machine. */
function isSameBuild(a: Content, b: Content): boolean {
  return isStatic(a) && isStatic(b) && isWanted(a) === isWanted(b);
}

/** What to remember where binaries meet: both sides, and for ever what was replaced. */
function meeting(before: Met, there: Content | undefined, next: Content, winner: Content): Met | undefined {
  const isReplaced = there !== undefined && winner !== there && isElf(there);
  const all = (before.replaced ?? new Set<Content>()).union(new Set(isReplaced ? [there] : []));
  const replaced = all.size > 0 ? { replaced: all } : {};
  if (isElf(winner)) return { ...replaced, source: next, volume: winner };
  return all.size > 0 ? replaced : undefined;
}

/** Whether the source needs this path for a directory, or a directory above it for a file. */
function isTaken(path: string, { files, directories }: Tree): boolean {
  return directories.has(path) || [...files.keys()].some((each) => isAtOrBelow(path, each));
}

/** The source's, those that what stays needs, and the others' own: packsync removes those only that it made. */
function withDirectories(wanted: Tree, live: Tree, ledger: Ledger, files: Map<string, ModelFile>) {
  const mayBeOurs = wanted.directories.union(ledger.directories);
  const theirs = [...live.directories].filter((path) => !mayBeOurs.has(path));
  const all = [...wanted.directories, ...directoriesAbove([...files.keys(), ...theirs]), ...theirs];
  const isFree = (path: string) => ![...files.keys()].some((file) => isAtOrBelow(path, file));
  const tree = { files, directories: new Set(all.filter(isFree)) };
  return { tree, own: tree.directories.intersection(mayBeOurs) };
}
