import { describe, expect, test } from "vitest";
import { EVENT_KINDS, type PacksyncEvent } from "../../src/events/event.ts";
import { type Happened, startCounting } from "../../src/metrics/counting.ts";
import { countsOf } from "../../src/metrics/counts.ts";
import { COUNTED } from "../../src/metrics/families.ts";
import { createMeasures } from "../../src/metrics/registry.ts";

function event(about: Partial<PacksyncEvent> & Pick<PacksyncEvent, "kind">): PacksyncEvent {
  return { id: 1, at: "2026-01-01T00:00:00.000Z", severity: "info", text: "It happened.", ...about };
}

const PUBLISHED = event({
  kind: "pack.published",
  pack: "core",
  source: "packs",
  elapsed_ms: 31,
  stages: [
    { stage: "scan", ms: 2 },
    { stage: "publish", ms: 11 },
  ],
});

describe("what an event counts", () => {
  test.for<{ about: PacksyncEvent; counts: Readonly<Record<string, number>> }>([
    {
      about: PUBLISHED,
      counts: {
        "packsync_publishes_total source=packs": 1,
        packsync_save_to_visible_seconds: 0.031,
        "packsync_stage_duration_seconds stage=scan": 0.002,
        "packsync_stage_duration_seconds stage=publish": 0.011,
      },
    },
    {
      about: event({ kind: "pack.published", source: "installed", pack: "aws" }),
      counts: { "packsync_publishes_total source=installed": 1 },
    },
    { about: event({ kind: "pack.retired", source: "packs" }), counts: { packsync_retirements_total: 1 } },
    {
      about: event({ kind: "pack.rejected", source: "packs.dev", elapsed_ms: 3 }),
      counts: { "packsync_rejections_total source=packs.dev": 1 },
    },
    { about: event({ kind: "pack.failed", source: "packs" }), counts: { packsync_failures_total: 1 } },
    {
      about: event({ kind: "service.told", service: "worker", data: { ending: "absent" } }),
      counts: { "packsync_signals_total outcome=absent service=worker": 1 },
    },
    {
      about: event({ kind: "service.failed", service: "worker", data: { ending: "unhealthy" } }),
      counts: { "packsync_signals_total outcome=unhealthy service=worker": 1 },
    },
    {
      about: event({
        kind: "service.told",
        service: "worker",
        data: { ending: "told" },
        stages: [{ stage: "signal", ms: 1500 }],
      }),
      counts: {
        "packsync_signals_total outcome=told service=worker": 1,
        "packsync_stage_duration_seconds stage=signal": 1.5,
      },
    },
    {
      about: event({ kind: "pack.registered", pack: "core", stages: [{ stage: "register", ms: 40 }] }),
      counts: { "packsync_stage_duration_seconds stage=register": 0.04 },
    },
    { about: event({ kind: "source.missed", source: "packs", data: { packs: ["core"] } }), counts: {} },
  ])("of kind $about.kind", ({ about, counts }) => {
    const found = countsOf(about).map(({ family, labels, value }) => {
      const text = Object.entries(labels)
        .map(([name, label]) => `${name}=${label}`)
        .sort();
      return [[family, ...text].join(" "), value];
    });
    expect(Object.fromEntries(found)).toEqual({ [`packsync_events_total kind=${about.kind}`]: 1, ...counts });
  });

  test("is there before anything happened", async () => {
    const text = await createMeasures(COUNTED, true).text();
    for (const kind of EVENT_KINDS) expect(text).toContain(`packsync_events_total{kind="${kind}"} 0\n`);
    expect(text).toContain('packsync_stage_duration_seconds_count{stage="watch"} 0\n');
    expect(text).toContain("packsync_retirements_total 0\n");
    expect(text).toContain("packsync_save_to_visible_seconds_count 0\n");
    expect(text).not.toMatch(/^packsync_(up|lag_seconds|publishes_total)\b/m);
  });
});

describe("counting", () => {
  test("begins again with every daemon, and is current once all is told that had happened", async () => {
    const told: Happened[] = [{ kind: "began" }, { kind: "event", event: PUBLISHED }];
    let more = Promise.withResolvers<void>();
    const tell = (...next: Happened[]): void => {
      told.push(...next);
      more.resolve();
      more = Promise.withResolvers();
    };
    const create = (begun: boolean) => createMeasures(COUNTED, begun);
    using counting = startCounting(create, async function* (abort) {
      const ended = new Promise<void>((resolve) => abort.addEventListener("abort", () => resolve()));
      while (!abort.aborted) {
        yield* told.splice(0);
        await Promise.race([more.promise, ended]);
      }
    });
    let isCurrent = false;
    const current = counting.current().then(() => {
      isCurrent = true;
    });
    const text = () => counting.counted().text();
    const published = async () => /^packsync_publishes_total.* (\d+)$/m.exec(await text())?.[1];
    await expect.poll(() => told).toEqual([]);
    expect(await text()).not.toMatch(/^packsync/m);
    expect(isCurrent).toBe(false);
    tell({ kind: "event", event: PUBLISHED }, { kind: "current" });
    await current;
    expect(await published()).toBe("2");
    tell({ kind: "event", event: PUBLISHED });
    await expect.poll(published).toBe("3");
    tell({ kind: "began" }, { kind: "event", event: PUBLISHED });
    await expect.poll(() => told).toEqual([]);
    expect(await published()).toBe("3");
    tell({ kind: "current" });
    await expect.poll(published).toBe("1");
  });
});
