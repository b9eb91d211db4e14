import fc from "fast-check";
import {
  type LedgerFile,
  type LiveFile,
  type LiveSnapshot,
  type PackSnapshot,
  parentsOf,
} from "../../src/pack/snapshot.ts";
import type { Ledger, Plan } from "../../src/plan/plan.ts";
import { entry, inodeOf } from "./entries.ts";

/** What stands at one path: `content` names bytes and kind (see {@link entry}); `link` is a symlink. */
type Leaf = { readonly content: string; readonly mode: number };
interface Tree {
  readonly [name: string]: Leaf | Tree;
}

const NAMES = ["a", "b", "a-b", "__proto__"];
const CONTENTS = ["text 1", "text 2", "static-elf 1", "static-elf 2", "dynamic-elf", "foreign-arch-elf"];

function anyTree(contents: readonly string[]): fc.Arbitrary<Tree> {
  const leaf = fc.record({ content: fc.constantFrom(...contents), mode: fc.constantFrom(0o644, 0o755) });
  return fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.dictionary(fc.constantFrom(...NAMES), fc.oneof({ maxDepth: 3 }, leaf, tie("tree")), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  })).tree;
}

export const anySource: fc.Arbitrary<PackSnapshot> = anyTree(CONTENTS).map((tree) => {
  const { files, directories } = flatten(tree);
  return { files: new Map(files.map(([path, { content, mode }]) => [path, entry(content, mode)])), directories };
});

/** A volume's tree as it is, before anybody asks whose it is. */
export interface Volume {
  readonly files: ReadonlyMap<string, Leaf & { readonly inode: number }>;
  readonly directories: readonly string[];
}

export const anyVolume: fc.Arbitrary<Volume> = anyTree([...CONTENTS, "link"]).map((tree) => {
  const { files, directories } = flatten(tree);
  return {
    files: new Map(files.map(([path, leaf]) => [path, { ...leaf, inode: inodeOf(`live ${path}`) }])),
    directories,
  };
});

/** Half of it is true of `volume`, the rest is about what was there once. */
export function anyLedger(volume: Volume): fc.Arbitrary<Ledger | undefined> {
  const past = anyTree(CONTENTS).map(flatten);
  const memory = anyMemory([...volume.files.keys()]);
  const parts = fc.tuple(past, fc.infiniteStream(fc.boolean()), fc.boolean(), memory);
  const some = parts.map(([{ files, directories }, coin, isEmpty, memory]): Ledger => {
    const flip = () => coin.next().value === true;
    const known = [...volume.files].filter(([, { content }]) => content !== "link" && !isEmpty && flip());
    const stale = files
      .filter(flip)
      .map(([path, leaf]) => [path, { ...leaf, inode: inodeOf(`past ${path}`) }] as const);
    const all = [...stale, ...known].map(
      ([path, { content, mode, inode }]) => [path, ledgerFile(content, mode, inode)] as const,
    );
    return {
      files: Object.fromEntries(all),
      directories: [...directories, ...volume.directories].filter(flip),
      memory,
    };
  });
  return fc.option(some, { nil: undefined });
}

function anyMemory(paths: readonly string[]): fc.Arbitrary<Ledger["memory"]> {
  if (paths.length === 0) return fc.constant({});
  const content = fc.constantFrom(...CONTENTS);
  const both = fc.record({ source: content, volume: content });
  const replaced = fc.record({ replaced: fc.uniqueArray(content, { minLength: 1, maxLength: 3 }) });
  const one = fc.oneof(
    both,
    replaced,
    fc.tuple(both, replaced).map(([a, b]) => ({ ...b, ...a })),
  );
  return fc.array(fc.tuple(fc.constantFrom(...paths), one), { maxLength: 4 }).map(Object.fromEntries);
}

function ledgerFile(content: string, mode: number, inode: number): LedgerFile {
  return { ...entry(content, mode), inode, mtimeMs: 0 };
}

/** What a scan of the volume sees, which looks only into those foreign files that the source may meet. */
export function look(volume: Volume, ledger: Ledger | undefined, source: PackSnapshot): LiveSnapshot {
  const paths = new Set(source.files.keys());
  const above = new Set([...source.directories, ...[...paths].flatMap(parentsOf)]);
  const meets = (path: string) =>
    ledger === undefined || paths.has(path) || above.has(path) || parentsOf(path).some((each) => paths.has(each));
  const files = Array.from(volume.files, ([path, leaf]): [string, LiveFile] => [
    path,
    liveFile(path, leaf, ledger, meets(path)),
  ]);
  return { files: new Map(files), directories: volume.directories };
}

function liveFile(
  path: string,
  { content, mode, inode }: Leaf & { inode: number },
  ledger: Ledger | undefined,
  isRead: boolean,
): LiveFile {
  const published = ledger && Object.hasOwn(ledger.files, path) ? ledger.files[path] : undefined;
  const base = { inode, mtimeMs: 0, size: content.length, mode };
  if (content === "link") return { ...base, kind: "symlink", ownership: published ? "drifted" : "foreign" };
  const { digest, elf } = entry(content);
  if (published === undefined)
    return { ...base, kind: "file", ownership: "foreign", ...(isRead && { digest, ...(elf && { elf }) }) };
  return {
    ...base,
    kind: "file",
    ownership: digest === published.digest ? "ours" : "drifted",
    digest,
    ...(elf && { elf }),
  };
}

/** Publishes in memory what staging would. What packsync made is its own; directories that it carried are not. */
export function apply(
  plan: Plan,
  volume: Volume,
  source: PackSnapshot,
): { readonly volume: Volume; readonly ledger: Ledger } {
  const files = new Map<string, Leaf & { readonly inode: number }>();
  const own = new Map<string, LedgerFile>();
  const stay = (path: string) => {
    const there = volume.files.get(path);
    if (there !== undefined) files.set(path, there);
    return there;
  };
  for (const [path, { digest, mode }] of plan.keep) own.set(path, ledgerFile(digest, mode, stay(path)?.inode ?? 0));
  for (const change of plan.changes) {
    if (change.kind === "carry" || (change.kind === "preserve" && change.why !== "foreign-binary-in-the-way"))
      stay(change.path);
    if (change.kind !== "add" && change.kind !== "replace") continue;
    const { digest: content, mode } = change.next;
    files.set(change.path, { content, mode, inode: inodeOf(`new ${change.path} ${content}`) });
    own.set(change.path, ledgerFile(content, mode, inodeOf(`new ${change.path} ${content}`)));
  }
  const made = new Set([...source.directories, ...[...own.keys()].flatMap(parentsOf)]);
  const ledger = {
    files: Object.fromEntries(own),
    directories: plan.directories.filter((path) => made.has(path)),
    memory: plan.memory,
  };
  return { volume: { files, directories: plan.directories }, ledger };
}

function flatten(tree: Tree, above = ""): { files: [string, Leaf][]; directories: string[] } {
  const files: [string, Leaf][] = [];
  const directories: string[] = [];
  for (const [name, value] of Object.entries(tree)) {
    const path = above + name;
    if (isLeaf(value)) {
      files.push([path, value]);
      continue;
    }
    const below = flatten(value, `${path}/`);
    directories.push(path, ...below.directories);
    files.push(...below.files);
  }
  return { files: files.sort(([a], [b]) => (a < b ? -1 : 1)), directories: directories.sort() };
}

function isLeaf(value: Leaf | Tree): value is Leaf {
  return Object.hasOwn(value, "content") && typeof value["content"] === "string";
}
