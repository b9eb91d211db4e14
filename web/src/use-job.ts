import { useEffect, useState } from "preact/hooks";
import { isFailure } from "./api.ts";
import type { JobEvent } from "./documents.ts";
import { followJob, jobOf } from "./jobs.ts";
import { advance, NOTHING_YET, type Progress } from "./progress.ts";

export interface FollowedJob {
  readonly progress: Progress;
  /** What it gave, once it succeeded. */
  readonly result: unknown;
}

const AT_FIRST: FollowedJob = { progress: NOTHING_YET, result: undefined };

/** How a job goes, from its beginning to its end. @param onOver its state; called once */
export function useJob(id: string | undefined, onOver: (state: string) => void = () => {}): FollowedJob {
  const [followed, setFollowed] = useState(AT_FIRST);
  useEffect(() => {
    setFollowed(AT_FIRST);
    if (id === undefined) return;
    const stop = new AbortController();
    void follow(id, setFollowed, onOver, stop.signal);
    return () => stop.abort();
  }, [id]);
  return followed;
}

type Change = (next: (before: FollowedJob) => FollowedJob) => void;

async function follow(id: string, change: Change, onOver: (state: string) => void, stop: AbortSignal): Promise<void> {
  await followJob(id, batched(change, stop), stop);
  if (stop.aborted) return;
  const answer = await jobOf(id);
  if (stop.aborted || isFailure(answer)) return;
  const { state, result, error } = answer.data;
  change(({ progress }) => {
    const last = { id: Number.MAX_SAFE_INTEGER, type: "state", data: { state, error } } as const;
    return { progress: advance(progress, last), result };
  });
  onOver(state);
}

/** A test says hundreds of lines a second: they are drawn together. */
function batched(change: Change, stop: AbortSignal): (event: JobEvent) => void {
  let waiting: JobEvent[] = [];
  return (event) => {
    waiting.push(event);
    if (waiting.length > 1) return;
    setTimeout(() => {
      const events = waiting;
      waiting = [];
      if (!stop.aborted) change(({ progress, result }) => ({ progress: events.reduce(advance, progress), result }));
    }, 50);
  };
}
