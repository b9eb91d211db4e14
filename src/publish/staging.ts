import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  rmdirSync,
  type Stats,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { errnoOf, isSystemError, PacksyncError } from "../errors.ts";
import { directoriesAbove, type FileIdentity, parentsOf } from "../pack/snapshot.ts";
import { fsPath } from "../platform/names.ts";
import { adopt, type Owner } from "../platform/ownership.ts";
import { beat, type Pulse } from "../platform/pulse.ts";
import { hintOf } from "../platform/unusable.ts";
import { removeFile, removeTree } from "./directories.ts";
import { type Room, refuseFullVolume } from "./preflight.ts";

/** A fresh file of the next tree. */
export interface WrittenFile extends FileIdentity {
  readonly mode: number;
}

/** Where a scan puts the bytes of changed files while it reads them; see {@link Staging}. */
interface StagingPlace extends Room {
  readonly root: string;
  readonly owner: Owner | undefined;
}

type StagingSink = Pick<Staging, "written" | "write" | "begin" | "clear"> & { expect(sizes: Iterable<number>): void };

/** @param before what a scan has written there already */
export function openSink({ root, owner, ...room }: StagingPlace, before?: Staging["written"]): StagingSink {
  const { written, write, begin, clear } = createStaging(root, owner, before);
  return { written, write, begin, clear, expect: (sizes) => refuseFullVolume(room, sizes) };
}

/** Whoever looks at the pulse sees that files are read. */
export function beatingSink(pulse: Pulse): typeof openSink {
  return (place, before) => {
    const sink = openSink(place, before);
    return {
      ...sink,
      write(...about) {
        beat(pulse);
        sink.write(...about);
      },
      begin(...about) {
        const { append, end } = sink.begin(...about);
        return {
          append(bytes) {
            beat(pulse);
            append(bytes);
          },
          end,
        };
      },
    };
  };
}

/**
 * The next tree of one pack while it is built, under `.packsync/staging/`: nobody sees it. It is made with the first
 * file that is written, and disposing it removes it unless it went live.
 */
