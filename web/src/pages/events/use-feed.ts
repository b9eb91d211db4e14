import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { EVENT_KINDS } from "../../../../src/events/event.ts";
import { ask, type Failure, isFailure } from "../../api.ts";
import type { EventPage, LiveEvent } from "../../documents.ts";
import { onLiveEvent } from "../../store.ts";
import { useNews } from "../../use-load.ts";
import { type EventFilter, MOST, matches, merged } from "./traces.ts";

export interface Feed {
  readonly state: "loading" | "there";
  /** The newest first. */
  readonly events: readonly LiveEvent[];
  readonly hasOlder: boolean;
  readonly failure: Failure | undefined;
  readonly older: () => void;
  readonly again: () => void;
}

interface Kept {
  readonly of: string;
  readonly state: "loading" | "there";
  readonly events: readonly LiveEvent[];
  /** What to ask `before` of; null: there are no older ones. */
  readonly next: number | null;
  readonly failure: Failure | undefined;
}

const PAGE = 100;

const emptyOf = (of: string): Kept => ({ of, state: "loading", events: [], next: null, failure: undefined });

/** What was kept of what happened, and what happens now. */
export function useFeed(filter: EventFilter): Feed {
  const path = historyPath(filter);
  const [kept, setKept] = useState<Kept>(() => emptyOf(path));
  const isAsking = useRef(false);
  const back = useNews(() => false); // only when the connection is back
  const take = useCallback(
    async (before: number | null) => {
      const answer = await ask<EventPage>(`${path}${before === null ? "" : `&before=${before}`}`);
      setKept((was) => {
        const now = was.of === path ? was : emptyOf(path);
        return isFailure(answer)
          ? { ...now, state: "there", failure: answer.failure }
          : withPage(now, answer.data, before === null);
      });
    },
    [path],
  );
  useEffect(() => void take(null), [take, back]);
  useEffect(
    () =>
      onLiveEvent(
        (event) =>
          matches(event, { ...filter, text: "" }) &&
          setKept((was) => ({ ...was, events: merged(was.events, [event]) })),
      ),
    [path],
  );
  const { next } = kept;
  const older = useCallback(() => {
    if (isAsking.current || next === null) return;
    isAsking.current = true;
    void take(next).finally(() => {
      isAsking.current = false;
    });
  }, [take, next]);
  const shown = kept.of === path ? kept : emptyOf(path);
  const hasOlder = shown.next !== null && shown.events.length < MOST;
  return { ...shown, hasOlder, older, again: () => void take(null) };
}

/** The server looks through all that is kept; words are looked for here. */
function historyPath({ pack, service, kind, severity }: EventFilter): string {
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const [name, value] of Object.entries({ pack, service, severity })) if (value !== "") query.set(name, value);
  for (const each of EVENT_KINDS)
    if (kind !== "" && (each === kind || each.startsWith(`${kind}.`))) query.append("kind", each);
  return `api/v1/events/history?${query}`;
}

function withPage(kept: Kept, { events, next }: EventPage, isNewest: boolean): Kept {
  // Asked for anew, what was read of older ones stays.
  const isKnown = isNewest && kept.events.some(({ id }) => id === events.at(-1)?.id);
  return {
    ...kept,
    state: "there",
    failure: undefined,
    events: merged(kept.events, events),
    next: isKnown ? kept.next : next,
  };
}
