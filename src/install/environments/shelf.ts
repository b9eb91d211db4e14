import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errnoOf } from "../../errors.ts";
import { lstatIfAny } from "../../platform/absence.ts";
import { listNames } from "../../platform/names.ts";
import type { Owner } from "../../platform/ownership.ts";
import { exchange, tryLock } from "../../platform/syscalls.ts";
import { environmentFailed } from "./failure.ts";

export type Runtime = "python" | "nodejs";

/** What is known of an environment that is whole. */
export interface Facts {
  readonly packageCount: number;
  /** `Python 3.11.4`, `v20.11.0`. */
  readonly runtimeVersion: string;
}

/** Whose environments of which runtime. */
export interface Place {
  /** Real. */
  readonly envs: string;
  readonly ref: string;
  readonly runtime: Runtime;
}

/**
 * The environments of a pack for one runtime, `<envs>/<ref>/<runtime>.<digest>`, while nobody else changes them. `<runtime>` is a
 * link to the one that is used: another one takes its place by a rename, so that at every instant it leads to a whole one. Only who
 * builds needs the lock.
 */
export interface Shelf extends Disposable {
  /** Programs that hold it keep the lock for as long as they live. */
  readonly lock: number;
  /** One that is whole, and made for just this. */
  find(digest: string): string | undefined;
  /** A new directory, empty but for packsync's own part of it; what died half-way before is removed. */
  begin(digest: string): Promise<string>;
  /** Says that it is whole: the last thing that is written. Until it is used, nobody takes it for an old one. */
  complete(directory: string, facts: Facts): void;
  abandon(directory: string): Promise<void>;
}

/** packsync's part of an environment. */
export const OWN = ".packsync";
const COMPLETE = "complete.json";
const WAITING = "waiting";
/** An installation that did not end by then never will. */
const MOST_WAITING_MS = 24 * 3_600_000;
const RETRY_MS = 100;

/** @throws PacksyncError when `<envs>/<ref>` is no directory; the abort's reason while somebody else has it */
export async function openShelf(place: Place, owner: Owner | undefined, abort: AbortSignal): Promise<Shelf> {
  const directory = ownDirectory(join(place.envs, place.ref), owner);
  using opened = new DisposableStack();
  const lock = opened.adopt(openLock(join(directory, `.${place.runtime}.lock`), owner), closeSync);
  while (!tryLock(lock)) await sleep(RETRY_MS, undefined, { signal: abort });
  const held = opened.move();
  return { ...shelf(directory, place.runtime, owner), lock, [Symbol.dispose]: () => held.dispose() };
}

