import type { EventKind, PacksyncEvent, StageName } from "../events/event.ts";

/** How long each stage took the last time, in milliseconds. */
export type LastStages = ReadonlyMap<StageName, number>;

/** A part of the events that are kept, the newest first. */
export type ReadEvents = (query: {
  readonly kinds?: readonly EventKind[];
  readonly after?: number;
  readonly limit: number;
}) => readonly { readonly id: number; readonly event: PacksyncEvent }[];

/** Who says how long stages took. */
const TELLING: readonly EventKind[] = ["pack.published", "pack.registered", "service.told"];

/** More than happen between two looks. */
const MANY = 500;

/** Looks for the last one of each kind only once, and at what is new from then on. */
export function createLastStages(read: ReadEvents): () => LastStages {
  let known: { readonly after: number; readonly stages: LastStages } | undefined;
  return () => {
    const isFirst = known === undefined;
    const news = isFirst
      ? [...read({ limit: 1 }), ...TELLING.flatMap((kind) => read({ kinds: [kind], limit: 1 }))]
      : read({ after: known?.after ?? 0, limit: MANY });
    const stages = new Map(known?.stages);
    for (const { event } of news.toSorted((a, b) => a.id - b.id))
      for (const { stage, ms } of event.stages ?? []) stages.set(stage, ms);
    known = { after: Math.max(known?.after ?? 0, ...news.map(({ id }) => id)), stages };
    return stages;
  };
}
