import { rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { CatalogPack } from "../src/catalog/catalog.ts";
import { liveFiles } from "../src/catalog/live-files.ts";
import { type LiveRelease, readLive } from "../src/catalog/read-live.ts";
import { keepingSaid } from "../src/said-definitions.ts";
import { discover } from "../src/scan/discover.ts";
import { createScanner, type Scanner } from "../src/scan/scanner.ts";
import { packRef } from "./support/catalog.ts";
import { LIMITS, pack } from "./support/scanner.ts";
import { memorySink } from "./support/sink.ts";
import type { Content, TreeOf } from "./support/trees.ts";

const ATTUNE: TreeOf<Content> = {
  "pack.yaml": "ref: mypack\nlabel: My Pack\nversion: 1.0.0\nmeta: {weight: 1.0, on: yes}\n",
  "actions/run.yaml":
    "ref: mypack.run\nlabel: Run\nrunner_type: shell\nparameters: {size: {type: integer, default: 3}}\n",
  "actions/run.sh": { script: "#!/bin/sh\n" },
  "actions/flow.yaml": "ref: mypack.flow\nlabel: Flow\nworkflow_file: workflows/flow.workflow.yaml\n",
  "actions/workflows/flow.workflow.yaml": "version: 1.0.0\ntasks: []\n",
  "actions/anchors.yaml": "ref: mypack.anchors\nlabel: &label Anchors\ndescription: *label\n",
  "sensors/watch.yaml": "ref: mypack.watch\nlabel: 2024-01-01\nrunner_type: native\nentry_point: watch\n",
  "triggers/tick.yml": "ref: tick\nlabel: Tick\n",
  "rules/r.yaml": "- a list\n",
};
const STACKSTORM: TreeOf<Content> = {
  "pack.yaml": "ref: mypack\nname: My Pack\nauthor: me\nemail: me@example.com\nversion: 1.0.0\n",
  "actions/run.yaml": "name: run\nrunner_type: local-shell-script\nentry_point: run.sh\nenabled: true\n",
  "actions/run.sh": { script: "#!/bin/sh\n" },
  "actions/chains/chain.yaml": "chain: []\n",
  "sensors/watch.yaml": "class_name: Watch\nentry_point: watch.py\n",
  "aliases/hi.yaml": "name: hi\naction_ref: mypack.run\nformats: [hi]\n",
};

function scanner(): Scanner {
  const thread = () => {
    throw new Error("Expected no second thread for one pack");
  };
  return createScanner({ limits: LIMITS, openSink: () => memorySink(), thread });
}

async function scanned(own: ReturnType<typeof pack>) {
  const said = keepingSaid(scanner());
  const { snapshot } = await said.scanner.scan({
    at: own.at,
    known: undefined,
    files: {},
    facts: undefined,
    arch: [],
    limits: LIMITS,
    live: undefined,
    staging: undefined,
  });
  const source = { name: own.at.source.name, directory: own.at.directory };
  const digestOf = (path: string) => snapshot.files.get(path)?.digest;
  return { said: said.of(source), digestOf };
}

/** As the pack would be live, and which of its files were read. */
function liveAt(root: string, digestOf: LiveRelease["digestOf"]) {
  const reads: string[] = [];
  const files = liveFiles(root, 1_000_000);
  const read = (path: string) => {
    reads.push(path);
    return files.read(path);
  };
  const about = {
    ref: packRef("mypack"),
    release: "1-00000000",
    version: "1.0.0",
    dependencies: [],
    dialect: undefined,
  };
  return { reads, live: { ...about, digestOf, files: { ...files, read } } };
}

/** Without what nobody needs who knows it. */
function listed({ components, ...about }: CatalogPack) {
  return {
    ...about,
    components: components.map(({ definition, ...rest }) =>
      rest.file === "pack.yaml" ? { ...rest, definition } : rest,
    ),
  };
}

test.for<[string, TreeOf<Content>, readonly string[]]>([
  ["attune", ATTUNE, ["actions/anchors.yaml"]],
  ["stackstorm", STACKSTORM, []],
])(
  "a pack of %s is registered as if it had been read, and only what is not plain is read",
  async ([, tree, unplain]) => {
    using own = pack(tree);
    const { said, digestOf } = await scanned(own);
    if (said === undefined) throw new Error("Expected the scan to say something");
    const { live, reads } = liveAt(own.root, digestOf);
    const known = await readLive(live, [said]);
    expect(reads).toEqual(unplain);
    expect(listed(known)).toEqual(listed(await readLive(live, [])));
  },
);

test("what is not the file that was scanned is read", async () => {
  using own = pack(ATTUNE);
  const { said, digestOf } = await scanned(own);
  if (said === undefined) throw new Error("Expected the scan to say something");
  writeFileSync(`${own.root}/triggers/tick.yml`, "ref: tock\nlabel: Tock\n");
  writeFileSync(`${own.root}/triggers/foreign.yaml`, "ref: foreign\nlabel: Somebody's\n");
  rmSync(`${own.root}/rules/r.yaml`);
  const isPublished = (path: string) => (path === "triggers/tick.yml" ? "another" : digestOf(path));
  const { live, reads } = liveAt(own.root, isPublished);
  const { components } = await readLive(live, [said]);
  expect(reads).toEqual(["actions/anchors.yaml", "triggers/foreign.yaml", "triggers/tick.yml"]);
  expect(components.filter(({ kind }) => kind === "trigger").map(({ ref }) => ref)).toEqual([
    "mypack.foreign",
    "mypack.tock",
  ]);
  expect(components.map(({ file }) => file)).not.toContain("rules/r.yaml");
});

test("by other rules nothing of it holds", async () => {
  using own = pack(ATTUNE);
  const { said, digestOf } = await scanned(own);
  if (said === undefined) throw new Error("Expected the scan to say something");
  const { live, reads } = liveAt(own.root, digestOf);
  const { dialect, components } = await readLive({ ...live, dialect: "stackstorm" }, [said]);
  expect(dialect).toBe("stackstorm");
  expect(reads).toEqual(components.map(({ file }) => file).toSorted());
});

test("of a place that was not scanned nothing is said", () => {
  const said = keepingSaid({ ...scanner(), discover });
  expect(said.of({ name: "packs", directory: "mypack" })).toBeUndefined();
  expect(said.of(undefined)).toBeUndefined();
});
