import { expect, test } from "vitest";
import { packOf, testMachine } from "../support/sync.ts";
import { type Content, writeTree } from "../support/trees.ts";

const demo = {
  "pack.yaml": 'ref: demo\nversion: "1.0.0"\nlabel: Demo\n',
  "README.md": "# demo\n",
  "actions/echo.yaml": "ref: demo.echo\nlabel: Echo\nrunner_type: shell\nentry_point: echo.sh\n",
  "actions/echo.sh": { script: "#!/bin/sh\necho\n" },
};

/** The routing of `demo`, which is published and then overwritten. */
async function routingAfter(changes: Readonly<Record<string, Content>>) {
  using machine = testMachine();
  writeTree(`${machine.packs}/demo`, demo);
  await machine.sync();
  writeTree(`${machine.packs}/demo`, changes);
  return packOf(await machine.plan(), "demo").routing;
}

test("a plan says whom each change concerns, by the definitions that come", async () => {
  const routing = await routingAfter({
    "README.md": "# other\n",
    "actions/echo.sh": { script: "#!/bin/sh\necho other\n" },
  });
  expect(routing?.changes).toMatchObject([
    { path: "README.md", meaning: { kind: "docs" }, tells: [] },
    { path: "actions/echo.sh", meaning: { kind: "script", runners: ["shell"], why: "entry point of demo.echo" } },
  ]);
  expect(routing?.targets.map(({ target }) => target)).toEqual(["worker-full", "worker-shell"]);
});

test("a plan says whom the end of a script concerns, by the definitions that go", async () => {
  const routing = await routingAfter({
    "actions/echo.yaml": "ref: demo.echo\nlabel: Echo\nrunner_type: python\nentry_point: echo.py\n",
    "actions/echo.py": { script: "#!/usr/bin/env python3\nprint()\n" },
    "actions/echo.sh": { script: "#!/bin/sh\necho unused\n" },
  });
  expect(routing?.changes.map(({ path, meaning }) => [path, ...meaning.runners])).toEqual([
    ["actions/echo.py", "python"],
    ["actions/echo.sh", "shell"],
    ["actions/echo.yaml"],
  ]);
});
