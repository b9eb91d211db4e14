import { useState } from "preact/hooks";
import { type Failure, isFailure } from "../../api.ts";
import { cancelJob, isOver, startJob } from "../../jobs.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { useJob } from "../../use-job.ts";

/** Something long that somebody asked for here. */
export interface Wish {
  readonly path: string;
  readonly body: object;
  /** `Rolling demo back` */
  readonly doing: string;
  /** What it did; of what it gave. */
  readonly done: string | ((result: unknown) => string);
}

export interface OneJob {
  readonly wish: Wish | undefined;
  readonly id: string | undefined;
  readonly refused: Failure | undefined;
  readonly onOver: () => void;
}

/** One job at a time. @returns what starts the next */
export function useOneJob(onOver: () => void): readonly [OneJob, (wish: Wish) => void] {
  const [job, setJob] = useState<Omit<OneJob, "onOver">>({ wish: undefined, id: undefined, refused: undefined });
  const start = (wish: Wish): void => {
    setJob({ wish, id: undefined, refused: undefined });
    void startJob(wish.path, wish.body).then((answer) => {
      setJob(
        isFailure(answer)
          ? { wish, id: undefined, refused: answer.failure }
          : { wish, id: answer.data.id, refused: undefined },
      );
    });
  };
  return [{ ...job, onOver }, start];
}

/** How it goes, in one line that a screen reader says when it begins and when it is over. */
export function JobLine({ job: { wish, id, refused, onOver } }: { readonly job: OneJob }) {
  const { progress, result } = useJob(id, onOver);
  const { state, percentage, doing, failure } = progress;
  const isRunning = wish !== undefined && refused === undefined && !isOver(state);
  return (
    <div class="job-line">
      <p role="status" class={toneOf(state, refused)}>
        {wish === undefined ? "" : textOf(wish, state, failure ?? refused?.message, result, refused !== undefined)}
      </p>
      {isRunning && (
        <>
          <progress max={100} value={percentage === 0 ? undefined : percentage} aria-label={wish.doing} />
          <span class="muted" aria-hidden="true">
            {doing ?? ""}
          </span>
          {id !== undefined && (
            <Button kind="bare" onClick={() => void cancelJob(id)} label={`Cancel: ${wish.doing}`}>
              <Icon name="cross" /> Cancel
            </Button>
          )}
        </>
      )}
    </div>
  );
}

function toneOf(state: string, refused: Failure | undefined): string {
  if (refused !== undefined || state === "failed" || state === "interrupted") return "job-text bad";
  return state === "succeeded" ? "job-text good" : "job-text";
}

function textOf(wish: Wish, state: string, why: string | undefined, result: unknown, isRefused: boolean): string {
  if (isRefused) return `${wish.doing} failed: ${why ?? "nobody knows why"}`;
  switch (state) {
    case "succeeded":
      return typeof wish.done === "string" ? `${wish.done}.` : wish.done(result);
    case "failed":
    case "interrupted":
      return `${wish.doing} failed: ${why ?? "nobody knows why"}`;
    case "cancelled":
      return `${wish.doing} was cancelled.`;
    default:
      return `${wish.doing} …`;
  }
}
