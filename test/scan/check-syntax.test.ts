import { readdirSync } from "node:fs";
import { describe, expect } from "vitest";
import type { PackFacts } from "../../src/pack/pack-facts.ts";
import { scriptFacts } from "../../src/pack/scripts.ts";
import { checkSyntax } from "../../src/scan/check-syntax.ts";
import { testWith } from "../support/requires.ts";
import { scratch, writeTree } from "../support/trees.ts";

function scriptsOf(files: Readonly<Record<string, string>>): PackFacts["scripts"] {
  const scripts = Object.entries(files).flatMap(([file, text]) => {
    const facts = scriptFacts(file, Buffer.from(text));
    return facts === undefined ? [] : [[file, facts] as const];
  });
  return new Map(scripts);
}

async function check(files: Readonly<Record<string, string>>) {
  using directory = scratch();
  writeTree(directory.path, files);
  const before = readdirSync(directory.path, { recursive: true });
  const [found] = await checkSyntax([{ root: directory.path, scripts: scriptsOf(files) }], 60_000);
  expect(readdirSync(directory.path, { recursive: true }), "what is there afterwards").toEqual(before);
  return found;
}

const tools = ["python3", "bash", "sh"];

describe("a script that cannot be parsed is found at its line", () => {
  for (const { title, file, text, line } of [
    { title: "Python", file: "actions/a.py", text: "import os\nprint((\n", line: 2 },
    { title: "Python by its first line", file: "actions/a", text: "#!/usr/bin/env python3\nif x\n", line: 2 },
    { title: "Python with a NUL", file: "actions/a.py", text: "x = '\0'\n", line: 1 },
    { title: "sh", file: "actions/a.sh", text: "#!/bin/sh\nif true; then\n  ( ;\nfi\n", line: 3 },
    { title: "bash", file: "sensors/a.sh", text: "#!/usr/bin/env bash\necho ok\ndone\n", line: 3 },
    { title: "JavaScript", file: "actions/a.js", text: "const a = 1;\nlet b = ;\n", line: 2 },
    { title: "an ES module", file: "actions/a.mjs", text: "import fs from 'fs';\nlet b = ;\n", line: 2 },
  ])
    testWith({ tools }, title, async () => {
      const found = await check({ [file]: text });
      expect(found).toMatchObject([{ severity: "warning", code: "script.syntax", file, line }]);
    });
});

testWith({ tools }, "each of many scripts of many packs has its own answer", async () => {
  using directory = scratch();
  const files = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [
      [`actions/${index} a.py`, index % 3 === 0 ? "\nif x\n" : "x = 1\n"],
      [`actions/${index} b.sh`, index % 3 === 1 ? "#!/bin/sh\n\ndone\n" : "#!/bin/sh\ntrue\n"],
      [`actions/${index}.bash`, index % 3 === 2 ? "\n\n\ndone\n" : "true\n"],
    ]).flat(),
  );
  for (const pack of ["one", "two: 1: x"]) writeTree(`${directory.path}/${pack}`, files);
  const packs = ["one", "two: 1: x"].map((pack) => ({ root: `${directory.path}/${pack}`, scripts: scriptsOf(files) }));
  const [one = [], two] = await checkSyntax(packs, 60_000);
  expect(two).toEqual(one);
  expect(one.map(({ file, line }) => `${file}:${line}`).sort()).toEqual(
    Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0
        ? `actions/${index} a.py:2`
        : index % 3 === 1
          ? `actions/${index} b.sh:3`
          : `actions/${index}.bash:4`,
    ).sort(),
  );
});

describe("nothing is said of", () => {
  for (const { title, file, text } of [
    { title: "a Python script that is right", file: "actions/a.py", text: "async def f():\n  await g()\n" },
    {
      title: "bash's own syntax",
      file: "actions/a.sh",
      text: "#!/bin/bash\na=(1 2); [[ $a =~ ^1 ]] && echo <(true)\n",
    },
    { title: "a shell that nobody asked", file: "actions/a", text: "#!/usr/bin/fish\nif true; end\n" },
    {
      title: "an ES module with the extension of either kind",
      file: "actions/a.js",
      text: "import fs from 'fs';\nawait 1;\n",
    },
    {
      title: "a CommonJS module with a first line for the kernel",
      file: "actions/a.js",
      text: "#!/usr/bin/env node\nwith (a) b();\n",
    },
  ])
    testWith({ tools }, title, async () => {
      expect(await check({ [file]: text })).toEqual([]);
    });

  testWith({ tools }, "a script that is gone meanwhile", async () => {
    using directory = scratch();
    expect(await checkSyntax([{ root: directory.path, scripts: scriptsOf({ "actions/a.py": "(" }) }])).toEqual([[]]);
  });
});
