import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { follow } from "../../../src/events/follow.ts";
import { createRing } from "../../../src/events/ring.ts";
import type { LiveEvents } from "../../../src/live-events.ts";
import { eventStream } from "../../../src/server/events/event-stream.ts";
import { entry } from "../../events/making.ts";
import { parseEvents } from "./sse.ts";

/** What happens, from memory alone. */
function happening(memory = 1000) {
  const ring = createRing(0, { events: memory, bytes: 1e9 });
  let followers = 0;
  const live: LiveEvents = {
    async *follow(after, abort) {
      followers++;
      try {
        yield* follow(after ?? ring.last, { ring, kept: async () => ({ entries: [], gone: ring.from }) }, abort);
      } finally {
        followers--;
      }
    },
    watchStatus(onChange) {
      onChange('{"is_running":true}');
      return { [Symbol.dispose]: () => {} };
    },
  };
  return { ring, live, followers: () => followers };
}

const ALL = { after: 0, filter: {}, withStatus: false } as const;
const PATIENCE = { timeout: 20_000, interval: 5 };

test("whatever packs are called, nobody can put an event among the others", async () => {
  const { ring, live } = happening();
  const hostile = "x\n\nid: 9\nevent: event\ndata: {}\n\n\r\r\u2028\u0085";
  ring.push(entry(1, { text: hostile, pack: hostile, data: { [hostile]: hostile } }));
  const gone = new AbortController();
  const stream = eventStream(live, ALL, { pingMs: 10_000, patienceMs: 10_000 }, gone);
  setTimeout(() => gone.abort(), 50);
  const told = parseEvents(await text(stream));
  expect(told).toEqual([{ id: "1", event: "event", data: expect.objectContaining({ id: 1, pack: hostile }) }]);
});

test("who comes back too late is told of the gap first, how the daemon is has no id, and silence is broken", async () => {
  const { ring, live } = happening(3);
  for (let id = 1; id <= 9; id++) ring.push(entry(id));
  const gone = new AbortController();
  const stream = eventStream(live, { ...ALL, after: 2, withStatus: true }, { pingMs: 10, patienceMs: 10_000 }, gone);
  let sent = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    sent += chunk;
  });
  await expect.poll(() => sent, PATIENCE).toContain(": still here");
  expect(sent).toMatch(/^retry: \d+\n/);
  expect(parseEvents(sent).map(({ id, event }) => [id, event])).toEqual([
    [undefined, "status"],
    [undefined, "gap"],
    ["7", "event"],
    ["8", "event"],
    ["9", "event"],
  ]);
  gone.abort();
});

test("who hears nothing but that it is silent, for however long, takes no more memory", async () => {
  let listened = 0;
  const never = new Promise<never>(() => {});
  const next: Promise<never> = Object.assign(new Promise<never>(() => {}), {
    // biome-ignore lint/suspicious/noThenProperty: how often somebody listens is what is counted
    then(...listeners: Parameters<typeof never.then>) {
      listened++;
      return never.then(...listeners);
    },
  });
  const events = { next: () => next, return: async () => ({ done: true }) };
  const live = { follow: () => events, watchStatus: expect.fail } as unknown as LiveEvents;
  const gone = new AbortController();
  const stream = eventStream(live, ALL, { pingMs: 1, patienceMs: 10_000 }, gone);
  let sent = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    sent += chunk;
  });
  await expect.poll(() => sent.split(": still here").length, PATIENCE).toBeGreaterThan(20);
  expect(listened).toBe(1);
  gone.abort();
});

test("only what is asked for comes, also of several kinds", async () => {
  const { ring, live } = happening();
  ring.push(entry(1, { pack: "core" }));
  ring.push(entry(2, { pack: "core", kind: "pack.rejected", severity: "error" }));
  ring.push(entry(3, { kind: "service.told", service: "api", data: { packs: [{ pack: "core" }] } }));
  ring.push(entry(4, { pack: "other" }));
  const idsOf = async (filter: Parameters<typeof eventStream>[1]["filter"]) => {
    const gone = new AbortController();
    const stream = eventStream(live, { ...ALL, filter }, { pingMs: 10_000, patienceMs: 10_000 }, gone);
    setTimeout(() => gone.abort(), 30);
    return parseEvents(await text(stream)).map(({ id }) => Number(id));
  };
  expect(await idsOf({ pack: "core" })).toEqual([1, 2, 3]);
  expect(await idsOf({ severity: "error" })).toEqual([2]);
  expect(await idsOf({ service: "api" })).toEqual([3]);
  expect(await idsOf({ kinds: ["pack.rejected", "service.told"], pack: "core" })).toEqual([2, 3]);
});

test("who does not read is cut off, holds little until then, and can come back", async () => {
  const { ring, live, followers } = happening();
  const gone = new AbortController();
  const stream = eventStream(live, ALL, { pingMs: 10_000, patienceMs: 100 }, gone);
  stream.on("error", () => {});
  stream.once("readable", () => {}); // begins, and takes nothing
  for (let id = 1; id <= 500; id++) {
    ring.push(entry(id, { text: "x".repeat(1000) }));
    if (id % 50 === 0) await sleep(1);
  }
  expect(stream.readableLength).toBeLessThan(64 * 1024);
  await expect.poll(() => [stream.destroyed, gone.signal.aborted, followers()], PATIENCE).toEqual([true, true, 0]);
});
