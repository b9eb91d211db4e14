import { expect, test } from "vitest";
import type { LiveEvent } from "../../web/src/documents.ts";
import { MOST, merged } from "../../web/src/pages/events/traces.ts";

function eventOf(id: number): LiveEvent {
  return { id, at: new Date(id).toISOString(), kind: "pack.published", severity: "info", text: `number ${id}` };
}

test("a page that is open for days keeps the newest events, each once", () => {
  const events = Array.from({ length: MOST }, (_, index) => eventOf(MOST - index));
  const ids = merged(events, [eventOf(MOST + 1), eventOf(MOST)]).map(({ id }) => id);
  expect(ids).toEqual(Array.from({ length: MOST }, (_, index) => MOST + 1 - index));
});
