import type { Stats } from "node:fs";
import { areStampsSame, STAMP_FIELDS as FIELDS } from "../platform/stamps.ts";
import { VERSION } from "../platform/version.ts";
import type { ScanLimits } from "./walk.ts";

/**
 * Everything that a walk looked at, and how it looked. `names`: packsync's version and the limits it walked under, then each path (relative to
 * the pack, absolute where a symlink led), separated by NUL. `stamps`: size, mtime, ctime (both in milliseconds), inode
 * and mode of each.
 *
 * A double resolves a quarter of a microsecond of today's times. That is exact: a stamp is only remembered when it is
 * at least 20 ms old, so that every later change has a ctime at least so much later.
 */
export interface Fingerprint {
  readonly names: string;
  readonly stamps: Float64Array;
}

const SEPARATOR = "\0"; // no file name contains it

export function createFingerprint(limits: ScanLimits, paths: readonly string[], stats: readonly Stats[]): Fingerprint {
  const stamps = new Float64Array(stats.length * FIELDS);
  for (const [index, { size, mtimeMs, ctimeMs, ino, mode }] of stats.entries()) {
    stamps.set([size, mtimeMs, ctimeMs, ino, mode], index * FIELDS);
  }
  return { names: [limitsKey(limits), ...paths].join(SEPARATOR), stamps };
}

const keys = new WeakMap<ScanLimits, string>();

/** Other limits are another look, and so is another version of packsync: it may judge otherwise. */
function limitsKey(limits: ScanLimits): string {
  const known = keys.get(limits);
  if (known !== undefined) return known;
  const key = [VERSION, ...Object.values(limits)].join(" ");
  keys.set(limits, key);
  return key;
}

export function isSameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  return (
    a.names === b.names &&
    a.stamps.length === b.stamps.length &&
    a.stamps.every((value, index) => value === b.stamps[index])
  );
}

/** Positions whose stamps are never the same as any: what may still change unseen is looked into again. */
export function distrusting({ names, stamps }: Fingerprint, positions: readonly number[]): Fingerprint {
  const trusted = Float64Array.from(stamps);
  for (const position of positions) trusted[position * FIELDS] = Number.NaN;
  return { names, stamps: trusted };
}

/** The names of what looks as it looked before: its content is what it was. */
export function sameNames(before: Fingerprint | undefined, now: Fingerprint): ReadonlySet<string> {
  if (before === undefined) return new Set();
  const positions = new Map(namesOf(before).map((name, index) => [name, index]));
  const isSame = (position: number | undefined, index: number): boolean => {
    if (position === undefined) return false;
    for (let field = 0; field < FIELDS; field++)
      if (before.stamps[position * FIELDS + field] !== now.stamps[index * FIELDS + field]) return false;
    return true;
  };
  return new Set(namesOf(now).filter((name, index) => isSame(positions.get(name), index)));
}

/** What a walk saw of a file, times in milliseconds; `undefined`: it saw none of that name. */
export function stampOf(
  fingerprint: Fingerprint,
  name: string,
): { readonly mtimeMs: number; readonly ctimeMs: number; readonly inode: number } | undefined {
  const position = namesOf(fingerprint).indexOf(name);
  if (position === -1) return undefined;
  const at = (field: number): number => fingerprint.stamps[position * FIELDS + field] ?? Number.NaN;
  return { mtimeMs: at(1), ctimeMs: at(2), inode: at(3) };
}

function namesOf({ names }: Fingerprint): readonly string[] {
  return names.split(SEPARATOR).slice(1);
}

/** Whether both walks looked the same way, whatever they saw: then what was said of a file still holds. */
export function isSameLook(a: Fingerprint, b: Fingerprint): boolean {
  return a.names.split(SEPARATOR, 1)[0] === b.names.split(SEPARATOR, 1)[0];
}

/** How many files and directories it is of. */
export function sizeOf({ stamps }: Fingerprint): number {
  return stamps.length / FIELDS;
}

/**
 * Whether nothing of what a walk saw has changed, not a file and not a directory's entries: one `lstat` for each, and no
 * listing. Right wherever adding, removing or renaming an entry moves its directory's times.
 */
export function isUnchanged(root: string, { names, stamps }: Fingerprint, limits: ScanLimits): boolean {
  const end = names.indexOf(SEPARATOR);
  if (end === -1) return names === limitsKey(limits);
  return names.slice(0, end) === limitsKey(limits) && areStampsSame(root, names.slice(end + 1), stamps);
}
