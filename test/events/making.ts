import type { PacksyncEvent } from "../../src/events/event.ts";
import { eventJson } from "../../src/events/event-text.ts";
import type { Followed } from "../../src/events/follow.ts";
import type { Entry } from "../../src/events/ring.ts";
import type { Row } from "../../src/events/store.ts";

/** An event of which only what matters is said. */
export function entry(id: number, event: Partial<PacksyncEvent> = {}): Entry {
  const whole: PacksyncEvent = {
    id,
    at: new Date(id).toISOString(),
    kind: "pack.published",
    severity: "info",
    text: `number ${id}`,
    ...event,
  };
  return { id, event: whole, json: eventJson(whole) };
}

export function row(id: number, about: Partial<Row> & { readonly data?: PacksyncEvent["data"] } = {}): Row {
  const { data, ...rest } = about;
  const { json } = entry(id, { ...(data && { data }) });
  const usual = {
    atMs: id,
    kind: "pack.published",
    severity: "info",
    packs: [],
    service: undefined,
    elapsedMs: undefined,
  };
  return { id, ...usual, json, ...rest };
}

export function idsOf(followed: readonly Followed[]): readonly number[] {
  return followed.flatMap((each) => (each.kind === "events" ? each.entries.map(({ id }) => id) : []));
}
