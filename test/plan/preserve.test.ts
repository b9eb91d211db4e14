import { describe, expect, test } from "vitest";
import { planPack } from "../../src/plan/plan.ts";
import { type PathMemory, preserveReason } from "../../src/plan/preserve.ts";
import { entry, ledger, live, liveFile, policy, source } from "../support/entries.ts";

/** `volume` is what stands there, whose it is, and what is remembered of the path; `next` is the source's. */
const cases: readonly {
  readonly title: string;
  readonly volume: readonly [content: string, ownership: "ours" | "drifted" | "foreign"];
  readonly next: string;
  readonly memory?: PathMemory;
  readonly why: string | undefined;
}[] = [
  { title: "ours, static → static", volume: ["static-elf 1", "ours"], next: "static-elf 2", why: undefined },
  { title: "ours, static → dynamic", volume: ["static-elf 1", "ours"], next: "dynamic-elf", why: "source-not-static" },
  {
    title: "ours, static → other architecture",
    volume: ["static-elf 1", "ours"],
    next: "foreign-arch-elf",
    why: "source-other-arch",
  },
  { title: "ours, static → script", volume: ["static-elf 1", "ours"], next: "#!/bin/sh", why: undefined },
  { title: "ours, dynamic → dynamic", volume: ["dynamic-elf 1", "ours"], next: "dynamic-elf 2", why: undefined },
  { title: "ours, dynamic → static", volume: ["dynamic-elf 1", "ours"], next: "static-elf", why: undefined },
  { title: "ours, dynamic → script", volume: ["dynamic-elf 1", "ours"], next: "#!/bin/sh", why: undefined },
  {
    title: "ours, other architecture → dynamic",
    volume: ["foreign-arch-elf 1", "ours"],
    next: "dynamic-elf",
    why: "source-not-static",
  },
  {
    title: "ours, other architecture → the same architecture",
    volume: ["foreign-arch-elf 1", "ours"],
    next: "foreign-arch-elf 2",
    why: undefined,
  },
  {
    title: "ours, other architecture → static",
    volume: ["foreign-arch-elf 1", "ours"],
    next: "static-elf",
    why: undefined,
  },
  {
    title: "foreign, static → script",
    volume: ["static-elf 1", "foreign"],
    next: "#!/bin/sh",
    why: "source-not-a-binary",
  },
  {
    title: "foreign, static → dynamic",
    volume: ["static-elf 1", "foreign"],
    next: "dynamic-elf",
    why: "source-not-static",
  },
  {
    title: "foreign, static → other architecture",
    volume: ["static-elf 1", "foreign"],
    next: "foreign-arch-elf",
    why: "source-other-arch",
  },
  {
    title: "foreign, dynamic → script",
    volume: ["dynamic-elf 1", "foreign"],
    next: "#!/bin/sh",
    why: "source-not-a-binary",
  },
  {
    title: "foreign, dynamic → dynamic",
    volume: ["dynamic-elf 1", "foreign"],
    next: "dynamic-elf 2",
    why: "source-not-static",
  },
  { title: "foreign, dynamic → static", volume: ["dynamic-elf 1", "foreign"], next: "static-elf", why: undefined },
  {
    title: "foreign, other architecture → static",
    volume: ["foreign-arch-elf 1", "foreign"],
    next: "static-elf",
    why: undefined,
  },
  {
    title: "foreign, static → static, seen for the first time",
    volume: ["static-elf 1", "foreign"],
    next: "static-elf 2",
    why: "foreign-static-binary",
  },
  {
    title: "foreign, static → static, nothing changed",
    volume: ["static-elf 1", "foreign"],
    next: "static-elf 2",
    memory: { source: "static-elf 2", volume: "static-elf 1" },
    why: "foreign-static-binary",
  },
  {
    title: "foreign, static → static, the source changed",
    volume: ["static-elf 1", "foreign"],
    next: "static-elf 3",
    memory: { source: "static-elf 2", volume: "static-elf 1" },
    why: undefined,
  },
  {
    title: "foreign, static → static, the volume changed",
    volume: ["static-elf 9", "foreign"],
    next: "static-elf 2",
    memory: { source: "static-elf 2", volume: "static-elf 1" },
    why: "foreign-static-binary",
  },
  {
    title: "foreign, static → static, both changed",
    volume: ["static-elf 9", "foreign"],
    next: "static-elf 3",
    memory: { source: "static-elf 2", volume: "static-elf 1" },
    why: "foreign-static-binary",
  },
  {
    title: "foreign, static → static, replaced once already",
    volume: ["static-elf 1", "foreign"],
    next: "static-elf 2",
    memory: { source: "static-elf 2", volume: "static-elf 2", replaced: ["static-elf 0", "static-elf 1"] },
    why: undefined,
  },
  {
    title: "drifted, static → static, the source did not change",
    volume: ["static-elf 9", "drifted"],
    next: "static-elf 2",
    memory: { source: "static-elf 2", volume: "static-elf 2" },
    why: "foreign-static-binary",
  },
  { title: "drifted, dynamic → static", volume: ["dynamic-elf 9", "drifted"], next: "static-elf 2", why: undefined },
];

