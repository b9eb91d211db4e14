import { resolve } from "node:path";
import { createAgenda } from "./agenda.ts";
import type { SourceState, WatchEvents } from "./events.ts";
import { withFaults } from "./faults.ts";
import { createHandles } from "./handles.ts";
import { inotifyLimit } from "./limits.ts";
import { type SourceWatch, watchSource } from "./source-watch.ts";

export interface Watcher extends AsyncDisposable {
  /** Everything that stood there at the start is watched: what a scan finds from now on is announced when it changes. */
  readonly ready: Promise<void>;
  /**
   * Whether the source is still the directory that is watched: for every rescan, for what no event announces (a symlink's new
   * target, a mount). `isThorough`: and whether all below it is; lists all directories, for what was lost, and when limits were raised.
   */
  recheck(source: string, isThorough: boolean): void;
  /** Watches one more, as the others are. Resolves when all that stands there is watched, or cannot be. */
  add(source: WatchedSource): Promise<void>;
  stateOf(source: string): SourceState;
  /** The inotify watches of this process, and how many its user may have. */
  usage(): { readonly watches: number; readonly allowed: number | undefined };
}

interface WatchedSource {
  readonly name: string;
  readonly path: string;
}

/**
 * Watches directories, one `fs.watch` each, and says in which pack something happened. Level-triggered: an event only
 * says where to look, a burst that may have been too much for the kernel's queue says so, and what cannot be watched is said.
 *
 * Sources may be absent, go, and come back. Symlinks are not followed, below a source's own path.
 */
export function watchSources(
  sources: readonly WatchedSource[],
  events: WatchEvents,
  faults: string | undefined = process.env["PACKSYNC_TEST_WATCH"],
): Watcher {
  const handles = createHandles();
  const { promise: ready, resolve: beReady } = Promise.withResolvers<void>();
  let isOpen = true;
  const told = withFaults(
    onlyWhile(() => isOpen, events),
    faults,
  );
  const tooMany = (inotifyLimit("events") ?? QUEUED_EVENTS) / 2;
  let heard = 0;
  let onDone: (() => void)[] = [];
  let watches: ReadonlyMap<string, SourceWatch> = new Map();
  const agenda = createAgenda({
    begin() {
      for (const each of watches.values()) {
        if (heard > tooMany) each.doubt(`${heard} events at once: the kernel may have dropped some`);
        each.begin();
      }
      heard = 0;
    },
    end(isDone) {
      for (const each of watches.values()) each.end(isDone);
      if (!isDone) return;
      beReady();
      for (const done of onDone.splice(0)) done();
    },
  });
  const onHeard = (): void => {
    heard++;
    agenda.wake();
  };
  const around = { handles, events: told, later: agenda.add, onHeard };
  const watched = ({ name, path }: WatchedSource): readonly [string, SourceWatch] => [
    name,
    watchSource({ name, path: resolve(path) }, around),
  ];
  watches = new Map(sources.map(watched));
  agenda.wake();
  return {
    ready,
    recheck: (source, isThorough) => agenda.add(() => watches.get(source)?.recheck(isThorough)),
    add: (source) =>
      new Promise((done) => {
        if (!isOpen) return done();
        onDone = [...onDone, done];
        watches = new Map([...watches, watched(source)]);
      }),
    stateOf: (source) => watches.get(source)?.state ?? "absent",
    usage: () => ({ watches: handles.count, allowed: inotifyLimit("watches") }),
    async [Symbol.asyncDispose]() {
      isOpen = false;
      agenda.stop();
      for (const each of watches.values()) each[Symbol.dispose]();
      beReady();
      for (const done of onDone) done();
    },
  };
}

/** What Linux queues unless told otherwise: it drops what comes beyond, and libuv does not say so. */
const QUEUED_EVENTS = 16_384;

/** A delayed hint may come when nobody listens any more. */
function onlyWhile(isOpen: () => boolean, { onHints, onDoubt, onDegraded }: WatchEvents): WatchEvents {
  return {
    onHints: (hints, tookMs) => void (isOpen() && onHints(hints, tookMs)),
    onDoubt: (source, why) => void (isOpen() && onDoubt(source, why)),
    onDegraded: (degraded) => void (isOpen() && onDegraded(degraded)),
  };
}
