import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { expect, vi } from "vitest";
import { PacksyncError } from "../../src/errors.ts";
import { performOnce, syncOnce } from "../../src/once.ts";
import { parentsOf } from "../../src/pack/snapshot.ts";
import { outcomes, silent, testConfig } from "../support/sync.ts";
import { bytesOf, type ModelFile } from "./content.ts";
import type { Tree } from "./tree.ts";

export type How = "rename" | "in place";

/** Real files, a real volume, whole syncs; only the time of day is made up. */
export interface Machine extends Disposable {
  /** Below the machine's directory: `packs/alpha/pack.yaml`. */
  write(path: string, file: ModelFile, how: How): void;
  writeTree(path: string, tree: Tree): void;
  setMode(path: string, mode: number): void;
  /** Gives a file a time long ago, as tools do that keep the times of what they unpack. */
  setBack(path: string): void;
  move(from: string, to: string): void;
  remove(path: string): void;
  setClock(hoursAhead: number): void;
  /** @returns `<ref>: <outcome>`, sorted. */
  sync(allowRemovals: boolean): Promise<string[]>;
  /** Rolls a pack back, and ends the pin. @returns `undefined` when there is no sound release to go back to. */
  goBack(ref: string): Promise<WentBack | undefined>;
  /** Everything in a directory: path → type, mode, bytes. */
  entries(path: string): Entries;
  /** What a write would change, of everything but the database and the lock. */
  stamps(): Record<string, string>;
  /** Whether history has these bytes of a pack's file. */
  hasInHistory(ref: string, path: string, bytes: Uint8Array): boolean;
}

interface WentBack {
  readonly to: number;
  /** How many files of others came back. */
  readonly returned: number;
}

export type Entries = ReadonlyMap<string, Entry>;

interface Entry {
  readonly kind: "file" | "directory";
  readonly mode: number;
  readonly inode: number;
  readonly bytes: Buffer;
}

/** Memory where there is some: a sequence is some dozen syncs, each of which waits for the disk. */
const BASE = process.env["TMPDIR"] === undefined && existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const HOUR_MS = 3_600_000;

export function machine(): Machine {
  const root = mkdtempSync(`${BASE}/packsync-model-`);
  const config = testConfig(root);
  const at = (path: string): string => `${root}/${path}`;
  for (const { path } of config.sources) mkdirSync(path);
  mkdirSync(config.volume);
  const tick = ticker(at("clock"));
  vi.useFakeTimers({ toFake: ["Date"] });
  const settings = { ...config, history: { ...config.history, keep: 1 } };
  const abort = new AbortController().signal;
  const options = { log: silent, doing: "test", onProgress() {} };
  return {
    write(path, file, how) {
      tick();
      makeWay(root, path);
      const target = how === "rename" ? at(`${dirname(path)}/.fresh`) : at(path);
      writeFileSync(target, bytesOf(file.content));
      chmodSync(target, file.mode);
      if (how === "rename") renameSync(target, at(path));
    },
    writeTree(path, { files, directories }) {
      tick();
      for (const directory of ["", ...directories]) mkdirSync(at(`${path}/${directory}`), { recursive: true });
      for (const [name, file] of files) this.write(`${path}/${name}`, file, "in place");
    },
    setMode(path, mode) {
      tick();
      chmodSync(at(path), mode);
    },
    setBack: (path) => utimesSync(at(path), 1e9, 1e9),
    move(from, to) {
      tick();
      renameSync(at(from), at(to));
    },
    remove(path) {
      tick();
      rmSync(at(path), { recursive: true, force: true });
    },
    setClock: (hoursAhead) => void vi.setSystemTime(performance.timeOrigin + performance.now() + hoursAhead * HOUR_MS),
    async sync(allowRemovals) {
      tick();
      const report = await syncOnce({ config: { ...settings, allowRemovals }, ...options }, abort);
      expect(readdirSync(at("volume/.packsync/staging")), "what is left in staging").toEqual([]);
      return outcomes(report).sort();
    },
    async goBack(ref) {
      tick();
      const about = { config: settings, ...options };
      const report = await unlessRefused(performOnce("rollback", { pack: ref, to: undefined }, about, abort));
      if (report === undefined) return undefined;
      expect(await performOnce("unpin", { pack: ref }, about, abort)).toBe(report.release);
      return { to: Number.parseInt(report.to, 10), returned: report.returned };
    },
    entries: (path) => entriesOf(at(path)),
    stamps: () => stampsOf(at("volume")),
    hasInHistory: (ref, path, bytes) => isInHistory(at(`volume/.packsync/releases/${ref}`), path, bytes),
    [Symbol.dispose]() {
      vi.useRealTimers();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** There is nothing to go back to, or somebody changed it in place. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof PacksyncError) || !["USAGE", "PACK_FAILED"].includes(error.code)) throw error;
    return undefined;
  }
}

/** Lets the file system's clock go on: what is done before and after has different stamps on every kernel. */
function ticker(probe: string): () => void {
  writeFileSync(probe, "");
  return () => {
    const { ctimeMs } = lstatSync(probe);
    do utimesSync(probe, 0, 0);
    while (lstatSync(probe).ctimeMs === ctimeMs);
  };
}

/** What stands there and is no file, and files where the path needs directories. */
function makeWay(root: string, path: string): void {
  for (const parent of parentsOf(path)) {
    if (lstatSync(`${root}/${parent}`, { throwIfNoEntry: false })?.isFile()) unlinkSync(`${root}/${parent}`);
    mkdirSync(`${root}/${parent}`, { recursive: true });
  }
  if (lstatSync(`${root}/${path}`, { throwIfNoEntry: false })?.isDirectory())
    rmSync(`${root}/${path}`, { recursive: true });
}

function entriesOf(root: string): Entries {
  const found = new Map<string, Entry>();
  for (const path of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    if (path === ".packsync" || path.startsWith(".packsync/")) continue;
    const stats = lstatSync(`${root}/${path}`);
    const kind = stats.isDirectory() ? "directory" : "file";
    const bytes = kind === "file" ? readFileSync(`${root}/${path}`) : Buffer.alloc(0);
    found.set(path, { kind, mode: stats.mode & 0o7777, inode: stats.ino, bytes });
  }
  return found;
}

function isInHistory(releases: string, path: string, bytes: Uint8Array): boolean {
  const files = readdirSync(releases).map((release) => `${releases}/${release}/${path}`);
  const isFile = (file: string) => existsSync(file) && lstatSync(file).isFile();
  return files.some((file) => isFile(file) && readFileSync(file).equals(bytes));
}

/** What SQLite and the lock write at every start; and staging, through which goes whatever is read to be compared. */
const OF_EVERY_RUN = /^\.packsync($|\/(state\.db|lock|staging$))/;

function stampsOf(root: string): Record<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => !OF_EVERY_RUN.test(path));
  return Object.fromEntries(["", ...paths].sort().map((path) => [path, stampOf(`${root}/${path}`)]));
}

function stampOf(path: string): string {
  const { ino, mtimeNs, ctimeNs, mode, size } = lstatSync(path, { bigint: true });
  return [ino, mtimeNs, ctimeNs, mode, size].join(" ");
}