export interface Staging extends Disposable {
  readonly root: string;
  /** The fresh files; path → what was written. */
  readonly written: ReadonlyMap<string, WrittenFile>;
  /** What came back from history by {@link Staging.restore}. */
  readonly restored: ReadonlyMap<string, FileIdentity>;
  write(path: string, mode: number, bytes: Uint8Array): void;
  begin(path: string, mode: number): { append(bytes: Uint8Array): void; end(): void };
  /** Forgets everything that was written. */
  clear(): void;
  /** Takes back one fresh file that the plan does not want. */
  drop(path: string): void;
  /** Takes back the directories that were made for such files, but for these. */
  dropDirectoriesBut(wanted: ReadonlySet<string>): void;
  /** The same inode as the live tree's file, so that writers with open handles, owners and attributes come along. */
  link(path: string, from: string): void;
  /** The same for a file of an earlier release of ours, `identity`: its bytes had its mtime before, so it keeps it. */
  restore(path: string, from: string, identity: FileIdentity): void;
  makeDirectory(path: string): void;
  /** Gives every fresh file this mtime, in whole seconds. */
  setMtimes(seconds: number): void;
  /** Lets go of the list of fresh files, which nobody asks for any more: a hundred thousand take their room. */
  forgetWritten(): void;
  /** A file that describes the tree, elsewhere: a manifest. Disposing removes it, too, or it would be taken for a release's. */
  accompany(path: string): void;
  /** It is live, or history's now: disposing removes nothing. */
  keep(): void;
  /** The same for a release that has no tree: disposing removes only that. */
  keepManifests(): void;
}

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** @param before what a scan has written there already */
export function createStaging(
  root: string,
  owner: Owner | undefined,
  before: ReadonlyMap<string, WrittenFile> = new Map(),
): Staging {
  const written = new Map(before);
  const restored = new Map<string, FileIdentity>();
  const directories = before.size === 0 ? new Set<string>() : directoriesAbove(before.keys()).add("");
  const manifests = new Set<string>();
  let kept = false;

  function makeDirectory(path: string): void {
    if (directories.has(path)) return;
    for (const parent of path === "" ? [] : ["", ...parentsOf(path)]) makeDirectory(parent);
    directories.add(path);
    failing(path, () => {
      mkdirSync(fsPath(at(path)), { mode: 0o755 });
      adopt(at(path), owner);
    });
  }

  const at = (path: string): string => (path === "" ? root : `${root}/${path}`);

  function create(path: string, mode: number): number {
    const slash = path.lastIndexOf("/");
    makeDirectory(slash === -1 ? "" : path.slice(0, slash));
    return openSync(at(path), CREATE, mode);
  }

  function finish(path: string, mode: number, fd: number): void {
    const identity = identityOf(fstatSync(fd));
    closeSync(fd);
    adopt(at(path), owner);
    written.set(path, { mode, ...identity });
  }

  function begin(path: string, mode: number) {
    const fd = failing(path, () => create(path, mode));
    return {
      append: (bytes: Uint8Array): void => failing(path, () => writeWhole(fd, bytes)),
      end: (): void => finish(path, mode, fd),
    };
  }

  function write(path: string, mode: number, bytes: Uint8Array): void {
    failing(path, () => {
      const fd = create(path, mode);
      try {
        writeWhole(fd, bytes);
      } finally {
        finish(path, mode, fd);
      }
    });
  }

  function clear(): void {
    if (directories.size > 0) removeTree(root);
    directories.clear();
    written.clear();
  }

  function link(path: string, from: string): void {
    failing(path, () => linkSync(fsPath(from), fsPath(at(path))));
  }

  return {
    root,
    written,
    restored,
    write,
    begin,
    clear,
    makeDirectory,
    link,
    restore(path, from, { inode, mtimeMs, size }) {
      link(path, from);
      restored.set(path, { inode, mtimeMs, size });
    },
    drop(path) {
      unlinkSync(at(path));
      written.delete(path);
    },
    dropDirectoriesBut(wanted) {
      const unwanted = [...directories].filter((path) => path !== "" && !wanted.has(path));
      for (const path of unwanted.sort().reverse()) {
        rmdirSync(at(path));
        directories.delete(path);
      }
    },
    setMtimes(seconds) {
      for (const [path, file] of written) {
        utimesSync(at(path), seconds, seconds);
        written.set(path, { ...file, mtimeMs: seconds * 1000 });
      }
    },
    forgetWritten: () => written.clear(),
    accompany: (path) => void manifests.add(path),
    keep() {
      kept = true;
      manifests.clear();
    },
    keepManifests: () => manifests.clear(),
    [Symbol.dispose]() {
      ifPossible(() => {
        for (const path of manifests) removeFile(path);
        if (!kept) clear();
      });
    },
  };
}

function identityOf({ ino: inode, mtimeMs, size }: Stats): FileIdentity {
  return { inode, mtimeMs, size };
}

/** What cannot be removed now is swept by the next run; it must not hide why it had to be removed. */
function ifPossible(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done);
}

/** Whatever fails while staging fails this pack only, with the sentence that helps. */
function failing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const errno = errnoOf(error) ?? "";
    const code = errno === "ENOSPC" || errno === "EDQUOT" ? "VOLUME_FULL" : "PACK_FAILED";
    const hint = HINTS[errno] ?? hintOf(error);
    throw new PacksyncError(code, `Cannot stage \`${path}\`: ${errno}.`, { hint, cause: error });
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: "Somebody removed it at this moment: run packsync again.",
  EEXIST: "An earlier run as another user left something in `.packsync/staging`: run packsync as root once.",
  ENOSPC: "The volume is full: make room, or prune history.",
  EDQUOT: "The volume's quota is used up: raise it, or prune history.",
  EROFS: "The volume is mounted read-only: mount it read-write for packsync.",
  EACCES: "Run packsync as root or as the volume's owner.",
  EPERM: "The live pack holds files of another user: run packsync as root or as the one user who owns the volume.",
  EXDEV:
    "The pack's directory is on another file system than the volume (an image layer or a mount): move its content into the volume.",
  ENAMETOOLONG: "Shorten the names above it: the volume's own path comes in front of them.",
  EMLINK: "A file of the live pack has too many hard links: replace it by a fresh copy.",
};
