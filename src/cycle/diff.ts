import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { isSystemError, PacksyncError } from "../errors.ts";
import type { PackRef } from "../pack/ref.ts";
import { entryAt, type FileEntry } from "../pack/snapshot.ts";
import { type KeyChange, keyChanges } from "../pack/value-diff.ts";
import { fsPath } from "../platform/names.ts";
import { sha256 } from "../platform/sha256.ts";
import type { KnownRelease } from "../publish/history.ts";
import type { Manifest } from "../publish/manifest.ts";
import type { VolumeView } from "../publish/view.ts";
import { readYaml } from "../scan/read-yaml.ts";
import { notPublished } from "./history.ts";

/** A file that two releases do not have alike. */
export interface FileDiff {
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
  readonly before?: FileEntry;
  readonly after?: FileEntry;
  /** Of YAML: the values that are others. */
  readonly keys?: readonly KeyChange[];
  /** Of other text, and of YAML whose values are the same: unified hunks, a line each. */
  readonly lines?: readonly string[];
  /** Why there is no more to say. */
  readonly note?: string;
}

export interface DiffReport {
  readonly ref: string;
  readonly from: string;
  readonly to: string;
  readonly files: readonly FileDiff[];
}

/**
 * What is different between two releases of a pack, by packsync's own files.
 *
 * @param names ids or numbers. None: the live release against the one before; one: that one against the live release
 * @param most so many files are read and compared; the others are only named
 * @throws PacksyncError `USAGE` when there are no two such releases
 */
export async function diffReleases(
  ref: PackRef,
  names: readonly string[],
  volume: VolumeView,
  most = Number.POSITIVE_INFINITY,
): Promise<DiffReport> {
  const [before, after] = pairOf(ref, names, volume);
  const [one, other] = [before.manifest.files, after.manifest.files];
  const paths = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  const files: FileDiff[] = [];
  for (const path of paths) {
    const [was, is] = [entryAt(one, path), entryAt(other, path)];
    if (was?.digest === is?.digest && was?.mode === is?.mode) continue;
    const sides = [
      { root: before.root, entry: was },
      { root: after.root, entry: is },
    ] as const;
    await turn(); // others have their turn, too
    files.push(files.length < most ? await diffFile(path, ...sides) : { ...baseOf(path, ...sides), note: TOO_MANY });
  }
  return { ref, from: before.release, to: after.release, files };
}

type Readable = Omit<KnownRelease, "manifest"> & { readonly manifest: Manifest };

function pairOf(ref: PackRef, names: readonly string[], volume: VolumeView): readonly [Readable, Readable] {
  const releases = volume.releases(ref).flatMap((release): Readable[] => {
    const manifest = release.manifest();
    return manifest === undefined ? [] : [{ ...release, manifest }];
  });
  if (releases.length === 0) throw notPublished(ref);
  const named = names.map((name) => findRelease(ref, name, releases));
  const live = releases.findLast(({ isLive }) => isLive) ?? releases.at(-1);
  const after = named[1] ?? live;
  const before = named[0] ?? releases.findLast(({ number }) => number < (after?.number ?? 0));
  if (before === undefined || after === undefined) {
    throw new PacksyncError("USAGE", `\`${ref}\` has one release only: there is nothing to compare it with.`, {
      hint: "What a sync would change says `packsync plan`.",
    });
  }
  return [before, after];
}

function findRelease(ref: PackRef, name: string, releases: readonly Readable[]): Readable {
  const found = releases.find(({ release, number }) => release === name || String(number) === name);
  if (found !== undefined) return found;
  throw new PacksyncError("USAGE", `Expected a release of \`${ref}\` that is kept, got \`${name}\`.`, {
    hint: `Kept: ${releases
      .map(({ release }) => release)
      .reverse()
      .join(", ")}.`,
  });
}

interface Side {
  readonly root: string | undefined;
  readonly entry: FileEntry | undefined;
}

const TOO_MANY = "too many files changed to compare them all";

function baseOf(path: string, { entry: before }: Side, { entry: after }: Side): FileDiff {
  const kind = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  return { path, kind, ...(before && { before }), ...(after && { after }) };
}

async function diffFile(path: string, before: Side, after: Side): Promise<FileDiff> {
  const base = baseOf(path, before, after);
  const { kind } = base;
  if (before.entry?.digest === after.entry?.digest || kind === "removed") return base;
  const [one, other] = [read(path, before), read(path, after)];
  if (typeof one === "string") return { ...base, note: one };
  if (typeof other === "string") return { ...base, note: other };
  const keys = kind === "changed" && /\.ya?ml$/.test(path) ? await keysOf(path, one.bytes, other.bytes) : undefined;
  if (keys !== undefined && keys.length > 0) return { ...base, keys };
  const lines = kind === "added" ? undefined : await hunksOf(path, one.bytes, other.bytes);
  if (kind === "changed" && lines === undefined) return { ...base, note: "too many lines changed to show them" };
  return { ...base, ...(lines && { lines }), ...(keys && { note: "the same values, written in another way" }) };
}

/** In bytes; longer files are not shown. */
const MAX_SHOWN = 1024 * 1024;

/** @returns a sentence where there is nothing to show */
function read(path: string, { root, entry }: Side): { readonly bytes: Uint8Array } | string {
  if (entry === undefined) return { bytes: new Uint8Array() };
  if (entry.elf !== undefined) return "a binary";
  if (entry.size > MAX_SHOWN) return "larger than 1 MiB";
  if (root === undefined) return "its bytes are not kept";
  const bytes = readIfAny(`${root}/${path}`, entry.size);
  if (bytes === undefined || sha256(bytes) !== entry.digest) return "somebody changed it in the volume since";
  return bytes.includes(0) ? "not text" : { bytes };
}

function readIfAny(path: string, size: number): Uint8Array | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    return stats.isFile() && stats.size === size ? readFileSync(fd) : undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function keysOf(path: string, before: Uint8Array, after: Uint8Array): Promise<readonly KeyChange[] | undefined> {
  const [one, other] = [await readYaml(before, path), await readYaml(after, path)];
  return one.ok && other.ok ? keyChanges(one.value, other.value) : undefined;
}

/** Further apart than this, two texts have little in common: to compare them would take minutes. */
const MAX_EDITS = 2000;

async function hunksOf(path: string, before: Uint8Array, after: Uint8Array): Promise<readonly string[] | undefined> {
  const { structuredPatch } = await import("diff");
  const [one, other] = [before, after].map((bytes) => new TextDecoder().decode(bytes));
  const options = { context: 3, maxEditLength: MAX_EDITS };
  const patch = structuredPatch(path, path, one ?? "", other ?? "", "", "", options);
  return patch?.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
}
