import { describe, expect, test } from "vitest";
import { planPack } from "../../src/plan/plan.ts";
import { entry, ledger, live, liveFile, policy, source } from "../support/entries.ts";

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

  test("also over a script that came after the binary", () => {
    const first = sync(
      "static-elf 2",
      "static-elf theirs",
      ledger({}, { f: { source: "static-elf 1", volume: "static-elf theirs" } }),
    );
    const script = sync("#!/bin/sh", "static-elf 2", first.after);
    expect(sync("#!/bin/sh", "static-elf theirs", script.after).kind).toBe("replace");
  });
});
