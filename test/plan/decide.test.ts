import { describe, expect, test } from "vitest";
import type { ElfInfo } from "../../src/pack/elf.ts";
import type { FileEntry, LiveFile } from "../../src/pack/snapshot.ts";
import { decideFile } from "../../src/plan/decide.ts";
import { forPack, type PathMemory, preserveOverride } from "../../src/plan/preserve.ts";
import { elfInfo, entry, liveFile, policy } from "../support/entries.ts";

/*
 * Guarantee 3 (ARCHITECTURE §3), written by hand: what becomes of a path, in every combination. `x86_64` is wanted.
 *
 * `*`: whatever it is; `a,b`: one of them; `!a`: any other. Each combination is in exactly one row: nothing here depends
 * on the order of rows.
 *
 * - policy: static-elf, always, off
 * - whose, of the volume's file: ours; drifted (ours, but somebody changed it); foreign
 * - volume, source: static (for x86_64), aarch64 (static), riscv64 (static), dynamic, library, object, magic (an ELF
 *   file's first bytes, and nothing else), script; the source may have none
 * - changed since the last sync: source, volume, both, nothing; first: none of both is known
 * - before: whether packsync has replaced a file with the volume's very bytes there before
 *
 * Outcomes: add, replace, remove, carry; `!` behind it: the volume's file was not ours, and is kept in history;
 * else the reason for which the volume's file is preserved.
 */
const TABLE = `
  policy            whose    volume                         source                         changed      before  outcome

  # A file of the volume that is no binary: the source wins.
  *                 ours     script                         none                           *            *       remove
  *                 drifted  script                         none                           *            *       remove!
  *                 foreign  script                         none                           *            *       carry
  *                 ours     script                         !none                          *            *       replace
  *                 !ours    script                         !none                          *            *       replace!

  # off: a binary is a file like any other.
  off               ours     !script                        none                           *            *       remove
  off               drifted  !script                        none                           *            *       remove!
  off               foreign  !script                        none                           *            *       carry
  off               ours     !script                        !none                          *            *       replace
  off               !ours    !script                        !none                          *            *       replace!

  # A binary leaves with its source only if it is ours, to the byte.
  static-elf,always ours     !script                        none                           *            *       remove
  static-elf,always !ours    !script                        none                           *            *       carry

  # always: the volume wins, whoever put it there.
  always            *        !script                        !none                          *            *       volume-always-wins

  # static-elf, ours: it follows its source, but a static one is never replaced by a lesser build.
  static-elf        ours     static                         static,script                  *            *       replace
  static-elf        ours     static                         dynamic,library,object,magic   *            *       source-not-static
  static-elf        ours     static                         aarch64,riscv64                *            *       source-other-arch
  static-elf        ours     aarch64                        static,aarch64,script          *            *       replace
  static-elf        ours     aarch64                        dynamic,library,object,magic   *            *       source-not-static
  static-elf        ours     aarch64                        riscv64                        *            *       source-other-arch
  static-elf        ours     dynamic,library,object,magic   !none                          *            *       replace

  # static-elf, not ours: only a static executable for a wanted architecture takes its place,
  static-elf        !ours    !script                        script                         *            no      source-not-a-binary
  static-elf        !ours    !script                        dynamic,library,object,magic   *            no      source-not-static
  static-elf        !ours    !script                        aarch64,riscv64                *            no      source-other-arch
  static-elf        !ours    !static,script                 static                         *            no      replace!
  # … and that of another such one only if it changed, while the volume's did not.
  static-elf        !ours    static                         static                         source       no      replace!
  static-elf        !ours    static                         static                         nothing      no      source-unchanged
  static-elf        !ours    static                         static                         volume,both  no      volume-changed
  static-elf        !ours    static                         static                         first        no      first-contact

  # static-elf, not ours, but replaced before: it never wins again. It has no more rights than one of ours.
  static-elf        !ours    static                         static,script                  *            yes     replace!
  static-elf        !ours    static                         dynamic,library,object,magic   *            yes     source-not-static
  static-elf        !ours    static                         aarch64,riscv64                *            yes     source-other-arch
  static-elf        !ours    aarch64                        static,aarch64,script          *            yes     replace!
  static-elf        !ours    aarch64                        dynamic,library,object,magic   *            yes     source-not-static
  static-elf        !ours    aarch64                        riscv64                        *            yes     source-other-arch
  static-elf        !ours    dynamic,library,object,magic   !none                          *            yes     replace!
`;

const MODES = ["static-elf", "always", "off"] as const;
const OWNERS = ["ours", "drifted", "foreign"] as const;
const LIVE = ["static", "aarch64", "dynamic", "library", "object", "magic", "script"] as const;
const SOURCES = ["none", "script", "static", "aarch64", "riscv64", "dynamic", "library", "object", "magic"] as const;
const CHANGED = ["source", "volume", "both", "first", "nothing"] as const;
const BEFORE = ["no", "yes"] as const;

