import { isSystemError } from "../errors.ts";
import type { Hint } from "../plan/settle.ts";
import { monotonicMs } from "../platform/clock.ts";
import type { Directory } from "./directories.ts";
import type { SourceState, WatchEvents } from "./events.ts";
import type { Handles } from "./handles.ts";
import { degradedBy } from "./limits.ts";
import { look } from "./look.ts";
import { concernsItself, watchRoot } from "./root.ts";

/** One source that is watched. Between `begin` and `end` of a turn it finds out what the events of the last turn mean. */
export interface SourceWatch extends Disposable {
  begin(): void;
  end(isDone: boolean): void;
  doubt(why: string): void;
  recheck(isThorough: boolean): void;
  readonly state: SourceState;
}

interface Around {
  readonly handles: Handles;
  readonly events: WatchEvents;
  readonly later: (task: () => void) => void;
  readonly onHeard: () => void;
}

export function watchSource({ name: source, path }: { name: string; path: string }, around: Around): SourceWatch {
  const { handles, events, later, onHeard } = around;
  const touched = new Map<Directory, Map<string | undefined, boolean>>();
  const hints = new Map<string, Hint>();
  const reported = new Set<string>();
  let heardMs: number | undefined;
  let isStarted = false;
  let recheckWhenDone = false;
  let isFailing = false;
  let isDegraded = false;

  const note = (directory: string | undefined, kind: Hint["kind"]): void => {
    hints.set(`${kind}/${directory ?? ""}`, { source, directory, kind });
  };
  const onFailure = (error: unknown): void => {
    if (!isSystemError(error)) throw error;
    if (error.syscall === "watch") degrade(error);
    else events.onDoubt(source, error.message);
  };
  const degrade = (error: Error): void => {
    isFailing = true;
    isDegraded = true;
    const degraded = degradedBy(source, error, handles.count);
    if (!reported.has(degraded.code)) events.onDegraded(degraded);
    reported.add(degraded.code);
  };
  const onEvent = (directory: Directory, event: "change" | "rename", name: string | undefined): void => {
    const names = touched.get(directory) ?? new Map<string | undefined, boolean>();
    names.set(name, event === "rename" || names.get(name) === true);
    touched.set(directory, names);
    heardMs ??= monotonicMs();
    onHeard();
  };
  const surroundings = {
    handles,
    onEvent,
    later,
    onFailure,
    // What was there at the start is no news: the first scan comes after it.
    onNew: ({ pack }: Directory) => void (isStarted && note(pack, "changed")),
    onReplaced: (kind: Hint["kind"]) => void (isStarted && note(undefined, kind)),
  };
  const root = watchRoot(path, surroundings);
  const lookAt = (directory: Directory, name: string | undefined, isRename: boolean): void => {
    if (isRename && concernsItself(directory, name)) root.recheck(true);
    if (name !== undefined) look(directory, name, isRename, surroundings, note);
  };
  const recheck = (isThorough: boolean): void => {
    if (isThorough) isFailing = false;
    root.recheck(isThorough);
  };

  return {
    recheck,
    begin() {
      for (const [directory, names] of touched)
        for (const [name, isRename] of names) later(() => lookAt(directory, name, isRename));
      touched.clear();
    },
    end(isDone) {
      if (hints.size > 0) events.onHints([...hints.values()], heardMs === undefined ? 0 : monotonicMs() - heardMs);
      hints.clear();
      if (!isDone) return;
      heardMs = undefined;
      isStarted = true;
      isDegraded = isFailing;
      if (!isDegraded) reported.clear();
      if (recheckWhenDone) later(() => recheck(true));
      recheckWhenDone = false;
    },
    doubt(why) {
      recheckWhenDone = true;
      events.onDoubt(source, why);
    },
    get state() {
      if (!root.isPresent) return "absent";
      return isDegraded ? "degraded" : "watched";
    },
    [Symbol.dispose]: () => root[Symbol.dispose](),
  };
}
