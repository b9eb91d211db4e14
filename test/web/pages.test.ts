import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PACK_STATES } from "../../src/server/dashboard/documents.ts";
import type { LiveEvent } from "../../web/src/documents.ts";
import { CHARTS, columnsOf, durationText, summaryOf, tableRows } from "../../web/src/pages/charts/data.ts";
import { matches, NO_FILTER, traceOf } from "../../web/src/pages/events/traces.ts";
import { explanationOf, inlineCode } from "../../web/src/pages/pack/explanation.ts";
import { isPinned } from "../../web/src/pages/pack/release.ts";
import { parametersOf } from "../../web/src/pages/pack/schema.ts";
import { advance, type JobEvent, NOTHING_YET } from "../../web/src/progress.ts";
import { bytesText } from "../../web/src/text.ts";

const DIAGNOSTICS = readFileSync(join(import.meta.dirname, "../../docs/diagnostics.md"), "utf8");

describe("the explanation of a finding", () => {
  test("every code of docs/diagnostics.md has its sentence and examples", () => {
    const codes = [...DIAGNOSTICS.matchAll(/^### (\S+)$/gm)].map(([, code = ""]) => code);
    expect(codes.length).toBeGreaterThan(30);
    for (const code of codes) {
      const found = explanationOf(DIAGNOSTICS, code);
      expect(found?.about, code).toMatch(/[.:`)…]$/);
      expect(found?.about, code).not.toContain("####");
    }
    expect(explanationOf(DIAGNOSTICS, "manifest.invalid_version")).toEqual({
      about:
        "The `version` is no semantic version as text: the platform refuses to register the pack. Without quotes, `1.0` is a number.",
      wrong: [{ path: "pack.yaml", text: "ref: demo\nlabel: Demo\nversion: 1.0\n" }],
      right: [{ path: "pack.yaml", text: 'ref: demo\nlabel: Demo\nversion: "1.0.0"\n' }],
    });
  });

  test("a code that nobody knows has none, also if it is the beginning of one", () => {
    expect(explanationOf(DIAGNOSTICS, "manifest.invalid")).toBeUndefined();
    expect(explanationOf("", "manifest.missing")).toBeUndefined();
  });

  test("code is told from text, and a link is its words", () => {
    expect(inlineCode("Set `a: 1`, see [here](x.md).")).toEqual([
      { text: "Set ", isCode: false },
      { text: "a: 1", isCode: true },
      { text: ", see here.", isCode: false },
    ]);
  });
});

test("what is pinned, by a person or since a service did not survive it, can be unpinned, and not pinned again", () => {
  expect(PACK_STATES.filter(isPinned)).toEqual(["pinned", "quarantined"]);
});

describe("the parameters of a component", () => {
  test.for([
    {
      title: "names with their schemas",
      schema: {
        url: { type: "string", required: true, description: " Where " },
        token: { type: "string", secret: true },
      },
      rows: [
        { name: "url", type: "string", isRequired: true, description: "Where" },
        { name: "token", type: "string", isRequired: false, isSecret: true },
      ],
    },
    {
      title: "a JSON schema",
      schema: {
        type: "object",
        properties: { count: { type: "integer", default: 3 }, tags: { type: "array", items: { type: "string" } } },
        required: ["tags"],
      },
      rows: [
        { name: "count", type: "integer", isRequired: false, defaultsTo: "3" },
        { name: "tags", type: "array of string", isRequired: true, defaultsTo: undefined },
      ],
    },
    {
      title: "a parameter that is called properties",
      schema: { properties: { type: "object" } },
      rows: [{ name: "properties", type: "object" }],
    },
    {
      title: "choices, and several types",
      schema: { how: { type: ["string", "null"], enum: ["a", 1], default: "a" } },
      rows: [{ name: "how", type: "string or null", choices: ["a", "1"], defaultsTo: "a" }],
    },
    { title: "what is no schema", schema: ["x"], rows: [] },
    { title: "nothing", schema: null, rows: [] },
  ])("$title", ({ schema, rows }) => {
    expect(parametersOf(schema)).toMatchObject(rows);
    expect(parametersOf(schema)).toHaveLength(rows.length);
  });

  test("whatever a definition has there is shown, or not, and breaks nothing", () => {
    fc.assert(fc.property(fc.jsonValue(), (schema) => void parametersOf(schema)));
  });
});

const at = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
const event = (id: number, ms: number, about: Partial<LiveEvent>): LiveEvent => {
  return { id, at: at(ms), kind: "pack.published", severity: "info", text: "", ...about };
};

const STORY: readonly LiveEvent[] = [
  event(1, 100, { pack: "demo", version: "1.0.0", release: "r1", elapsed_ms: 40 }),
  event(2, 150, { kind: "pack.registered", pack: "demo", release: "r1" }),
  event(3, 151, { kind: "service.pending", service: "worker", data: { packs: [{ pack: "demo", release: "r1" }] } }),
  event(4, 152, { kind: "service.pending", service: "sensor", release: "r1" }),
  event(5, 300, { pack: "other", release: "r2", elapsed_ms: 10 }),
  event(6, 1100, { kind: "service.told", service: "worker", data: { packs: [{ pack: "demo", release: "r1" }] } }),
];

describe("the trace of a release", () => {
  test("leads from the save to who was told, and says who still waits", () => {
    expect(traceOf("r1", "demo", [...STORY].reverse())).toMatchObject({
      pack: "demo",
      version: "1.0.0",
      savedAt: Date.UTC(2026, 0, 1) + 60,
      steps: [1, 2, 3, 4, 6].map((id) => ({ event: { id } })),
      waiting: ["sensor"],
      totalMs: 1040,
    });
    expect(traceOf("r1", "", STORY)?.steps.map(({ sinceMs }) => sinceMs)).toEqual([40, 90, 91, 92, 1040]);
  });

  test("nothing is known of another", () => {
    expect(traceOf("r3", "", STORY)).toBeUndefined();
    expect(
      traceOf("r1", "other", STORY)?.steps.map(({ event: { id } }) => id),
      "of the same id",
    ).toEqual([4]);
  });
});

test.for([
  [{}, [1, 2, 3, 4, 5, 6]],
  [{ pack: "demo" }, [1, 2, 3, 6]],
  [{ kind: "service" }, [3, 4, 6]],
  [{ kind: "pack.registered" }, [2]],
  [{ service: "worker", kind: "service.told" }, [6]],
  [{ text: "R2" }, [5]],
  [{ severity: "error" }, []],
] as const)("events are filtered by %j", ([filter, ids]) => {
  expect(STORY.filter((each) => matches(each, { ...NO_FILTER, ...filter })).map(({ id }) => id)).toEqual(ids);
});

const job = (...events: readonly Omit<JobEvent, "id">[]) =>
  events.map((each, index) => ({ id: index + 1, ...each })).reduce(advance, NOTHING_YET);
const stage = (name: string, percentage: number): Omit<JobEvent, "id"> => {
  return { type: "stage", data: { stage: name, pack: "aws", percentage } };
};
const state = (name: string, error?: object): Omit<JobEvent, "id"> => ({ type: "state", data: { state: name, error } });

describe("the progress of an installation", () => {
  test("goes through the stages; what nothing was heard of was skipped", () => {
    const before = job(state("running"), stage("download", 0), stage("dependencies", 20), stage("tests", 60));
    expect(before.stages).toEqual({
      download: "done",
      dependencies: "done",
      environments: "skipped",
      register: "running",
    });
    expect(before).toMatchObject({ doing: "Running the tests of aws", percentage: 60, state: "running" });
    const after = advance(before, { id: 9, ...state("succeeded") });
    expect(after).toMatchObject({ stages: { register: "done" }, percentage: 100, doing: undefined });
  });

  test("goes back to the download of what is needed", () => {
    const { stages } = job(stage("download", 0), stage("dependencies", 20), stage("download", 30));
    expect(stages).toEqual({
      download: "running",
      dependencies: "waiting",
      environments: "waiting",
      register: "waiting",
    });
  });

  test("a failure is that of the stage it was in, and says what to do", () => {
    const error = { message: "No such pack. Ask for another." };
    expect(job(state("running"), stage("download", 0), state("failed", error))).toMatchObject({
      stages: { download: "failed", register: "waiting" },
      failure: "No such pack. Ask for another.",
    });
  });

  test("what comes twice counts once", () => {
    const line = { id: 3, type: "line", data: { stage: "tests", pack: "aws", line: "ok 1" } } as const;
    const once = advance(job(state("running"), stage("tests", 50)), line);
    expect(advance(once, line)).toBe(once);
    expect(once.lines).toEqual([{ id: 3, stage: "tests", pack: "aws", text: "ok 1" }]);
  });
});

describe("charts", () => {
  const empty = {
    published: 0,
    rejected: 0,
    restarts: 0,
    latency_p50_ms: null,
    latency_max_ms: null,
    memory_bytes: null,
  };
  const series = {
    window: "hour",
    bucket_ms: 60_000,
    buckets: [
      { at: at(0), ...empty },
      { at: at(60_000), ...empty, published: 3, latency_p50_ms: 26, latency_max_ms: 1234, memory_bytes: 98_000_000 },
      { at: at(120_000), ...empty, published: 1, latency_p50_ms: 30, latency_max_ms: 31, memory_bytes: 99_500_000 },
    ],
  } as const;
  const said = (id: string): string => {
    const chart = CHARTS.find((each) => each.id === id);
    return chart === undefined ? "no such chart" : summaryOf(chart, { ...series, buckets: [...series.buckets] });
  };

  test("say in words what they show", () => {
    expect(said("latency")).toBe("typically 30 ms, slowest 1.2 s");
    expect(said("published")).toBe("4");
    expect(said("rejected")).toBe("0");
    expect(said("memory")).toBe("now 99.5 MB, at most 99.5 MB");
    expect(summaryOf(CHARTS[0] ?? expect.fail(), { ...series, buckets: [] })).toBe("nothing yet");
  });

  test("have a table of what was", () => {
    const [latency = expect.fail()] = CHARTS;
    const all = { ...series, buckets: [...series.buckets] };
    expect(tableRows(latency, all)).toEqual([
      [at(60_000), "26 ms", "1.2 s"],
      [at(120_000), "30 ms", "31 ms"],
    ]);
    expect(columnsOf(latency, all)).toEqual([
      [0, 60, 120].map((seconds) => Date.UTC(2026, 0, 1) / 1000 + seconds),
      [null, 26, 30],
      [null, 1234, 31],
    ]);
  });

  test.for([
    [0, "0 ms"],
    [0.4, "0.4 ms"],
    [26.4, "26 ms"],
    [1500, "1.5 s"],
    [42_000, "42 s"],
    [125_000, "2 min 5 s"],
    [7_200_000, "2 h"],
  ] as const)("%d ms is shown as %s", ([ms, text]) => {
    expect(durationText(ms)).toBe(text);
  });

  test.for([
    [0, "0 B"],
    [999, "999 B"],
    [1500, "1.5 KB"],
    [98_000_000, "98.0 MB"],
    [250_000_000_000, "250 GB"],
  ] as const)("%d bytes are shown as %s", ([bytes, text]) => {
    expect(bytesText(bytes)).toBe(text);
  });
});
