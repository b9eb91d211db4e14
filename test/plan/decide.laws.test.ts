import fc from "fast-check";
import { expect, test } from "vitest";
import type { ElfInfo } from "../../src/pack/elf.ts";
import type { FileEntry, LiveFile } from "../../src/pack/snapshot.ts";
import { decideFile, type Meeting } from "../../src/plan/decide.ts";
import { type PackPolicy, type PathMemory, type PreserveMode, preserveOverride } from "../../src/plan/preserve.ts";
import { elfInfo } from "../support/entries.ts";

const MACHINES = ["x86_64", "aarch64", "riscv64"];
const MODES: readonly PreserveMode[] = ["static-elf", "always", "off"];

/** Few contents, so that sides and memories meet often; a content is always the same kind of file. */
const CONTENTS = ["a", "b", "c", "d", "e", "f", "g", "h"];
const digest = fc.constantFrom(...CONTENTS);

const kinds: fc.Arbitrary<readonly (ElfInfo | undefined)[]> = fc.array(
  fc.option(
    fc
      .record({
        machine: fc.constantFrom(...MACHINES),
        static: fc.boolean(),
        type: fc.constantFrom("executable", "shared-object", "object", "other"),
      })
      .map((about) => elfInfo({ ...about, static: about.static && about.type === "executable" })),
    { nil: undefined },
  ),
  { minLength: CONTENTS.length, maxLength: CONTENTS.length },
);

const memory = fc.record(
  { source: digest, volume: digest, replaced: fc.uniqueArray(digest, { maxLength: 3 }) },
  { requiredKeys: [] },
);

const overrides = fc.array(
  fc.tuple(fc.constantFrom("core/sensors/*", "core/**", "other/**"), fc.constantFrom(...MODES)),
  { maxLength: 2 },
);

const anyPolicy: fc.Arbitrary<PackPolicy> = fc.record({
  mode: fc.constantFrom(...MODES),
  arch: fc.uniqueArray(fc.constantFrom(...MACHINES), { minLength: 1 }),
  overrides: overrides.map((list) => list.map(([pattern, mode]) => preserveOverride(pattern, mode))),
  ref: fc.constant("core"),
});

interface Case {
  readonly prev: LiveFile;
  readonly next: FileEntry;
  readonly memory: PathMemory;
  readonly policy: PackPolicy;
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    kinds,
    live: digest,
    source: digest,
    whose: fc.constantFrom("ours", "drifted", "foreign"),
    memory,
    policy: anyPolicy,
  })
  .map(({ kinds, live, source, whose, memory, policy }) => {
    const fileOf = (content: string): FileEntry => {
      const elf = kinds[CONTENTS.indexOf(content)];
      return { digest: content, size: 1, mode: 0o755, ...(elf && { elf }) };
    };
    return {
      prev: { ...fileOf(live), kind: "file", ownership: whose, inode: 1, mtimeMs: 1 },
      next: fileOf(source),
      memory,
      policy,
    };
  });

function law(title: string, holds: (given: Case) => void): void {
  test(title, () => {
    fc.assert(fc.property(anyCase, holds), { numRuns: 2000 });
  });
}

function meet({ prev, next, memory }: Omit<Case, "policy">): Meeting {
  return { path: "sensors/timer", prev, next, memory };
}

/** Without the source's file. */
function leave({ prev, memory }: Case): Meeting {
  return { path: "sensors/timer", prev, next: undefined, memory, isTaken: false };
}

function kindOf(meeting: Meeting, policy: PackPolicy): string {
  const decision = decideFile(meeting, policy);
  return decision === "keep" ? decision : decision.kind;
}

function inMode({ policy }: Case, mode: PreserveMode): PackPolicy {
  return { ...policy, mode, overrides: [] };
}

law("what is not ours and makes way is kept in history; what is ours is not", (given) => {
  for (const meeting of [meet(given), leave(given)]) {
    const decision = decideFile(meeting, given.policy);
    if (decision === "keep" || !("displaces" in decision)) continue;
    const isSame = meeting.next?.digest === given.prev.digest;
    expect(decision.displaces).toBe(given.prev.ownership !== "ours" && !isSame);
  }
});

