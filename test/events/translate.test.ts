import { describe, expect, test } from "vitest";
import { eventsAfter } from "../../src/events/asked.ts";
import { eventJson, sentence } from "../../src/events/event-text.ts";
import { createKnown } from "../../src/events/known.ts";
import type { News } from "../../src/events/recorder.ts";
import { eventsOf } from "../../src/events/translate.ts";
import type { DaemonEvent } from "../../src/loop/events.ts";
import { packReport } from "../support/reports.ts";

/** What becomes of one event after another. */
function told(...events: readonly DaemonEvent[]): readonly News[] {
  const known = createKnown();
  return events.flatMap((event) => {
    const news = eventsOf(event, known);
    known.learn(news);
    return news;
  });
}

const pack = (about: Partial<ReturnType<typeof packReport>>): DaemonEvent => ({
  kind: "pack",
  report: { ...packReport(), release: "1-a", ...about, fresh: [] },
  elapsedMs: 12.34,
});
const WRONG = {
  severity: "error",
  code: "metadata.invalid_yaml",
  message: "Expected `:`, got `}`.",
  file: "pack.yaml",
  line: 3,
} as const;
const published = pack({ outcome: "published" });
const registered = (about: object): DaemonEvent => ({
  kind: "registered",
  report: { embedded: { registered: [], unregistered: [], pending: [], ...about }, attune: undefined },
});

test("one release leads from the publish to the acknowledgement", () => {
  const told1 = { told: new Map(), ready: new Map(), tookMs: 5, failures: 0, why: undefined, evidence: [] } as const;
  const delivered = {
    service: "api",
    ending: "told",
    state: "told",
    how: "restart",
    at: "1970-01-01T00:00:01.500Z",
    ...told1,
  } as const;
  const news = told(
    published,
    registered({ registered: ["core"] }),
    { kind: "pending", services: [{ service: "api", packs: [{ pack: "core", release: "1-a" }] }] },
    { kind: "delivered", delivered: { ...delivered, packs: [{ ref: "core", release: "1-a" }], liveAtMs: 1000 } },
  );
  expect(
    news.map(({ kind, pack, release, service, elapsed_ms }) => [kind, pack, release, service, elapsed_ms]),
  ).toEqual([
    ["pack.published", "core", "1-a", undefined, 12.3],
    ["pack.registered", "core", "1-a", undefined, undefined],
    ["service.pending", "core", "1-a", "api", undefined],
    ["service.told", "core", "1-a", "api", 500],
  ]);
});

test.for<readonly [name: string, events: readonly DaemonEvent[], kinds: readonly string[]]>([
  ["a pack that is as before", [pack({ outcome: "unchanged" })], []],
  [
    "a pack that is rejected, and as its live release again",
    [pack({ outcome: "rejected", diagnostics: [WRONG] }), pack({ outcome: "unchanged" })],
    ["pack.rejected", "pack.valid"],
  ],
  [
    "one that is only said to be as before once more",
    [pack({ outcome: "failed" }), pack({ outcome: "unchanged" }), pack({ outcome: "unchanged" })],
    ["pack.failed", "pack.valid"],
  ],
  [
    "one that is published after it was rejected",
    [pack({ outcome: "rejected" }), published, pack({ outcome: "unchanged" })],
    ["pack.rejected", "pack.published"],
  ],
  [
    "what keeps a pack from a catalog, once",
    [
      registered({ pending: [{ ref: "core", why: "busy" }] }),
      registered({ pending: [{ ref: "core", why: "busy" }] }),
      registered({ registered: ["core"] }),
      registered({ unregistered: ["core"] }),
    ],
    ["pack.registered", "pack.registered", "pack.unregistered"],
  ],
  [
    "a volume that cannot be used, and can",
    [{ kind: "trouble", message: "No.", hint: "Mount it." }, { kind: "recovered" }],
    ["daemon.trouble", "daemon.recovered"],
  ],
  [
    "a pack that went back and is tried again",
    [
      {
        kind: "quarantined",
        service: "api",
        packs: [{ service: "api", pack: "core", bad: "2-b", release: "3-c" }],
        left: [{ pack: "other", why: "mounted" }],
      },
      { kind: "released", service: "api", packs: ["core"] },
    ],
    ["pack.quarantined", "pack.quarantined", "pack.released"],
  ],
])("%s", ([, events, kinds]) => {
  expect(told(...events).map(({ kind }) => kind)).toEqual(kinds);
});

