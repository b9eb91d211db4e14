import { lstatSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { errnoOf, isSystemError } from "../errors.ts";
import { listNames } from "./names.ts";

/** A directory of its own, for as long as something takes; real. */
export interface Scratch extends Disposable {
  readonly path: string;
}

/**
 * Makes one, named by what it is for and by this process. Those of processes that were killed are removed a day later: who shares the
 * directory with other containers cannot tell at once whether they run.
 */
export function scratchDirectory(prefix: string, parent: string = tmpdir()): Scratch {
  sweep(prefix, parent);
  const path = realpathSync(mkdtempSync(`${parent}/${prefix}${process.pid}-`));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const DAY_MS = 86_400_000;

function sweep(prefix: string, parent: string): void {
  for (const name of listNames(parent)) {
    const [, pid] = /^(\d+)-/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : "") ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      const { uid, mtimeMs } = lstatSync(`${parent}/${name}`);
      const isOurs = uid === process.geteuid?.() && Date.now() - mtimeMs > DAY_MS;
      if (isOurs) rmSync(`${parent}/${name}`, { recursive: true, force: true });
    } catch (error) {
      if (!isSystemError(error)) throw error; // it went by itself, or has to wait for its owner
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ESRCH";
  }
}
