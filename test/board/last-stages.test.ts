import { expect, test } from "vitest";
import { createLastStages, type ReadEvents } from "../../src/board/last-stages.ts";
import type { EventKind, StageTime } from "../../src/events/event.ts";
import { entry } from "../events/making.ts";

test("how long each stage took is what the newest event says that says it", () => {
  const kept = [
    event(1, "pack.published", { scan: 1, publish: 2 }),
    event(2, "pack.registered", { register: 3 }),
    event(3, "pack.published", { scan: 4, publish: 5 }),
    event(4, "source.changed", {}),
  ];
  const asked: unknown[] = [];
  const read: ReadEvents = (query) => {
    asked.push(query);
    const { kinds, after = 0, limit } = query;
    const found = kept.filter(({ id, event: { kind } }) => id > after && (kinds === undefined || kinds.includes(kind)));
    return found.reverse().slice(0, limit);
  };
  const last = createLastStages(read);
  expect(Object.fromEntries(last())).toEqual({ scan: 4, publish: 5, register: 3 });
  asked.length = 0;
  kept.push(event(5, "service.told", { signal: 6 }), event(6, "pack.published", { publish: 7 }));
  expect(Object.fromEntries(last())).toEqual({ scan: 4, publish: 7, register: 3, signal: 6 });
  expect(asked, "only what is new is read").toEqual([{ after: 4, limit: expect.any(Number) }]);
});

test("nothing is known before anything happened", () => {
  expect(createLastStages(() => [])().size).toBe(0);
});

function event(id: number, kind: EventKind, stages: Readonly<Record<string, number>>) {
  return entry(id, { kind, stages: Object.entries(stages).map(([stage, ms]) => ({ stage, ms }) as StageTime) });
}
