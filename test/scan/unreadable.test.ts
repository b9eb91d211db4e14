import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { discover } from "../../src/scan/discover.ts";
import { lookAt } from "../../src/scan/look.ts";
import { LIMITS, packAt, type Scanned, scan } from "../support/scanner.ts";
import { scratch, writeTree } from "../support/trees.ts";

const NOBODY = 65534;
const PACK = {
  "pack.yaml": "ref: other-name\nlabel: Other\nversion: 1.2.3\n",
  "actions/run.yaml": "ref: other-name.run\nrunner_type: builtin\nentry_point: run\n",
  "lib/a.py": "a",
} as const;

/** A pack that belongs to nobody, and whose source lets everybody look. */
function pack() {
  const directory = scratch();
  const root = `${directory.path}/packs/mypack`;
  writeTree(root, PACK);
  chmodSync(directory.path, 0o755);
  for (const path of ["", "/pack.yaml", "/actions", "/actions/run.yaml", "/lib", "/lib/a.py"])
    if (isRoot) chownSync(root + path, NOBODY, NOBODY);
  return { root, path: `${directory.path}/packs`, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

const isRoot = process.geteuid?.() === 0;

/** Root reads everything. */
async function asNobody<T>(work: () => T): Promise<Awaited<T>> {
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

interface Case {
  readonly title: string;
  readonly path: string;
  readonly mode: number;
  readonly files: readonly string[];
  /** Whether a first look, and a scan, can tell whose it is without having seen it before. */
  readonly isNamed?: readonly [boolean, boolean];
}

const CASES: readonly Case[] = [
  { title: "a pack that cannot be listed", path: "", mode: 0o300, files: ["."], isNamed: [true, false] },
  { title: "a pack that cannot be entered", path: "", mode: 0o600, files: ["actions", "lib", "new", "pack.yaml"] },
  { title: "its pack.yaml", path: "/pack.yaml", mode: 0, files: ["pack.yaml"] },
  { title: "a definition", path: "/actions/run.yaml", mode: 0, files: ["actions/run.yaml"], isNamed: [true, true] },
  { title: "a directory", path: "/lib", mode: 0, files: ["lib"], isNamed: [true, true] },
];

describe.for(["production", "development"] as const)("what cannot be read in a %s source rejects its pack:", (kind) => {
  test.for(CASES)("$title", async ({ path, mode, files, isNamed = [false, false] }) => {
    using own = pack();
    const at = packAt(own.root, kind);
    const first = await scan(at);
    writeFileSync(`${own.root}/new`, "");
    chmodSync(own.root + path, mode);
    for (const before of [undefined, first]) {
      const look = await asNobody(() => lookAt(at, before?.known, false, LIMITS));
      const scanned = await asNobody(() => scan(at, before));
      expect(findings(scanned)).toEqual(files);
      const names = [look?.identity?.ref, scanned.identity?.ref];
      expect(names).toEqual(isNamed.map((is) => (is || before !== undefined ? "other-name" : undefined)));
      expect(scanned.fingerprint, "who runs packsync may become another").toBeUndefined();
    }
    chmodSync(own.root + path, 0o755);
    expect(await scan(at, first)).toMatchObject({ diagnostics: [], identity: { ref: "other-name" } });
  });
});

function findings({ diagnostics }: Scanned): (string | undefined)[] {
  expect([...new Set(diagnostics.map(({ severity, code }) => `${severity} ${code}`))]).toEqual([
    "error source.unreadable",
  ]);
  return diagnostics.map(({ file }) => file).sort();
}

test("a directory that nobody lets us look into may be a pack: the scan says so", async () => {
  using own = pack();
  mkdirSync(`${own.path}/closed`, { mode: 0 });
  mkdirSync(`${own.path}/lost+found`, { mode: 0 });
  const listing = await asNobody(() => discover({ name: "packs", path: own.path, kind: "production" }, new Map()));
  expect(listing).toMatchObject({ state: "listed", packs: ["closed", "mypack"] });
});
