import { monotonicMs } from "../platform/clock.ts";

/** Requests and signals wait no longer than this for directories to be listed. */
const SLICE_MS = 10;

/** What is to be done between two turns of the event loop, in slices: last in, first out. */
export interface Agenda {
  add(task: () => void): void;
  /** Makes sure that there is a next turn. */
  wake(): void;
  stop(): void;
}

interface Turn {
  /** Everything that the kernel told was heard by now. */
  readonly begin: () => void;
  /** @param isDone nothing is left to do */
  readonly end: (isDone: boolean) => void;
}

export function createAgenda({ begin, end }: Turn): Agenda {
  const tasks: (() => void)[] = [];
  let next: NodeJS.Immediate | undefined;
  let isStopped = false;
  const wake = (): void => {
    if (!isStopped) next ??= setImmediate(turn);
  };
  const turn = (): void => {
    next = undefined;
    begin();
    const untilMs = monotonicMs() + SLICE_MS;
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
      task();
      if (monotonicMs() >= untilMs) break;
    }
    end(tasks.length === 0);
    if (tasks.length > 0) wake();
  };
  return {
    wake,
    add(task) {
      tasks.push(task);
      wake();
    },
    stop() {
      isStopped = true;
      tasks.length = 0;
      clearImmediate(next);
    },
  };
}
