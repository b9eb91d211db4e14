import { expect, test } from "vitest";
import { openEvents } from "../../src/events/database.ts";
import { write } from "../../src/events/store.ts";
import { createLiveEvents } from "../../src/live-events.ts";
import { scratch } from "../support/trees.ts";
import { idsOf, row } from "./making.ts";

test("who is given all that is kept leaves others their turn", async () => {
  using directory = scratch();
  using database = openEvents(directory.path, undefined, () => {});
  const ids = Array.from({ length: 1000 }, (_, index) => index + 1);
  write(database, { events: ids.map((id) => row(id)), samples: [], gone: 0 });
  const live = createLiveEvents({
    stateDir: directory.path,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    daemonStatus: () => Promise.reject(new Error("nobody asks")),
  });
  const abort = new AbortController();
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  const told: number[] = [];
  for await (const followed of live.follow(0, abort.signal)) {
    told.push(...idsOf([followed]));
    if (told.at(-1) === ids.at(-1)) abort.abort();
  }
  clearImmediate(next);
  expect(told).toEqual(ids);
  expect(turns).toBeGreaterThanOrEqual(9); // it is read a hundred at a time
});
