import { once } from "node:events";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { openEvents } from "../../src/events/database.ts";
import { write } from "../../src/events/store.ts";
import { createLiveEvents } from "../../src/live-events.ts";
import { toFailure } from "../../src/platform/failures.ts";
import { scratch } from "../support/trees.ts";
import { entry, idsOf, row } from "./making.ts";

function liveIn(stateDir: string, warnings: unknown[] = []) {
  return createLiveEvents({
    diskAnswers: async () => true,
    stateDir,
    log: { debug() {}, info() {}, warn: (about: unknown) => void warnings.push(about), error() {} },
    daemonStatus: () => Promise.reject(new Error("nobody asks")),
  });
}

test("who is given all that is kept leaves others their turn", async () => {
  using directory = scratch();
  using database = openEvents(directory.path, undefined, () => {});
  const ids = Array.from({ length: 1000 }, (_, index) => index + 1);
  write(database, { events: ids.map((id) => row(id)), samples: [], gone: 0 });
  const live = liveIn(directory.path);
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

test("who follows a daemon that refuses hears the one that comes after it", async () => {
  using directory = scratch();
  let asked = 0;
  const daemon = createServer((_, response) => {
    asked++;
    if (asked <= 2) response.end(`${JSON.stringify({ failure: toFailure(new Error("another version")) })}\n`);
    else response.write(`{"event":${entry(7).json}}\n`);
  }).listen(`${directory.path}/control.sock`);
  await once(daemon, "listening");
  const warnings: unknown[] = [];
  const abort = new AbortController();
  const told: number[] = [];
  for await (const followed of liveIn(directory.path, warnings).follow(undefined, abort.signal)) {
    told.push(...idsOf([followed]));
    abort.abort();
  }
  daemon.closeAllConnections();
  daemon.close();
  expect(told).toEqual([7]);
  expect(warnings).toHaveLength(1);
});
