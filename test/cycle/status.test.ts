import { renameSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { type TestMachine, testMachine } from "../support/sync.ts";
import { writeTree } from "../support/trees.ts";

function packYaml(ref: string): string {
  return `ref: ${ref}\nversion: 1.0.0\n`;
}

/** Three live packs, and one that was never good enough. */
async function started(): Promise<TestMachine> {
  const machine = testMachine();
  writeTree(machine.packs, {
    "aa/pack.yaml": packYaml("aa"),
    "bb/pack.yaml": packYaml("bb"),
    "bad/pack.yaml": "ref: [",
  });
  writeTree(machine.dev, { "cc/actions/a.yaml": "name: a\n" });
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
