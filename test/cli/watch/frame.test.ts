import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NO_CANARY } from "../../../src/canary/status.ts";
import type { StatusSeen } from "../../../src/cli/status-text.ts";
import { frame } from "../../../src/cli/watch/frame.ts";
import { widthOf } from "../../../src/cli/watch/line.ts";
import { PACK_STATES, SERVICE_STATES } from "../../../src/cli/watch/order.ts";
import { shownIn } from "../../../src/cli/watch/signs.ts";
import type { View } from "../../../src/cli/watch/view.ts";
import type { PackState, PackStatus } from "../../../src/cycle/status.ts";
import type { ServiceView } from "../../../src/signal/view.ts";
import { sourceReport } from "../../support/reports.ts";
import { textOf } from "./text-of.ts";

const NOW = new Date(2026, 10, 21, 12, 0, 0);
const UTF8 = shownIn({ LANG: "C.UTF-8" });
const WRONG = { severity: "error", code: "manifest.missing", message: "expected a `pack.yaml`, got none" } as const;

function packOf(ref: string, state: PackState = "live", about: Partial<PackStatus> = {}): PackStatus {
  const since = new Date(2026, 10, 21, 11, 30, 0).toISOString();
  const base = { ref, version: "1.0.0", source: "packs", directory: ref, release: "1-0123abcd", since };
  return { ...base, state, findings: [], catalogs: [{ catalog: "packsync", state: "registered" }], ...about };
}

function serviceOf(service: string, about: Partial<ServiceView> = {}): ServiceView {
  return { service, state: "told", since: undefined, waiting: [], failures: 0, why: undefined, evidence: [], ...about };
}

const DAEMON = {
  protocol: 1,
  version: "0.1.0",
  pid: 42,
  since: new Date(2026, 10, 20, 9, 0, 0).toISOString(),
  sources: [],
  services: [],
  roots: [
    {
      name: "packs",
      path: "/srv/packs",
      watching: "events",
      held: undefined,
      events: 12,
      missedEvents: 0,
      rescanIntervalMs: 5000,
      lastRescanAt: undefined,
      rescanLateMs: 0,
    },
    {
      name: "packs.dev",
      path: "/srv/packs.dev",
      watching: "polling",
      held: undefined,
      events: 0,
      missedEvents: 1,
      rescanIntervalMs: 5000,
      lastRescanAt: undefined,
      rescanLateMs: 0,
    },
  ],
  packs: 3,
  findings: 1,
  lastCycle: undefined,
  lagMs: 0,
  missedEvents: 1,
  stages: [{ name: "publish", ageMs: 0 }],
  watches: 12,
  watchesAllowed: undefined,
  trouble: undefined,
  eventLoopDelayMs: 1,
  canary: NO_CANARY,
  healthLimitMs: 30_000,
} as const satisfies NonNullable<StatusSeen["daemon"]>;

interface About {
  readonly packs?: readonly PackStatus[];
  readonly services?: readonly ServiceView[];
  readonly status?: Partial<NonNullable<View["seen"]["status"]>>;
  readonly seen?: Partial<View["seen"]>;
  readonly view?: Partial<View>;
}

function viewOf({ packs = [], services = [], status, seen, view }: About = {}): View {
  return {
    volume: "/srv/volume",
    lostAt: undefined,
    trouble: undefined,
    seen: {
      status: { packs, sources: [sourceReport()], database: undefined, ...status },
      daemon: DAEMON,
      services,
      environments: undefined,
      ...seen,
    },
    ...view,
  };
}

function pageOf(view: View, columns = 100, rows = 30, shown = UTF8): string {
  const lines = frame(view, { columns, rows, shown }, NOW);
  return `\n${lines.map(textOf).join("\n")}\n`;
}

describe("everything at one glance", () => {
  const packs = [
    packOf("core"),
    packOf("broken", "invalid", { findings: [{ ...WRONG, file: "actions/a.yaml", line: 3, column: 7 }, WRONG] }),
    packOf("old", "retired", { release: undefined, catalogs: [], since: "2026-11-02T10:00:00.000Z" }),
  ];
  const services = [
    serviceOf("api"),
    serviceOf("executor", { state: "failed", waiting: ["core", "broken"], failures: 12, why: "no answer" }),
  ];

  test("packs, services, findings and how sources are watched, what needs a person first", () => {
    expect(pageOf(viewOf({ packs, services }))).toMatchInlineSnapshot(`
      "
      /srv/volume · watching · daemon 0.1.0, process 42, since 2026-11-20
      3 packs: 1 invalid · 1 live · 1 retired · 2 findings

      SOURCE     WATCHING  EVENTS     MISSED    PATH
      packs      events    12 events  0 missed  /srv/packs
      packs.dev  polling   0 events   1 missed  /srv/packs.dev

      SERVICE   STATE   SINCE  WAITING  WHY
      executor  failed  -      2 packs  no answer (12 attempts)
      api       told    -      -        -

      PACK    VERSION  STATE    SINCE       SOURCE  RELEASE     REGISTERED  FINDINGS
      broken  1.0.0    invalid  11:30:00    packs   1-0123abcd  embedded    2 findings
        error actions/a.yaml:3:7  expected a \`pack.yaml\`, got none [manifest.missing]
        error expected a \`pack.yaml\`, got none [manifest.missing]
      core    1.0.0    live     11:30:00    packs   1-0123abcd  embedded    -
      old     1.0.0    retired  2026-11-02  packs   -           -           -
      q ends it
      "
    `);
  });

  test("in ASCII where a terminal has nothing else", () => {
    expect(pageOf(viewOf({ packs, services }), 100, 30, shownIn({}))).toMatch(/^[\n -~]*$/);
  });

  test.for([
    { about: { seen: { daemon: undefined } }, says: "/srv/volume · no daemon is running: as of the last sync" },
    {
      about: { seen: { daemon: undefined }, view: { lostAt: NOW } },
      says: "/srv/volume · the daemon does not answer since 12:00:00: as of the last sync",
    },
    {
      about: { seen: { daemon: { ...DAEMON, trouble: "the volume is read-only" } } },
      says: "trouble  the volume is read-only",
    },
    {
      about: { seen: { daemon: { ...DAEMON, stages: [{ name: "tell", ageMs: 61_200 }] } } },
      says: "tell  nothing came of it for 61 s",
    },
    {
      about: {
        seen: { daemon: { ...DAEMON, canary: { ...NO_CANARY, state: "stalled", leg: "watch", legMs: 61_000 } } },
      },
      says: /^stalled {2}watch: the canary was not seen by the watcher for 61 s: /,
    },
    {
      about: { status: { sources: [sourceReport({ held: "emptied" })] } },
      says: "packs  held (emptied); end it with packsync sync --allow-removals",
    },
    {
      about: { status: { database: { state: "unreachable", since: NOW.toISOString(), why: "ECONNREFUSED" } } },
      says: "database unreachable  since 12:00:00: ECONNREFUSED",
    },
    { about: { view: { trouble: "database is locked" } }, says: "not read  database is locked" },
    { about: { seen: { status: undefined } }, says: "nothing was published yet. Next: packsync --once" },
  ] as const)("$says", ({ about, says }) => {
    const lines = pageOf(viewOf({ packs, ...about })).split("\n");
    expect(lines).toContainEqual(typeof says === "string" ? says : expect.stringMatching(says));
  });
});

