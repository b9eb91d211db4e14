import { describe, expect, test } from "vitest";
import { planText } from "../../src/cli/plan-text.ts";
import { statusText } from "../../src/cli/status-text.ts";
import { syncText } from "../../src/cli/sync-text.ts";
import { plain } from "../../src/cli/text.ts";
import { entry, liveFile } from "../support/entries.ts";
import { cycleReport, packReport, sourceReport } from "../support/reports.ts";
import { testConfig } from "../support/sync.ts";

const config = testConfig("/opt");
const broken = {
  severity: "error",
  code: "metadata.invalid_yaml",
  message: "Expected `,`",
  file: "pack.yaml",
  line: 1,
  column: 7,
  hint: "Close it.",
} as const;

/** Three packs and a shadowed one. */
const report = cycleReport(
  [
    packReport({ ref: "broken", outcome: "rejected", version: undefined, release: undefined, diagnostics: [broken] }),
    packReport({ ref: "core", changes: { added: 12, replaced: 1, removed: 0, preserved: 1, carried: 3 } }),
    packReport({
      ref: "mypack",
      source: "packs.dev",
      kind: "development",
      version: "0.0.0-dev",
      outcome: "unchanged",
      release: "7-89abcdef",
    }),
  ],
  { shadowed: [{ ref: "mypack", source: "packs", by: "packs.dev" }] },
);

describe("a sync", () => {
  test("tells what it did", () => {
    expect(syncText({ report, durationMs: 41.6, dryRun: false }, config, plain)).toMatchInlineSnapshot(`
      "packs → /opt/volume
        broken  -          packs      rejected   -
          error Expected \`,\` [metadata.invalid_yaml]
            at broken/pack.yaml:1:7
            → Close it.
        core    1.0.0      packs      published  1-0123abcd  12 added, 1 replaced, 1 preserved, 3 carried
        mypack  0.0.0-dev  packs.dev  unchanged  7-89abcdef
        mypack  of packs is shadowed by packs.dev
      3 packs: 1 published, 1 unchanged, 1 rejected in 42 ms
      "
    `);
  });

  test("tells what it would do", () => {
    const packs = (["published", "unchanged", "retired"] as const).map((outcome) =>
      packReport({ ref: outcome, outcome }),
    );
    expect(syncText({ report: cycleReport(packs), durationMs: 1, dryRun: true }, config, plain)).toMatchInlineSnapshot(`
      "packs → /opt/volume
        published  1.0.0  packs  would be published  1-0123abcd
        unchanged  1.0.0  packs  unchanged           1-0123abcd
        retired    1.0.0  packs  would be retired    1-0123abcd
      3 packs: would publish 1, 1 unchanged, would retire 1 in 1 ms; nothing was changed (dry run)
      "
    `);
  });

  test("tells what is wrong with sources", () => {
    const sources = [
      sourceReport({ state: "absent" }),
      sourceReport({ name: "more", path: "/more", held: "emptied" }),
      sourceReport({ name: "packs.dev", path: "/packs.dev", kind: "development", state: "absent" }),
    ];
    expect(
      syncText({ report: cycleReport([], { sources }), durationMs: 1, dryRun: false }, config, plain),
    ).toMatchInlineSnapshot(`
      "packs, more, packs.dev → /opt/volume
        packs  /source/packs does not exist
          → Make it or mount it there, or name another directory: --packs <dir>.
        more  held (emptied): nothing is removed; end it with --allow-removals
      0 packs in 1 ms
      "
    `);
  });

  test("tells of many packs only those that have something to say", () => {
    const many = Array.from({ length: 30 }, (_, index) => packReport({ ref: `p${index}`, outcome: "unchanged" }));
    const text = syncText(
      { report: cycleReport([...many, packReport()]), durationMs: 5, dryRun: false },
      config,
      plain,
    );
    expect(text).toMatchInlineSnapshot(`
      "packs → /opt/volume
        core  1.0.0  packs  published  1-0123abcd
      31 packs: 1 published, 30 unchanged in 5 ms
      "
    `);
  });
});

