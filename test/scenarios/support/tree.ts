import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

/** A directory, written down: text is a file of mode 0644, a function makes the entry itself. */
export interface Tree {
  readonly [name: string]: Entry;
}
type Entry = string | Uint8Array | Tree | ((path: string) => void);

/** Makes what is not there and overwrites what is; directories that exist stay. */
export function makeTree(directory: string, tree: Tree): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, entry] of Object.entries(tree)) {
    const path = `${directory}/${name}`;
    if (typeof entry === "function") entry(path);
    else if (typeof entry === "string" || entry instanceof Uint8Array) writeFileSync(path, entry);
    else makeTree(path, entry);
  }
}

export function executable(content: string | Uint8Array): Entry {
  return (path) => {
    writeFileSync(path, content);
    chmodSync(path, 0o755);
  };
}

export function link(target: string): Entry {
  return (path) => symlinkSync(target, path);
}

export function fifo(path: string): void {
  execFileSync("mkfifo", [path]);
}

/** `/dev/zero`: whoever reads it never comes to an end. Needs root. */
export function characterDevice(path: string): void {
  execFileSync("mknod", [path, "c", "1", "5"]);
}

/** One that is nobody's: whoever opens it fails. Needs root. */
export function blockDevice(path: string): void {
  execFileSync("mknod", [path, "b", "7", "99"]);
}

/** `café` in Latin-1. */
export const UNDECODABLE_NAME = Buffer.from([0x63, 0x61, 0x66, 0xe9]);

/** 255 bytes: more do not fit a directory. */
export const LONGEST_NAME = `${"n".repeat(251)}.txt`;

/** Every entry below a directory: `644 <digest>` of a file, `directory`, `link → target`, `special`. */
export function treeOf(directory: string): Record<string, string> {
  const pairs = walk(directory).map((path): [string, string] => [path, describe(`${directory}/${path}`)]);
  return Object.fromEntries(pairs);
}

/** Every file below a directory with its text. */
export function textsOf(directory: string): Record<string, string> {
  const files = walk(directory).filter((path) => lstatSync(`${directory}/${path}`).isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(`${directory}/${path}`, "utf8")]));
}

/**
 * What tells whether anybody wrote: owner, mode, size, inode and mtime of every entry, or of the directory itself
 * for an empty path. Equal stamps: nothing was touched.
 */
export function stampsOf(directory: string, isWanted: (path: string) => boolean = () => true): Record<string, string> {
  const paths = ["", ...walk(directory)].filter(isWanted);
  return Object.fromEntries(paths.map((path) => [path, stamp(`${directory}/${path}`)]));
}

function stamp(path: string): string {
  const { ino, mtimeNs, mode, size, uid, gid } = lstatSync(path, { bigint: true });
  return `${ino} ${mtimeNs} ${mode.toString(8)} ${size} ${uid}:${gid}`;
}

export function walk(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
}

function describe(path: string): string {
  const stats = lstatSync(path);
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return `link → ${readlinkSync(path)}`;
  if (!stats.isFile()) return "special";
  return `${(stats.mode & 0o7777).toString(8)} ${digestOf(path)}`;
}

export function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