type Kind = (typeof LIVE)[number] | Exclude<(typeof SOURCES)[number], "none">;

/** What each column of the table says, by its heading. */
interface Combination {
  readonly policy: (typeof MODES)[number];
  readonly whose: (typeof OWNERS)[number];
  readonly volume: (typeof LIVE)[number];
  readonly source: (typeof SOURCES)[number];
  readonly changed: (typeof CHANGED)[number];
  readonly before: (typeof BEFORE)[number];
}

const COLUMNS = ["policy", "whose", "volume", "source", "changed", "before"] as const;

const combinations: readonly Combination[] = MODES.flatMap((policy) =>
  OWNERS.flatMap((whose) =>
    LIVE.flatMap((volume) =>
      SOURCES.flatMap((source) =>
        CHANGED.flatMap((changed) => BEFORE.map((before) => ({ policy, whose, volume, source, changed, before }))),
      ),
    ),
  ),
);

interface Row {
  readonly text: string;
  readonly cells: Readonly<Record<(typeof COLUMNS)[number], string>>;
  readonly outcome: string;
}

const rows: readonly Row[] = TABLE.split("\n")
  .map((line) => line.trim())
  .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("policy"))
  .map((line) => {
    const [policy = "", whose = "", volume = "", source = "", changed = "", before = "", outcome = ""] =
      line.split(/ +/);
    const text = line.replaceAll(/ +/g, " · ");
    return { text, cells: { policy, whose, volume, source, changed, before }, outcome };
  });

function isIn({ cells }: Row, combination: Combination): boolean {
  return COLUMNS.every((column) => accepts(cells[column], combination[column]));
}

function accepts(cell: string, value: string): boolean {
  if (cell === "*") return true;
  return cell.startsWith("!") ? !cell.slice(1).split(",").includes(value) : cell.split(",").includes(value);
}

test("the table has each of the 5,670 combinations in exactly one row, and knows every word it uses", () => {
  expect(combinations.length).toBe(5670);
  const counts = combinations.map((combination) => rows.filter((row) => isIn(row, combination)).length);
  expect(combinations.filter((_, index) => counts[index] !== 1)).toEqual([]);
  const known = new Set<string>(["*", ...MODES, ...OWNERS, ...LIVE, ...SOURCES, ...CHANGED, ...BEFORE]);
  const words = rows.flatMap(({ cells }) => Object.values(cells).flatMap((cell) => cell.replace("!", "").split(",")));
  expect(words.filter((word) => !known.has(word))).toEqual([]);
});

test.for(rows)("$text", (row) => {
  const meant = combinations.filter((combination) => isIn(row, combination));
  expect(meant.length).toBeGreaterThan(0);
  for (const combination of meant) {
    expect(outcomeOf(combination), JSON.stringify(combination)).toBe(row.outcome);
  }
});

const ELF: Readonly<Record<Exclude<Kind, "script">, ElfInfo>> = {
  static: elfInfo(),
  aarch64: elfInfo({ machine: "aarch64" }),
  riscv64: elfInfo({ machine: "riscv64" }),
  dynamic: elfInfo({ static: false, interpreter: "/lib64/ld-linux-x86-64.so.2", needed: ["libc.so.6"] }),
  library: elfInfo({ static: false, type: "shared-object" }),
  object: elfInfo({ static: false, type: "object" }),
  magic: elfInfo({ static: false, type: "other", machine: "machine-0", truncated: true }),
};

/** A file of this kind, with bytes that `side` alone has. */
function fileOf(kind: Kind, side: "live" | "next"): FileEntry {
  const digest = `${kind} of ${side}`;
  const base = { digest, size: digest.length, mode: 0o755 };
  return kind === "script" ? base : { ...base, elf: ELF[kind] };
}

function liveOf({ volume, whose }: Pick<Combination, "volume" | "whose">): LiveFile {
  return { ...fileOf(volume, "live"), inode: 1, mtimeMs: 1, kind: "file", ownership: whose };
}

function memoryOf({ volume, source, changed, before }: Combination): PathMemory {
  const now = {
    source: source === "none" ? "something" : fileOf(source, "next").digest,
    volume: fileOf(volume, "live").digest,
  };
  const seen = {
    source: changed === "source" || changed === "both" ? "an earlier build" : now.source,
    volume: changed === "volume" || changed === "both" ? "an earlier file" : now.volume,
  };
  const replaced = before === "yes" ? { replaced: ["one more", now.volume] } : {};
  return { ...replaced, ...(changed !== "first" && seen) };
}