test("a plan tells what would happen, file by file, and why", () => {
  const prev = liveFile("f", "old", "ours");
  const theirs = liveFile("f", "theirs", "foreign");
  const changed = liveFile("f", "changed", "drifted");
  const next = entry("new one");
  const plan = [
    { kind: "add", path: "actions/new.yaml", next },
    { kind: "carry", path: ".venv/bin/python", prev: theirs },
    { kind: "carry", path: "drifted", prev: liveFile("f", "static-elf", "drifted") },
    { kind: "preserve", path: "sensors/timer", prev: theirs, next, why: "first-contact" },
    { kind: "remove", path: "gone", prev, displaces: false },
    { kind: "remove", path: "gone, changed", prev: changed, displaces: true },
    { kind: "remove", path: "in/the/way", prev: theirs, displaces: true },
    { kind: "replace", path: "a\nb", prev, next, displaces: false },
    { kind: "replace", path: "changed", prev: changed, next, displaces: true },
    { kind: "replace", path: "mode", prev, next: entry("old", 0o755), displaces: false },
    { kind: "replace", path: "theirs", prev: theirs, next, displaces: true },
  ] as const;
  const packs = [
    packReport({ plan, release: "3-0123abcd" }),
    packReport({ ref: "same", outcome: "unchanged", plan: plan.slice(1, 4) }),
    packReport({ ref: "old", outcome: "retired", plan: [] }),
  ];
  expect(planText(cycleReport(packs), plain)).toMatchInlineSnapshot(`
    "core  1.0.0  packs  would be published  (live: 3-0123abcd)
      +  actions/new.yaml  new, 7 bytes
      ·  .venv/bin/python  only in the volume
      ·  drifted           changed in the volume by others
      =  sensors/timer     first-contact
      -  gone              left the source
      -  gone, changed     left the source, but changed in the volume by others; kept in history
      -  in/the/way        not packsync's, but in the way; kept in history
      ~  a\\nb              3 → 7 bytes
      ~  changed           changed in the volume by others; the old one is kept in history
      ~  mode              mode 644 → 755
      ~  theirs            not packsync's; the old one is kept in history
    same  1.0.0  packs  unchanged  (live: 1-0123abcd)
      =  sensors/timer  first-contact
    old  1.0.0  packs  would be retired  (live: 1-0123abcd)
    + add  ~ replace  - remove  = preserve (the volume's stays)  · carry (not ours)
    "
  `);
});

test("a plan says of a binary that stays why, and what to do, also when its pack is unchanged", () => {
  const prev = liveFile("f", "static-elf theirs", "foreign");
  const plan = [
    { kind: "preserve", path: "sensors/timer", prev, next: entry("static-elf"), why: "first-contact" },
  ] as const;
  const about = { code: "volume.preserved", file: "sensors/timer", hint: "Do this." } as const;
  const diagnostics = [{ ...about, severity: "hint", message: "`sensors/timer` stays" }] as const;
  const packs = [
    packReport({ plan, diagnostics }),
    packReport({ ref: "same", directory: "same", outcome: "unchanged", plan, diagnostics }),
  ];
  expect(planText(cycleReport(packs), plain)).toBe(`\
core  1.0.0  packs  would be published  (live: 1-0123abcd)
  =  sensors/timer  first-contact
    hint \`sensors/timer\` stays [volume.preserved]
      at core/sensors/timer
      → Do this.
same  1.0.0  packs  unchanged  (live: 1-0123abcd)
  =  sensors/timer  first-contact
    hint \`sensors/timer\` stays [volume.preserved]
      at same/sensors/timer
      → Do this.
+ add  ~ replace  - remove  = preserve (the volume's stays)  · carry (not ours)
`);
});

test("a status tells where every pack stands", () => {
  const base = {
    version: "1.0.0",
    source: "packs",
    directory: "core",
    release: "1-0123abcd",
    since: "2026-01-01T00:00:00.000Z",
    findings: [],
    catalogs: [],
  };
  const catalogs = [
    { catalog: "packsync", state: "registered" },
    { catalog: "attune", state: "failed", why: "pack.yaml: no" },
  ] as const;
  const packs = [
    { ...base, ref: "core", state: "live", catalogs },
    {
      ...base,
      ref: "bad",
      directory: "bad-dir",
      version: undefined,
      release: undefined,
      state: "rejected",
      findings: [broken],
    },
    { ...base, ref: "hidden", version: undefined, directory: undefined, release: undefined, state: "shadowed" },
  ] as const;
  const sources = [sourceReport({ held: "mass-removal" }), sourceReport({ name: "packs.dev", kind: "development" })];
  expect(
    statusText(
      { sources, packs, database: undefined, daemon: undefined, services: [], environments: [] },
      config,
      plain,
    ),
  ).toMatchInlineSnapshot(`
    "/opt/volume
      no daemon is running: as of the last sync
    packs: held (mass-removal); end it with packsync sync --allow-removals
      PACK    VERSION  SOURCE  RELEASE     STATE     SINCE                     REGISTERED                 FINDINGS
      core    1.0.0    packs   1-0123abcd  live      2026-01-01T00:00:00.000Z  embedded, database failed  -
      bad     -        packs   -           rejected  2026-01-01T00:00:00.000Z  -                          1 finding
        error Expected \`,\` [metadata.invalid_yaml]
          at bad-dir/pack.yaml:1:7
          → Close it.
      hidden  -        packs   -           shadowed  2026-01-01T00:00:00.000Z  -                          -
      not registered  core: pack.yaml: no
    "
  `);
});
