import { describe, expect, test } from "vitest";
import { describeGoingLive, describePlan } from "../../src/cycle/findings.ts";
import type { Change, Plan } from "../../src/plan/plan.ts";
import { entry, liveFile, policy } from "../support/entries.ts";

const prev = liveFile("f", "static-elf", "foreign");
const next = entry("y");

function describeChanges(changes: readonly Change[], isAdoption = false) {
  const plan: Plan = {
    changes,
    keep: new Map(),
    directories: [],
    carriedDirectories: [],
    altersContent: true,
    memory: {},
  };
  return describePlan(plan, policy, isAdoption);
}

test.for<{ title: string; change: Change; severity?: string; code?: string }>([
  {
    title: "a binary that stays as it is worse in the source",
    change: { kind: "preserve", path: "f", prev, next, why: "source-not-static" },
    severity: "warning",
    code: "volume.preserved",
  },
  {
    title: "a binary that stays for its architecture",
    change: { kind: "preserve", path: "f", prev, next, why: "source-other-arch" },
    severity: "warning",
    code: "volume.preserved",
  },
  {
    title: "a binary that stays because it is not ours",
    change: { kind: "preserve", path: "f", prev, next, why: "first-contact" },
    severity: "hint",
    code: "volume.preserved",
  },
  {
    title: "a file of others that was replaced",
    change: { kind: "replace", path: "f", prev, next, displaces: true },
    severity: "warning",
    code: "volume.displaced",
  },
  {
    title: "a file of others that was in the way",
    change: { kind: "remove", path: "f", prev, displaces: true },
    severity: "warning",
    code: "volume.displaced",
  },
  {
    title: "nothing about ours that is replaced",
    change: { kind: "replace", path: "f", prev, next, displaces: false },
  },
  { title: "nothing about what is added", change: { kind: "add", path: "f", next } },
  { title: "nothing about what is carried", change: { kind: "carry", path: "f", prev } },
])("tells of $title", ({ change, severity, code }) => {
  const findings = describeChanges([change]);
  expect(findings).toEqual(code === undefined ? [] : [expect.objectContaining({ severity, code, file: "f" })]);
});

test.for([
  { kind: "replace", ownership: "foreign", message: "`f` was not packsync's; the source's took its place" },
  { kind: "replace", ownership: "drifted", message: "`f` was changed by somebody else; the source's took its place" },
  { kind: "remove", ownership: "foreign", message: "`f` was not packsync's; it was in the way" },
  { kind: "remove", ownership: "drifted", message: "`f` was changed by somebody else; it left the source" },
] as const)("says truly why a $ownership file made room: $kind", ({ kind, ownership, message }) => {
  const base = { path: "f", prev: liveFile("f", "x", ownership), displaces: true } as const;
  const [finding] = describeChanges([kind === "replace" ? { ...base, kind, next } : { ...base, kind }]);
  expect(finding?.message).toContain(message);
  expect(finding?.message).toContain("kept in history");
});

test("lists at adoption what only the volume has", () => {
  expect(describeChanges([{ kind: "carry", path: "old", prev }], true)).toMatchObject([
    { severity: "hint", code: "volume.leftover", file: "old" },
  ]);
});

test("lists twenty of a kind, and says how many more there are", () => {
  const many = Array.from(
    { length: 25 },
    (_, index): Change => ({ kind: "remove", path: `f${index}`, prev, displaces: true }),
  );
  const findings = describeChanges(many);
  expect(findings.length).toBe(21);
  expect(findings.at(-1)).toEqual({
    severity: "warning",
    code: "volume.displaced",
    message: "… and 5 more like these",
  });
  expect(describeChanges(many.slice(0, 20)).length).toBe(20);
});

test("cannot be made to forge a line by a file's name", () => {
  const name = "a\nerror: b\u001b[31m\udcff";
  const findings = describeChanges(
    [
      { kind: "carry", path: name, prev },
      { kind: "remove", path: name, prev, displaces: true },
    ],
    true,
  );
  for (const { message, file } of findings) expect(`${message}${file}`).not.toMatch(/[\p{Cc}\ud800-\udfff]/u);
});

describe("how a release went live", () => {
  const quiet = {
    ref: "aaa" as never,
    live: true,
    atMs: 1,
    method: "exchange",
    late: { moved: [], removed: [], kept: {} },
  } as const;

  test("is worth no word, usually", () => {
    expect(describeGoingLive(quiet)).toEqual([]);
  });

  test("names files of others that stayed in history", () => {
    const kept = { "lib/a\n": { inode: 1, mtimeMs: 1, size: 1 } };
    expect(describeGoingLive({ ...quiet, late: { ...quiet.late, kept } })).toMatchObject([
      { severity: "warning", code: "volume.displaced", file: "lib/a\\n" },
    ]);
  });

  test("says that the name was missing for an instant", () => {
    expect(describeGoingLive({ ...quiet, method: "two-renames" })).toMatchObject([{ code: "volume.no_exchange" }]);
  });
});
