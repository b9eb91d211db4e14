import { expect, test } from "vitest";
import { daemon, PATIENCE } from "../../scenarios/support/daemon.ts";
import { keptEvents } from "../../scenarios/support/events.ts";
import { packs } from "../../scenarios/support/packs.ts";
import { READER, type Served, served } from "../serving.ts";
import { type Client, sseClient } from "./sse.ts";

let saves = 0;
const save = (it: Served): void => it.write("packs/core/README.md", `# ${++saves}\n`);
const published = (client: Client) => client.told("event").filter(({ data }) => data.kind === "pack.published");

/** Waits until everybody was told of so many publishes. */
async function untilTold(clients: readonly Client[], count: number): Promise<void> {
  await expect.poll(() => Math.min(...clients.map((client) => published(client).length)), PATIENCE).toBe(count);
}

test("200 clients are told the same, once and in order, over a restart of the daemon, by one connection to it", {
  timeout: 180_000,
}, async () => {
  await using it = await served({ packs: packs("core") });
  const early = sseClient(it.url, "/api/v1/events?status=true");
  await expect.poll(() => early.told("status").at(-1)?.data, PATIENCE).toMatchObject({ is_running: false });
  let last = "0";
  const clients: Client[] = [];
  {
    await using running = await daemon(it);
    await expect.poll(() => early.told("status").at(-1)?.data.is_running, PATIENCE).toBe(true);
    await untilTold([early], 1);
    last = published(early)[0]?.id ?? "";
    clients.push(...Array.from({ length: 200 }, () => sseClient(it.url, "/api/v1/events", { "last-event-id": last })));
    save(it);
    await untilTold(clients, 1);
    await running.stop();
  }
  await expect.poll(() => early.told("status").at(-1)?.data.is_running, PATIENCE).toBe(false);
  await using running = await daemon(it);
  save(it);
  await untilTold(clients, 2);
  const ids = clients.map((client) => client.told("event").map(({ id }) => Number(id)));
  const upTo = Number(published(clients[0] as Client).at(-1)?.id);
  const kept = keptEvents(it, ["--after", last])
    .map(({ id }) => id)
    .filter((id) => id <= upTo);
  for (const its of ids) expect(its.filter((id) => id <= upTo)).toEqual(kept);
  expect([early, ...clients].filter((client) => client.isOver())).toEqual([]);

  const filtered = sseClient(it.url, "/api/v1/events?after=0&kind=daemon.started&kind=daemon.stopped");
  await expect
    .poll(() => filtered.told().map(({ data }) => data.kind), PATIENCE)
    .toEqual(["daemon.started", "daemon.stopped", "daemon.started"]);
  expect(early.headers()).toMatchObject({
    "content-type": expect.stringContaining("text/event-stream"),
    "cache-control": "no-store",
  });

  const page = await it.send("GET", "/api/v1/events/history?limit=2&kind=pack.published");
  expect(page.json.data).toMatchObject({ events: [{ pack: "core" }, { pack: "core" }], next: expect.any(Number) });
  const rest = await it.send("GET", `/api/v1/events/history?kind=pack.published&before=${page.json.data.next}`);
  expect(rest.json.data).toMatchObject({ events: [{ id: Number(last) }], next: null });
  const hour = await it.send("GET", "/api/v1/series?window=hour");
  const sum = hour.json.data.buckets.reduce((total: number, each: { published: number }) => total + each.published, 0);
  expect([hour.json.data.window, hour.json.data.buckets.length, sum]).toEqual(["hour", 60, 3]);
  const overview = await it.send("GET", "/api/v1/overview");
  expect(overview.json.data.last_event_id).toBeGreaterThanOrEqual(upTo);
  for (const client of [early, filtered, ...clients]) client[Symbol.dispose]();
  await running.stop();
});

test.for<readonly [path: string, expected: string]>([
  ["/api/v1/events?after=-1", "`after` to be the id of an event, a whole number"],
  ["/api/v1/events?kind=nothing", "`kind`"],
  ["/api/v1/events/history?limit=0", "`limit` to be a whole number from 1 to 500"],
  ["/api/v1/series?window=year", "`window` to be one of hour, day"],
])("%s is refused in a sentence", async ([path, expected]) => {
  await using it = await served();
  const { status, json } = await it.send("GET", path);
  expect({ status, error: json.error }).toEqual({ status: 400, error: expect.stringContaining(expected) });
});

test("who may only read may follow, and nobody without a token", async () => {
  await using it = await served();
  const read = (headers: Readonly<Record<string, string>>) => it.send("GET", "/api/v1/series", undefined, headers);
  expect((await read({ authorization: `Bearer ${READER}` })).status).toBe(200);
  expect((await read({ authorization: "" })).status).toBe(401);
});
