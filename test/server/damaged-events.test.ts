import { expect, test } from "vitest";
import { pack } from "../scenarios/support/packs.ts";
import { served } from "./serving.ts";

test("what happened cannot be read: everything else is shown all the same", async () => {
  await using it = await served({ packs: { core: pack("core") } });
  expect(it.once().code).toBe(0);
  it.write("volume/.packsync/events.db", "no database".repeat(1000));
  const { status, json } = await it.send("GET", "/api/v1/overview");
  expect(status, JSON.stringify(json)).toBe(200);
  expect(json.data).toMatchObject({ last_event_id: 0, packs: [{ ref: "core", state: "live" }] });
  for (const path of ["/api/v1/events/history", "/api/v1/series"])
    expect((await it.send("GET", path)).json, path).toMatchObject({ status: 503 });
  expect(it.errors).toEqual([]);
});