test("a rejected pack says why in its sentence, and has its findings and their codes", () => {
  const [news] = told(pack({ outcome: "rejected", version: "1.0.0", diagnostics: [WRONG, WRONG] }));
  expect(news).toMatchObject({
    severity: "error",
    text: "core 1.0.0 is rejected: Expected `:`, got `}` (pack.yaml:3), and 1 more; 1-a stays live.",
    data: { findings: [WRONG, WRONG], total: 2, codes: { "metadata.invalid_yaml": 2 } },
  });
});

describe("what was asked of the daemon", () => {
  const known = createKnown();
  test("a rollback pins, and so does somebody; its end unpins", () => {
    const report = { ref: "core", version: "1.0.0", from: "2-b", to: "1-a", release: "3-c" };
    const [pinned] = eventsAfter("rollback", { pack: "core", to: undefined }, report as never, known);
    expect(pinned).toMatchObject({
      kind: "pack.pinned",
      pack: "core",
      release: "3-c",
      data: { from: "2-b", to: "1-a" },
    });
    expect(eventsAfter("pin", { pack: "core" }, "3-c", known)).toMatchObject([
      { kind: "pack.pinned", pack: "core", release: "3-c", severity: "warning" },
    ]);
    expect(eventsAfter("unpin", { pack: "core" }, "3-c", known)).toMatchObject([
      { kind: "pack.unpinned", pack: "core" },
    ]);
  });
  test("an installation is published and retired as one", () => {
    const request = { packs: [], force: false, unchecked: false };
    const report = { ...packReport(), outcome: "published", release: "1-a" } as const;
    const answer = { packs: [{ how: "installed", ref: "core", release: "1-a", report } as const] };
    expect(eventsAfter("install", request, answer, known)).toMatchObject([
      { kind: "pack.published", data: { origin: "install" } },
    ]);
    const gone = { ref: "core", report: { ...report, outcome: "retired" } } as const;
    expect(eventsAfter("uninstall", { pack: "core" }, gone, known)).toMatchObject([
      { kind: "pack.retired", data: { origin: "install" } },
    ]);
    const settled = { packs: [{ pack: "core", release: "1-a" }] };
    expect(eventsAfter("settle", { ...settled, keep: true }, {}, known)).toEqual([]);
    expect(eventsAfter("settle", { ...settled, keep: false }, {}, known)).toMatchObject([{ kind: "pack.failed" }]);
  });
  test("a sync tells what it changed; what is wrong the next cycle tells", () => {
    const packs = (["published", "retired", "rejected", "unchanged"] as const).map((outcome) => ({
      ...packReport({ ref: outcome }),
      outcome,
    }));
    const answer = { sources: [], packs, shadowed: [] };
    const news = eventsAfter("sync", { only: [], allowRemovals: false }, answer, known);
    expect(news.map(({ kind }) => kind)).toEqual(["pack.published", "pack.retired"]);
  });
});

const HOSTILE = "a\u001b[2J\r\ndata: forged\n\nid: 7\u0085\u2028\u009b31m\u202e\udc9b";

test("whatever packs and files are called, a sentence is one line that speaks to no terminal", () => {
  const [news] = told({ kind: "missed", source: "packs", packs: [HOSTILE] });
  for (const text of [news?.text ?? "", sentence(HOSTILE)]) {
    expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
    expect(text.isWellFormed()).toBe(true);
  }
  const json = eventJson({ id: 1, at: "", kind: "source.missed", severity: "info", text: "", pack: HOSTILE });
  expect(json).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
  expect(JSON.parse(json).pack, "as it is called").toBe(HOSTILE);
  expect(sentence("x".repeat(5000)).length).toBeLessThan(500);
});