law("a binary that is not ours makes way only for a static executable for a wanted architecture", (given) => {
  const { prev, next, memory } = given;
  if (prev.elf === undefined || prev.ownership === "ours" || memory.replaced?.includes(prev.digest ?? "")) return;
  if (kindOf(meet(given), inMode(given, "static-elf")) !== "replace") return;
  expect(next.elf?.static).toBe(true);
  expect(given.policy.arch).toContain(next.elf?.machine);
});

law("a static binary never makes way for a lesser build, whoever put it there", (given) => {
  const { prev, next } = given;
  if (prev.elf?.static !== true || kindOf(meet(given), inMode(given, "static-elf")) !== "replace") return;
  if (next.elf === undefined) return;
  expect(next.elf.static).toBe(true);
  expect([...given.policy.arch, prev.elf.machine]).toContain(next.elf.machine);
});

law("a binary that is not ours is not removed for want of one in the source", (given) => {
  if (given.prev.elf === undefined || given.prev.ownership === "ours") return;
  expect(kindOf(leave(given), inMode(given, "static-elf"))).toBe("carry");
  expect(kindOf(leave(given), inMode(given, "always"))).toBe("carry");
});

law("a stricter policy never lets the source win where a looser one does not", (given) => {
  const wins = MODES.filter((mode) => kindOf(meet(given), inMode(given, mode)) !== "preserve");
  if (wins.includes("always")) expect(wins).toContain("static-elf");
  expect(wins).toContain("off");
});

law("what was preserved stays preserved until one of both changes", (given) => {
  if (kindOf(meet(given), given.policy) !== "preserve") return;
  const seen = { ...given.memory, source: given.next.digest, ...(given.prev.digest && { volume: given.prev.digest }) };
  expect(kindOf(meet({ ...given, memory: seen }), given.policy)).toBe("preserve");
});

law("what was replaced once by a static build never wins over one again", (given) => {
  const policy = inMode(given, "static-elf");
  const { prev, next, memory } = given;
  if (kindOf(meet(given), policy) !== "replace" || !isWanted(next, policy) || prev.digest === undefined) return;
  const after = { source: next.digest, volume: next.digest, replaced: [...(memory.replaced ?? []), prev.digest] };
  const back: LiveFile = { ...prev, ownership: "drifted" };
  expect(kindOf(meet({ prev: back, next, memory: after }), policy)).toBe("replace");
});

law("time stamps, inodes and sizes decide nothing", (given) => {
  const other = { ...given.prev, inode: 7, mtimeMs: 9e15, size: 12345 };
  const decision = decideFile(meet(given), given.policy);
  const again = decideFile(meet({ ...given, prev: other }), given.policy);
  expect(withoutSides(again)).toEqual(withoutSides(decision));
});

law("an override is a policy of its own: it decides as if it held for all files", (given) => {
  const { policy } = given;
  for (const mode of MODES) {
    const overridden = { ...policy, overrides: [...policy.overrides, preserveOverride("core/sensors", mode)] };
    const elsewhere = { ...policy, overrides: [...policy.overrides, preserveOverride("core/sensor", mode)] };
    expect(decideFile(meet(given), overridden)).toEqual(decideFile(meet(given), inMode(given, mode)));
    expect(decideFile(meet(given), elsewhere)).toEqual(decideFile(meet(given), policy));
  }
});

function isWanted({ elf }: FileEntry, { arch }: PackPolicy): boolean {
  return elf?.static === true && arch.includes(elf.machine);
}

function withoutSides(decision: ReturnType<typeof decideFile>): unknown {
  if (decision === "keep") return decision;
  const { kind, path } = decision;
  const why = decision.kind === "preserve" ? decision.why : undefined;
  return { kind, path, why, displaces: "displaces" in decision && decision.displaces };
}