describe("500 packs", () => {
  const many = Array.from({ length: 500 }, (_, index) => packOf(`pack${index}`));
  const some = many.map((pack, index) =>
    index % 200 === 199 ? packOf(pack.ref, "rejected", { findings: [WRONG] }) : pack,
  );

  test("those with trouble come first, with what is wrong; the rest is counted", () => {
    const lines = pageOf(viewOf({ packs: some }), 80, 24)
      .trim()
      .split("\n");
    expect(lines).toHaveLength(24);
    const refs = lines.flatMap((line) => /^pack\d+/.exec(line) ?? []);
    expect(refs.slice(0, 3)).toEqual(["pack199", "pack399", "pack0"]);
    expect(lines.filter((line) => line.startsWith("  error"))).toHaveLength(2);
    expect(lines).toContain(`… ${500 - refs.length} more; packs with trouble first`);
  });

  test("the rest says how many with trouble did not fit", () => {
    const broken = many.map(({ ref }) => packOf(ref, "invalid", { findings: [WRONG] }));
    const lines = pageOf(viewOf({ packs: broken }), 80, 24)
      .trim()
      .split("\n");
    const shown = lines.filter((line) => /^pack\d/.test(line)).length;
    expect(shown).toBeGreaterThan(4);
    expect(lines).toContain(`… ${500 - shown} more, ${500 - shown} of them with trouble`);
  });

  test("a taller terminal shows all of them", () => {
    expect(pageOf(viewOf({ packs: some }), 80, 600)).not.toContain(" more");
  });
});

test("a frame never takes more room than there is, and every pack is shown or counted", () => {
  const anyFinding = fc.record({
    severity: fc.constantFrom("error", "warning", "hint"),
    code: fc.constant("a.b"),
    message: fc.string({ unit: "grapheme" }),
  });
  const anyPack = fc
    .tuple(
      fc.constantFrom("core", "日本語", "👩‍🔧x", "with_a_rather_long_name_that_goes_on"),
      fc.constantFrom(...(Object.keys(PACK_STATES) as PackState[])),
      fc.array(anyFinding, { maxLength: 3 }),
    )
    .map(([ref, state, findings]) => packOf(ref, state, { findings }));
  const anyService = fc
    .tuple(fc.string({ unit: "grapheme" }), fc.constantFrom(...(Object.keys(SERVICE_STATES) as ServiceView["state"][])))
    .map(([service, state]) => serviceOf(service, { state }));
  const anything = { packs: fc.array(anyPack, { maxLength: 30 }), services: fc.array(anyService, { maxLength: 12 }) };
  fc.assert(
    fc.property(
      fc.record(anything),
      fc.integer({ min: 1, max: 130 }),
      fc.integer({ min: 1, max: 50 }),
      (about, columns, rows) => {
        const lines = frame(viewOf(about), { columns, rows, shown: UTF8 }, NOW);
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) {
          const last = line.at(-1);
          expect((last?.at ?? 0) + widthOf(last?.text ?? "")).toBeLessThan(Math.max(columns, 2));
        }
        const isRoomy = columns > 60 && rows > 20;
        if (isRoomy) expect(shownOrCounted(lines.map((line) => line.map(({ text }) => text)))).toBe(about.packs.length);
      },
    ),
  );
});

/** How many packs a frame speaks of. */
function shownOrCounted(lines: readonly (readonly string[])[]): number {
  const head = lines.findIndex(([first]) => first === "PACK");
  const rows = head === -1 ? [] : lines.slice(head + 1).filter(([, , state = ""]) => Object.hasOwn(PACK_STATES, state));
  const [more = "0"] = /(?<=… )\d+(?= more[;,])/.exec(lines.flat().join("\n")) ?? [];
  return rows.length + Number(more);
}
