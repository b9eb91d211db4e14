import { readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import type { PackReport } from "../../src/cycle/report.ts";
import { testWith } from "../support/requires.ts";
import { build, COMPILERS, type ElfKind } from "./support/machine.ts";
import { pack } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { executable, type Tree } from "./support/tree.ts";

/*
 * The telling rows of docs/preserving-binaries.md with files that compilers made, through the program. The row's file
 * stands in `bin/<row>`; all rows of a table are one pack.
 */

type Kind = ElfKind | "script" | "magic" | "none";
type Row = readonly [volume: Kind, source: Kind, becomes: string];

/** Two sides never have the same bytes, unless both are "magic". */
const VOLUME = 1;
const SOURCE = 2;

/** On an aarch64 machine that architecture is no other one. */
const isOtherArch = process.arch !== "arm64";
const needs = { tools: COMPILERS };

const THEIRS: readonly Row[] = [
  ["static", "dynamic", "volume: source-not-static"],
  ["static", "library", "volume: source-not-static"],
  ["static", "object", "volume: source-not-static"],
  ["static", "magic", "volume: source-not-static"],
  ["static", "script", "volume: source-not-a-binary"],
  ["static", "aarch64", "volume: source-other-arch"],
  ["static", "static", "volume: first-contact"],
  ["static", "static-pie", "volume: first-contact"],
  ["musl", "static", "volume: first-contact"],
  ["static-pie", "dynamic", "volume: source-not-static"],
  ["musl", "dynamic", "volume: source-not-static"],
  ["dynamic", "static", "source"],
  ["dynamic", "static-pie", "source"],
  ["dynamic", "musl", "source"],
  ["dynamic", "dynamic", "volume: source-not-static"],
  ["dynamic", "aarch64", "volume: source-other-arch"],
  ["dynamic", "script", "volume: source-not-a-binary"],
  ["library", "static", "source"],
  ["library", "library", "volume: source-not-static"],
  ["object", "musl", "source"],
  ["object", "object", "volume: source-not-static"],
  ["aarch64", "static", "source"],
  ["aarch64", "dynamic", "volume: source-not-static"],
  ["magic", "static-pie", "source"],
  ["magic", "script", "volume: source-not-a-binary"],
  ["script", "dynamic", "source"],
  ["script", "script", "source"],
  ["static", "none", "volume"],
  ["dynamic", "none", "volume"],
  ["library", "none", "volume"],
  ["magic", "none", "volume"],
];

const OURS: readonly Row[] = [
  ["static", "static", "source"],
  ["static", "static-pie", "source"],
  ["static-pie", "musl", "source"],
  ["musl", "script", "source"],
  ["static", "dynamic", "volume: source-not-static"],
  ["static-pie", "dynamic", "volume: source-not-static"],
  ["musl", "dynamic", "volume: source-not-static"],
  ["static", "library", "volume: source-not-static"],
  ["static", "object", "volume: source-not-static"],
  ["static", "magic", "volume: source-not-static"],
  ["static", "aarch64", "volume: source-other-arch"],
  ["aarch64", "aarch64", "source"],
  ["aarch64", "static", "source"],
  ["aarch64", "dynamic", "volume: source-not-static"],
  ["dynamic", "dynamic", "source"],
  ["dynamic", "static", "source"],
  ["dynamic", "aarch64", "source"],
  ["dynamic", "script", "source"],
  ["library", "library", "source"],
  ["object", "object", "source"],
  ["magic", "dynamic", "source"],
  ["script", "dynamic", "source"],
  ["static", "none", "gone"],
  ["dynamic", "none", "gone"],
  ["library", "none", "gone"],
];

describe("what becomes of binaries that compilers made", () => {
  testWith(needs, "others put them into the volume: they are seen for the first time", () => {
    const rows = onThisMachine(THEIRS);
    using it = story({ packs: { core: withBinaries(rows, SOURCE) }, volume: { core: bin(rows, VOLUME) } });
    expect(becomes(it, rows)).toEqual(expected(rows));
  });

  testWith(needs, "packsync published them, and their source changed", () => {
    const rows = onThisMachine(OURS);
    using it = story({ packs: { core: withBinaries(rows, VOLUME) } });
    expect(it.once().pack("core").outcome).toBe("published");
    it.remove("packs/core/bin");
    it.write("packs/core", bin(rows, SOURCE));
    expect(becomes(it, rows)).toEqual(expected(rows));
  });
});

function onThisMachine(rows: readonly Row[]): readonly Row[] {
  return isOtherArch ? rows : rows.filter((row) => !row.includes("aarch64"));
}

function nameOf([volume, source]: Row): string {
  return `${volume}-${source}`;
}

function withBinaries(rows: readonly Row[], side: typeof VOLUME | typeof SOURCE): Tree {
  return pack("core", bin(rows, side));
}

/** The files of one side. */
function bin(rows: readonly Row[], side: typeof VOLUME | typeof SOURCE): Tree {
  const files = rows.flatMap((row) => {
    const kind = row[side - 1] as Kind;
    return kind === "none" ? [] : [[nameOf(row), executable(contentOf(kind, side))] as const];
  });
  return { bin: Object.fromEntries(files) };
}

function contentOf(kind: Exclude<Kind, "none">, side: number): Buffer {
  if (kind === "script") return Buffer.from(`#!/bin/sh\nexit ${side}\n`);
  if (kind === "magic") return Buffer.from("\u007fELF", "latin1");
  return build(kind, side);
}

/** Syncs; says of each row which side's bytes are live, and the reason that the plan gave. */
function becomes(it: Story, rows: readonly Row[]): Record<string, string> {
  const planned: { packs: PackReport[] } = JSON.parse(it.packsync(["plan", "--format", "json"]).stdout);
  const changes = planned.packs.find(({ ref }) => ref === "core")?.plan ?? [];
  const run = it.once();
  expect(run.code).toBe(0);
  expect(run.pack("core").outcome).toBe("published");
  const reasons = new Map(changes.map((change) => [change.path, change.kind === "preserve" ? change.why : undefined]));
  return Object.fromEntries(
    rows.map((row) => {
      const reason = reasons.get(`bin/${nameOf(row)}`);
      return [nameOf(row), [liveSide(it, row), reason].filter((part) => part !== undefined).join(": ")];
    }),
  );
}

function liveSide(it: Story, row: Row): string {
  const path = `volume/core/bin/${nameOf(row)}`;
  if (!it.exists(path)) return "gone";
  const bytes = readFileSync(it.at(path));
  const [volume, source] = row;
  const isOf = (kind: Kind, side: number) => kind !== "none" && bytes.equals(contentOf(kind, side));
  return isOf(volume, VOLUME) ? "volume" : isOf(source, SOURCE) ? "source" : "neither";
}

function expected(rows: readonly Row[]): Record<string, string> {
  return Object.fromEntries(rows.map((row) => [nameOf(row), row[2]]));
}
