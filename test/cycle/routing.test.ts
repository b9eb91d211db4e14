import { expect, test } from "vitest";
import { planOnce, syncOnce } from "../../src/daemon.ts";
import { silent, testConfig } from "../support/sync.ts";
import { scratch, writeTree } from "../support/trees.ts";

const demo = {
  "pack.yaml": 'ref: demo\nversion: "1.0.0"\nlabel: Demo\n',
  "README.md": "# demo\n",
  actions: {
    "echo.yaml": "ref: demo.echo\nlabel: Echo\nrunner_type: shell\nentry_point: echo.sh\n",
    "echo.sh": { script: "#!/bin/sh\necho\n" },
  },
};

async function plan(directory: string, changes: (path: string) => void) {
  const config = testConfig(directory);
  const options = { config, log: silent, doing: "test", onProgress() {} };
  const { signal } = new AbortController();
  await syncOnce(options, signal);
  changes(`${directory}/packs/demo`);
  const { packs } = await planOnce(options, signal);
  return packs[0]?.routing;
}

test("a plan says whom each change concerns, by the definitions that come", async () => {
  using directory = scratch();
  writeTree(`${directory.path}/packs/demo`, demo);
  const routing = await plan(directory.path, (path) =>
    writeTree(path, { "README.md": "# other\n", actions: { "echo.sh": { script: "#!/bin/sh\necho other\n" } } }),
  );
  expect(routing?.changes).toMatchObject([
    { path: "README.md", meaning: { kind: "docs" }, tells: [] },
    { path: "actions/echo.sh", meaning: { kind: "script", runners: ["shell"], why: "entry point of demo.echo" } },
  ]);
  expect(routing?.targets.map(({ target }) => target)).toEqual(["worker-full", "worker-shell"]);
});

test("a plan says whom the end of a script concerns, by the definitions that go", async () => {
  using directory = scratch();
  writeTree(`${directory.path}/packs/demo`, demo);
  const routing = await plan(directory.path, (path) =>
    writeTree(path, {
      actions: {
        "echo.yaml": "ref: demo.echo\nlabel: Echo\nrunner_type: python\nentry_point: echo.py\n",
        "echo.py": { script: "#!/usr/bin/env python3\nprint()\n" },
        "echo.sh": { script: "#!/bin/sh\necho unused\n" },
      },
    }),
  );
  expect(routing?.changes.map(({ path, meaning }) => [path, ...meaning.runners])).toEqual([
    ["actions/echo.py", "python"],
    ["actions/echo.sh", "shell"],
    ["actions/echo.yaml"],
  ]);
});