function shelf(directory: string, runtime: Runtime, owner: Owner | undefined) {
  const used = (): string | undefined => ownTarget(join(directory, runtime), runtime);
  return {
    find(digest: string): string | undefined {
      const found = namesOf(directory, runtime).filter((name) => digestOf(name) === digest);
      const whole = found.filter((name) => isWhole(join(directory, name), runtime));
      const best = whole.find((name) => name === used()) ?? whole.at(-1);
      return best === undefined ? undefined : join(directory, best);
    },
    async begin(digest: string): Promise<string> {
      for (const name of namesOf(directory, runtime))
        if (name !== used() && factsOf(join(directory, name)) === undefined) await remove(join(directory, name));
      const made = ownDirectory(join(directory, freeName(directory, `${runtime}.${digest}`)), owner);
      ownDirectory(join(made, OWN), owner);
      ownDirectory(join(made, OWN, "tmp"), owner);
      return made;
    },
    complete(made: string, facts: Facts): void {
      writeOwn(made, WAITING, "");
      writeOwn(made, COMPLETE, JSON.stringify(facts));
    },
    abandon: (made: string) => rm(made, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** What is there already is not taken for an old one until it is used. */
export function keepFor(made: string): void {
  writeOwn(made, WAITING, "");
}

/**
 * Makes services use an environment, before this returns. Who still uses the one before may go on; in the background older ones are
 * removed.
 *
 * @throws PacksyncError when it is gone
 */
export function useEnvironment({ envs, ref, runtime }: Place, made: string): Promise<void> {
  const directory = join(envs, ref);
  const link = join(directory, runtime);
  if (!isWhole(made, runtime)) throw environmentFailed(`Expected \`${made}\` to be whole, got what is left of it`);
  const [before, next] = [ownTarget(link, runtime), basename(made)];
  if (before !== next) {
    const aside = before === undefined ? freeName(directory, beforeName(directory, runtime)) : `.${runtime}.next`;
    switchLink(link, { next, aside: join(directory, aside), isOwn: before !== undefined });
  }
  rmSync(join(made, OWN, WAITING), { force: true });
  return before === next ? Promise.resolve() : prune(directory, runtime, [before, next]);
}

/** What is not whole is somebody's who builds it now, or it goes when the next one is built. */
async function prune(directory: string, runtime: Runtime, kept: readonly (string | undefined)[]): Promise<void> {
  for (const name of namesOf(directory, runtime)) {
    const made = join(directory, name);
    if (!kept.includes(name) && factsOf(made) !== undefined && !isWaiting(made)) await remove(made);
  }
}

/** Half of one must not look whole. */
async function remove(made: string): Promise<void> {
  rmSync(join(made, OWN, COMPLETE), { force: true });
  await rm(made, { recursive: true, force: true, maxRetries: 3 });
}

function namesOf(directory: string, runtime: Runtime): readonly string[] {
  return listNames(directory).filter((name) => nameOf(runtime).test(name));
}

/** `<runtime>.<digest>`, or with a number when that was taken. */
function nameOf(runtime: Runtime): RegExp {
  return new RegExp(`^${runtime}\\.[0-9a-f]{16}(-\\d+)?$`);
}

function digestOf(name: string): string | undefined {
  return /\.([0-9a-f]{16})(-\d+)?$/.exec(name)?.[1];
}

function freeName(directory: string, wanted: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (lstatIfAny(join(directory, name)) === undefined) return name;
  }
}

/** Where goes what somebody else made. */
function beforeName(directory: string, runtime: Runtime): string {
  const name = `${runtime}.before-packsync`;
  const isOfDead = ownTarget(join(directory, name), runtime) !== undefined; // who was about to exchange it
  if (isOfDead) rmSync(join(directory, name));
  return name;
}

interface Switch {
  readonly next: string;
  /** Where the link is made; afterwards, what stood in its place. */
  readonly aside: string;
  readonly isOwn: boolean;
}

/** What stands there and is not ours is never removed: in one step it has another name. */
function switchLink(link: string, { next, aside, isOwn }: Switch): void {
  if (isOwn) rmSync(aside, { force: true }); // of a run that died
  symlinkSync(next, aside);
  const { uid, gid } = lstatSync(dirname(link));
  lchownSync(aside, uid, gid);
  try {
    if (isOwn || lstatIfAny(link) === undefined) renameSync(aside, link);
    else exchange(aside, link);
  } catch (error) {
    if (!["ENOSYS", "EINVAL", "EOPNOTSUPP"].includes(errnoOf(error) ?? "")) throw error;
    rmSync(aside); // RACE: without an exchange there is none for a moment
    renameSync(link, aside);
    symlinkSync(next, link);
  }
}

/** @returns the name of ours that the link leads to */
function ownTarget(link: string, runtime: Runtime): string | undefined {
  if (lstatIfAny(link)?.isSymbolicLink() !== true) return undefined;
  const target = readlinkSync(link);
  return nameOf(runtime).test(target) ? target : undefined;
}

/** Its interpreter may have gone with an update of the system. */
function isWhole(directory: string, runtime: Runtime): boolean {
  const needed = runtime === "python" ? "bin/python" : "node_modules";
  return factsOf(directory) !== undefined && statSync(join(directory, needed), { throwIfNoEntry: false }) !== undefined;
}

function isWaiting(directory: string): boolean {
  const since = lstatIfAny(join(directory, OWN, WAITING))?.mtimeMs;
  return since !== undefined && Date.now() - since < MOST_WAITING_MS;
}

/** @returns `undefined` unless packsync made it, and it is whole */
export function factsOf(directory: string): Facts | undefined {
  try {
    const { packageCount, runtimeVersion } = JSON.parse(readFileSync(join(directory, OWN, COMPLETE), "utf8"));
    return { packageCount: Number(packageCount), runtimeVersion: String(runtimeVersion) };
  } catch {
    return undefined;
  }
}

/** A directory that somebody made as a link would lead elsewhere. */
function ownDirectory(path: string, owner: Owner | undefined, mode = 0o755): string {
  try {
    mkdirSync(path, { mode });
    giveTo(path, owner);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    if (!lstatSync(path).isDirectory()) throw environmentFailed(`Expected \`${path}\` to be a directory`);
  }
  return path;
}

/** Nobody may write it: whoever can open it can lock it. */
function openLock(path: string, owner: Owner | undefined): number {
  const { O_RDONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  try {
    const fd = openSync(path, O_RDONLY | O_CREAT | O_EXCL, 0o644);
    if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
    return fd;
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    return openSync(path, O_RDONLY | O_NOFOLLOW);
  }
}

/** The directory is in the hands of those whose programs ran there: no link leads what is written elsewhere. */
function writeOwn(made: string, name: string, content: string): void {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const fd = openSync(join(made, OWN), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const path = `/proc/self/fd/${fd}/${name}`;
    const { uid, gid } = fstatSync(fd);
    rmSync(path, { force: true });
    const file = openSync(path, "wx", 0o644);
    writeFileSync(file, content);
    fchownSync(file, uid, gid);
    closeSync(file);
  } finally {
    closeSync(fd);
  }
}

function giveTo(path: string, owner: Owner | undefined): void {
  if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
}

/** The directory of all environments, real; it is made if it is not there. */
export function openEnvs(path: string, owner: Owner | undefined): string {
  const made = mkdirSync(path, { recursive: true });
  if (made !== undefined) giveTo(path, owner);
  return realpathSync(path);
}

/** Where programs of packages have their home: settings, caches, and logs that are nobody else's business. */
export function homeIn(envs: string, owner: Owner | undefined): string {
  return ownDirectory(join(ownDirectory(join(envs, OWN), owner), "home"), owner, 0o700);
}