function outcomeOf(combination: Combination): string {
  const { policy: mode, source } = combination;
  const common = { path: "sensors/timer", memory: memoryOf(combination) };
  const prev = liveOf(combination);
  const decision = decideFile(
    source === "none"
      ? { ...common, prev, next: undefined, isTaken: false }
      : { ...common, prev, next: fileOf(source, "next") },
    { ...policy, mode },
  );
  if (decision === "keep") return decision;
  if (decision.kind === "preserve") return decision.why;
  return "displaces" in decision && decision.displaces ? `${decision.kind}!` : decision.kind;
}

describe("what no table says", () => {
  const memory = {};

  test("a file that only the source has is added", () => {
    const next = entry("static-elf");
    expect(decideFile({ path: "f", memory, next, prev: undefined }, policy)).toEqual({ kind: "add", path: "f", next });
  });

  test.for(MODES)("equal bytes are kept, whoever put them there: %s", (mode) => {
    for (const content of ["text", "static-elf", "dynamic-elf", "foreign-arch-elf"]) {
      for (const whose of OWNERS) {
        const meeting = { path: "f", memory, next: entry(content), prev: liveFile("f", content, whose) };
        expect(decideFile(meeting, { ...policy, mode })).toBe("keep");
        const otherMode = { ...meeting, prev: { ...meeting.prev, mode: 0o600 } };
        expect(decideFile(otherMode, { ...policy, mode })).toMatchObject({ kind: "replace", displaces: false });
      }
    }
  });

  test("what stands where the source needs a directory makes room, and is kept in history unless it is ours", () => {
    for (const whose of OWNERS) {
      const meeting = { path: "f", memory, next: undefined, prev: liveFile("f", "text", whose), isTaken: true };
      expect(decideFile(meeting, policy)).toMatchObject({ kind: "remove", displaces: whose !== "ours" });
    }
  });

  test("every architecture that is wanted is as good as the machine's own", () => {
    const meeting = { path: "f", memory, prev: liveFile("f", "dynamic-elf", "foreign") };
    const other = { ...meeting, next: entry("foreign-arch-elf") };
    expect(decideFile(other, policy)).toMatchObject({ kind: "preserve", why: "source-other-arch" });
    expect(decideFile(other, { ...policy, arch: ["x86_64", "aarch64"] })).toMatchObject({ kind: "replace" });
  });
});

describe("overrides", () => {
  const meeting = {
    path: "sensors/timer",
    memory: {},
    next: entry("dynamic-elf new"),
    prev: liveFile("sensors/timer", "static-elf", "foreign"),
  };

  test.for([
    { title: "its path", overrides: { "core/sensors/timer": "off" }, kind: "replace" },
    { title: "its directory", overrides: { "core/sensors": "off" }, kind: "replace" },
    { title: "its directory's files", overrides: { "core/sensors/*": "off" }, kind: "replace" },
    { title: "every pack's sensors", overrides: { "*/sensors/": "off" }, kind: "replace" },
    { title: "a name at any depth", overrides: { "**/timer": "off" }, kind: "replace" },
    { title: "another file", overrides: { "core/sensors/timer2": "off" }, kind: "preserve" },
    { title: "another pack's file", overrides: { "deploy/sensors/timer": "off" }, kind: "preserve" },
    { title: "a path below another directory", overrides: { "sensors/timer": "off" }, kind: "preserve" },
    { title: "a name in other letters", overrides: { "core/sensors/Timer": "off" }, kind: "preserve" },
    {
      title: "the file, and then all again",
      overrides: { "core/sensors/timer": "off", "core/**": "static-elf" },
      kind: "preserve",
    },
    {
      title: "all, and then the file",
      overrides: { "core/**": "always", "core/sensors/timer": "off" },
      kind: "replace",
    },
  ] as const)("of $title: $kind", ({ overrides, kind }) => {
    const list = Object.entries(overrides).map(([pattern, mode]) => preserveOverride(pattern, mode));
    expect(decideFile(meeting, { ...policy, overrides: list })).toMatchObject({ kind });
  });

  test("hold for one pack by its ref", () => {
    const all = { ...policy, overrides: [preserveOverride("deploy/sensors/*", "off")] };
    expect(decideFile(meeting, forPack(all, "core"))).toMatchObject({ kind: "preserve" });
    expect(decideFile(meeting, forPack(all, "deploy"))).toMatchObject({ kind: "replace" });
  });

  test("may make the rule stricter, too", () => {
    const ours = { ...meeting, prev: liveFile("f", "dynamic-elf", "ours"), next: entry("static-elf") };
    const strict = { ...policy, overrides: [preserveOverride("core/sensors/*", "always")] };
    expect(decideFile(ours, policy)).toMatchObject({ kind: "replace" });
    expect(decideFile(ours, strict)).toMatchObject({ kind: "preserve", why: "volume-always-wins" });
  });
});
