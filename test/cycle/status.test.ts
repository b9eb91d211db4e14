import { cpSync, renameSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { type TestMachine, testMachine } from "../support/sync.ts";
import { writeTree } from "../support/trees.ts";

function packYaml(ref: string): string {
  return `ref: ${ref}\nlabel: ${ref}\nversion: 1.0.0\n`;
}

/** Three live packs, and one that was never good enough. */
async function started(): Promise<TestMachine> {
  const machine = testMachine();
  writeTree(machine.packs, {
    "aa/pack.yaml": packYaml("aa"),
    "bb/pack.yaml": packYaml("bb"),
    "bad/pack.yaml": "ref: [",
  });
  writeTree(machine.dev, { "cc/triggers/a.yaml": "name: a\n" });
  await machine.sync();
  return machine;
}

async function statesOf(machine: TestMachine): Promise<Record<string, string>> {
  return Object.fromEntries(
    (await machine.status())?.packs.map(({ ref, source, state }) => [`${source}/${ref}`, state]) ?? [],
  );
}

const START = { "packs/aa": "live", "packs/bad": "rejected", "packs/bb": "live", "packs.dev/cc": "live" };

test("there is none before the first sync", async () => {
  using machine = testMachine();
  expect(await machine.status()).toBeUndefined();
});

test.for<{ title: string; change: (machine: TestMachine) => void; sync?: boolean; states: Record<string, string> }>([
  { title: "as they were published", change: () => {}, states: START },
  {
    title: "a pack that broke keeps its last good release",
    change: ({ packs }) => writeTree(packs, { "aa/pack.yaml": "ref: [" }),
    states: { ...START, "packs/aa": "invalid" },
  },
  {
    title: "a pack that left is retired",
    change: ({ packs }) => rmSync(`${packs}/aa`, { recursive: true }),
    states: { ...START, "packs/aa": "retired" },
  },
  {
    title: "a pack that somebody deleted from the volume is missing",
    change: ({ volume }) => rmSync(`${volume}/aa`, { recursive: true }),
    sync: false,
    states: { ...START, "packs/aa": "missing" },
  },
  {
    title: "a production pack under a development pack is shadowed",
    change: ({ dev }) => writeTree(dev, { "x/pack.yaml": packYaml("aa") }),
    states: {
      "packs/aa": "shadowed",
      "packs/bad": "rejected",
      "packs/bb": "live",
      "packs.dev/aa": "live",
      "packs.dev/cc": "live",
    },
  },
  {
    title: "packs of a source that is gone are held",
    change: ({ packs }) => renameSync(packs, `${packs}.away`),
    states: { "packs/aa": "held", "packs/bb": "held", "packs.dev/cc": "live", "packs/bad": "rejected" },
  },
])("$title", async ({ change, sync = true, states }) => {
  using machine = await started();
  change(machine);
  if (sync) await machine.sync();
  expect(await statesOf(machine)).toEqual(states);
});

/** `source/directory/ref state`, sorted. */
async function rowsOf(machine: TestMachine): Promise<string[]> {
  const { packs = [] } = (await machine.status()) ?? {};
  return packs.map(({ ref, source, directory, state }) => `${source}/${directory}/${ref} ${state}`).sort();
}

test.for<{ title: string; change: (machine: TestMachine) => void; rows: string[] }>([
  {
    title: "that were never live are rejected",
    change: ({ packs }) => writeTree(packs, { "x/pack.yaml": packYaml("new"), "y/pack.yaml": packYaml("new") }),
    rows: ["packs/aa/aa live", "packs/x/new rejected", "packs/y/new rejected"],
  },
  {
    title: "one of which is live are live and rejected",
    change: ({ packs }) => cpSync(`${packs}/aa`, `${packs}/copy`, { recursive: true }),
    rows: ["packs/aa/aa live", "packs/copy/aa rejected"],
  },
  {
    title: "neither of which is the live one's are rejected, and what is live is invalid",
    change({ packs }) {
      cpSync(`${packs}/aa`, `${packs}/copy`, { recursive: true });
      renameSync(`${packs}/aa`, `${packs}/other`);
    },
    rows: ["packs/aa/aa invalid", "packs/copy/aa rejected", "packs/other/aa rejected"],
  },
  {
    title: "one of which was another pack so far leave that one live, and invalid",
    change: ({ packs }) => writeTree(packs, { "bb/pack.yaml": packYaml("aa") }),
    rows: ["packs/aa/aa live", "packs/bb/aa rejected", "packs/bb/bb invalid"],
  },
])("two directories with one ref $title", async ({ change, rows }) => {
  using machine = await started();
  change(machine);
  await machine.sync();
  const others = ["packs/bad/bad rejected", "packs/bb/bb live", "packs.dev/cc/cc live"];
  const isOther = (row: string) => others.includes(row) && !rows.includes(row);
  expect((await rowsOf(machine)).filter((row) => !isOther(row))).toEqual(rows);
  const quarrel = (await machine.status())?.packs.filter(({ findings }) =>
    findings.some(({ code }) => code === "manifest.duplicate_ref"),
  );
  expect(quarrel).toHaveLength(rows.filter((row) => row.endsWith("rejected")).length);
});

test("is not disturbed by a sync of some packs only: of others stands what was found last", async () => {
  using machine = await started();
  writeTree(machine.packs, { "x/pack.yaml": packYaml("new"), "y/pack.yaml": packYaml("new") });
  writeTree(machine.dev, { "x/pack.yaml": packYaml("aa") });
  await machine.sync();
  const before = await rowsOf(machine);
  const report = await machine.sync({ only: ["bb"] });
  expect(report.packs.map(({ ref }) => ref)).toEqual(["bb"]);
  expect(await rowsOf(machine)).toEqual(before);
});

test("says of each pack what is live, since when, and what was found", async () => {
  using machine = await started();
  const [aa, bad, , cc] = (await machine.status())?.packs ?? [];
  expect(aa).toMatchObject({
    ref: "aa",
    version: "1.0.0",
    directory: "aa",
    release: expect.stringMatching(/^1-[0-9a-f]{8}$/),
    since: expect.stringMatching(/Z$/),
    findings: [],
  });
  expect(bad).toMatchObject({ ref: "bad", release: undefined, findings: [{ severity: "error", file: "pack.yaml" }] });
  expect(cc).toMatchObject({ version: "0.0.0-dev", source: "packs.dev" });
});