test.for(cases)("$title: $why", ({ volume: [content, ownership], next, memory = {}, why }) => {
  expect(preserveReason(binary(content, ownership), entry(next), memory, policy)).toBe(why);
});

describe("other policies", () => {
  const pairs = cases.map(({ title, volume, next, memory = {} }) => ({ title, volume, next, memory }));

  test.for(pairs)("always: the volume wins, $title", ({ volume: [content, ownership], next, memory }) => {
    expect(preserveReason(binary(content, ownership), entry(next), memory, { ...policy, mode: "always" })).toBe(
      "volume-always-wins",
    );
  });

  test.for(pairs)("off: the source wins, $title", ({ volume: [content, ownership], next, memory }) => {
    expect(preserveReason(binary(content, ownership), entry(next), memory, { ...policy, mode: "off" })).toBeUndefined();
  });

  test("wants every architecture it was given", () => {
    const both = { ...policy, arch: ["x86_64", "aarch64"] };
    expect(preserveReason(binary("dynamic-elf", "foreign"), entry("foreign-arch-elf"), {}, both)).toBeUndefined();
  });
});

describe("a digest that was replaced once never wins again", () => {
  /** One sync: the source has `next` at `f`, the volume `there`; returns what is remembered. */
  function sync(next: string | undefined, there: string | undefined, before: ReturnType<typeof ledger>) {
    const ownership =
      before.files["f"] === undefined ? "foreign" : before.files["f"].digest === there ? "ours" : "drifted";
    const prev = there === undefined ? live({}) : live({ f: liveFile("f", there, ownership) });
    const plan = planPack(source(next === undefined ? {} : { f: entry(next) }), prev, before, policy);
    const isOurs = plan.keep.has("f") || plan.changes.some(({ kind }) => kind === "add" || kind === "replace");
    return {
      kind: plan.changes[0]?.kind ?? "keep",
      after: ledger(isOurs && next !== undefined ? { f: next } : {}, { ...plan.memory }),
    };
  }

  test("at every `up` that copies it again", () => {
    let state = ledger({}, { f: { source: "static-elf 1", volume: "static-elf theirs" } });
    for (let times = 0; times < 3; times++) {
      const { kind, after } = sync("static-elf 2", "static-elf theirs", state);
      expect(kind).toBe("replace");
      expect(after.memory["f"]?.replaced).toEqual(["static-elf theirs"]);
      state = sync("static-elf 2", "static-elf 2", after).after;
    }
  });

  test("after the source went through other files", () => {
    const first = sync(
      "static-elf 2",
      "static-elf theirs",
      ledger({}, { f: { source: "static-elf 1", volume: "static-elf theirs" } }),
    );
    const script = sync("#!/bin/sh", "static-elf 2", first.after);
    const later = sync("#!/bin/sh", "#!/bin/sh", script.after);
    const back = sync("static-elf 2", "#!/bin/sh", later.after);
    expect(sync("static-elf 2", "static-elf theirs", back.after).kind).toBe("replace");
  });

  test("after the source had no such file for a while", () => {
    const first = sync(
      "static-elf 2",
      "static-elf theirs",
      ledger({}, { f: { source: "static-elf 1", volume: "static-elf theirs" } }),
    );
    const without = sync(undefined, "static-elf 2", first.after);
    const meanwhile = sync(undefined, "static-elf theirs", without.after);
    expect(sync("static-elf 2", "static-elf theirs", meanwhile.after).kind).toBe("replace");
  });
});

function binary(content: string, ownership: "ours" | "drifted" | "foreign") {
  const { elf, ...file } = liveFile("f", content, ownership);
  if (elf === undefined) throw new Error(`Expected an ELF file, got ${content}`);
  return { ...file, elf };
}
