import { statSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { isAbsence } from "../platform/absence.ts";
import { fsPath } from "../platform/names.ts";
import {
  closeDirectory,
  type Directory,
  identityOf,
  listDirectory,
  NO_DIRECTORY,
  openDirectory,
  type Surroundings,
} from "./directories.ts";

/** A source's own directory, which may be absent, go, and come back. */
export interface Root extends Disposable {
  /** Looks whether it is still the directory that is watched, and, if `isThorough`, whether all below it is. */
  recheck(isThorough: boolean): void;
  readonly isPresent: boolean;
}

interface RootEvents extends Surroundings {
  /** Another directory stands there than before, or none at all: what is known of the source counts no more. */
  readonly onReplaced: (kind: "changed" | "vanished") => void;
}

/** `path` is absolute; a symlink there is followed. */
export function watchRoot(path: string, around: RootEvents): Root {
  let directory: Directory | undefined;
  let seen = NO_DIRECTORY;
  let above: Disposable | undefined;
  const close = (): void => {
    if (directory !== undefined) closeDirectory(directory);
    above?.[Symbol.dispose]();
    directory = undefined;
    above = undefined;
  };
  const watchAnew = (identity: string): void => {
    try {
      if (identity === NO_DIRECTORY) above = watchAbove(path, around, recheck);
      else directory = openRoot({ path, pack: undefined, depth: 0, identity }, around);
    } catch (error) {
      if (isAbsence(error))
        around.later(() => recheck()); // it went just now
      else around.onFailure(error);
    }
  };
  const recheck = (isThorough = true): void => {
    const was = directory;
    const identity = identityAt(path);
    if (was !== undefined && was.identity === identity) {
      if (isThorough) around.later(() => listDirectory(was, around));
      return;
    }
    close();
    watchAnew(identity);
    if (identity !== seen) around.onReplaced(identity === NO_DIRECTORY ? "vanished" : "changed");
    seen = identity;
  };
  around.later(() => recheck());
  return {
    recheck,
    get isPresent() {
      return seen !== NO_DIRECTORY;
    },
    [Symbol.dispose]: close,
  };
}

function openRoot(about: Parameters<typeof openDirectory>[0], around: RootEvents): Directory {
  const directory = openDirectory(about, around);
  around.later(() => listDirectory(directory, around));
  return directory;
}

/** Whether an event in a source's own directory may mean the directory itself: the kernel gives its name for it. */
export function concernsItself({ path, pack }: Directory, name: string | undefined): boolean {
  return pack === undefined && (name === undefined || name === basename(path));
}

/** The nearest directory above that exists tells when the next one on the way to `path` comes. */
function watchAbove(path: string, { handles, later, onFailure }: RootEvents, recheck: () => void): Disposable {
  let existing = dirname(path);
  while (identityAt(existing) === NO_DIRECTORY && existing !== dirname(existing)) existing = dirname(existing);
  const [next] = relative(existing, path).split("/");
  const onEvent = (_event: string, name: string | undefined): void => {
    if (name === undefined || name === next || name === basename(existing)) later(() => recheck());
  };
  const handle = handles.open(existing, onEvent, onFailure);
  // It may have come before the watch stood.
  if (next !== undefined && identityAt(`${existing}/${next}`) !== NO_DIRECTORY) later(() => recheck());
  return handle;
}

/** What cannot be looked at is not there, for the watcher; the scan says what is wrong with it. */
function identityAt(path: string): string {
  try {
    return identityOf(statSync(fsPath(path)));
  } catch {
    return NO_DIRECTORY;
  }
}
