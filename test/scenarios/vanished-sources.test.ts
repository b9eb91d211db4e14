import { chmodSync, chownSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { packs } from "./support/packs.ts";
import { story } from "./support/story.ts";
import { stampsOf } from "./support/tree.ts";

describe("a production source", () => {
  test("that is emptied is held: exit 3, nothing is removed, and --allow-removals ends it", () => {
    using it = story({ packs: packs("core", "deploy"), "packs.dev": packs("mine") });
    it.once();
    const before = stampsOf(it.at("volume/core"));
    it.remove("packs");
    it.write("packs", {});
    const run = it.once();
    expect(run.code).toBe(3);
    expect(run.outcomes).toEqual({ core: "held", deploy: "held", mine: "unchanged" });
    expect(run.pack("core").diagnostics).toMatchObject([
      { code: "source.held", hint: expect.stringContaining("--allow-removals") },
    ]);
    expect(run.report.sources[0]).toMatchObject({ name: "packs", held: "emptied" });
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
    expect(it.once().code).toBe(3);

    const ended = it.once(["--allow-removals"]);
    expect(ended.code).toBe(0);
    expect(ended.outcomes).toEqual({ core: "retired", deploy: "retired", mine: "unchanged" });
    expect(it.exists("volume/core")).toBe(false);
    const later = it.once();
    expect(later.code).toBe(0);
    expect(later.outcomes).toEqual({ mine: "unchanged" });
  });

  test("that looks like a fresh disk (lost+found) is held, too", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.remove("packs/core");
    it.write("packs", { "lost+found": {} });
    expect(it.once()).toMatchObject({ code: 3, outcomes: { core: "held" } });
  });

  test("that is gone is held, and goes on as if nothing had been when it is back", () => {
    using it = story({ packs: packs("core") });
    it.once();
    const before = stampsOf(it.at("volume/core"));
    it.move("packs", "aside");
    const run = it.once();
    expect(run).toMatchObject({ code: 3, outcomes: { core: "held" } });
    expect(run.report.sources[0]).toMatchObject({ state: "absent", held: "root-absent" });
    it.move("aside", "packs");
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "unchanged" } });
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
  });

  test("that was never there is exit 3 and said, while others are published", () => {
    using it = story({ "packs.dev": packs("mine") });
    const run = it.once();
    expect(run).toMatchObject({ code: 3, outcomes: { mine: "published" } });
    const { code, stdout } = it.packsync(["--once"]);
    expect(code).toBe(3);
    expect(stdout).toContain(`${it.at("packs")} does not exist`);
  });

  test("that is a file is exit 3 and said", () => {
    using it = story();
    it.write("packs", "not a directory");
    const { code, stdout } = it.packsync(["--once"]);
    expect(code).toBe(3);
    expect(stdout).toContain(it.at("packs"));
  });

  test("that never had packs is simply empty", () => {
    using it = story({ packs: {} });
    expect(it.once()).toMatchObject({ code: 0, outcomes: {} });
    expect(it.once()).toMatchObject({ code: 0, outcomes: {} });
  });

  testWith({ root: true }, "that cannot be read is held, and says so", () => {
    using it = story({ packs: packs("core"), volume: {} });
    chownSync(it.at("volume"), 1000, 1000);
    it.once([], { uid: 1000 });
    chmodSync(it.at("packs"), 0o700);
    const run = it.once([], { uid: 1000 });
    expect(run).toMatchObject({ code: 3, outcomes: { core: "held" } });
    expect(run.report.sources[0]).toMatchObject({ state: "unreadable", held: "root-unreadable" });
    chmodSync(it.at("packs"), 0o755);
    expect(it.once([], { uid: 1000 })).toMatchObject({ code: 0, outcomes: { core: "unchanged" } });
  });

  testWith({ root: true }, "whose pack cannot be read rejects that pack alone, and says who may", () => {
    using it = story({ packs: packs("core", "deploy"), volume: {} });
    chownSync(it.at("volume"), 1000, 1000);
    it.once([], { uid: 1000 });
    const before = stampsOf(it.at("volume/core"));
    for (const path of ["packs/core", "packs/deploy/actions/echo.yaml"]) {
      chmodSync(it.at(path), 0o700);
      const run = it.once([], { uid: 1000 });
      const ref = path.split("/")[1] ?? "";
      expect(run.code).toBe(1);
      expect(run.outcomes[ref]).toBe("rejected");
      expect(run.pack(ref).diagnostics).toContainEqual(
        expect.objectContaining({ code: "source.unreadable", hint: expect.any(String) }),
      );
      chmodSync(it.at(path), 0o755);
    }
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
  });
});

describe("packs that vanish at once", () => {
  test("3 of 4 are held, the fourth goes on, and --allow-removals ends it", () => {
    using it = story({ packs: packs("a1", "a2", "a3", "a4") });
    it.once();
    for (const ref of ["a1", "a2", "a3"]) it.remove(`packs/${ref}`);
    it.write("packs/a4/README.md", "goes on");
    const run = it.once();
    expect(run.code).toBe(3);
    expect(run.outcomes).toEqual({ a1: "held", a2: "held", a3: "held", a4: "published" });
    const text = it.packsync(["--once"]);
    expect(text.code).toBe(3);
    expect(text.stdout).toContain("--allow-removals");
    const ended = it.once(["--allow-removals"]);
    expect(ended).toMatchObject({
      code: 0,
      outcomes: { a1: "retired", a2: "retired", a3: "retired", a4: "unchanged" },
    });
  });

  test("2 of 4, and then 1 of 2, are retired", () => {
    using it = story({ packs: packs("a1", "a2", "a3", "a4") });
    it.once();
    for (const ref of ["a1", "a2"]) it.remove(`packs/${ref}`);
    expect(it.once()).toMatchObject({
      code: 0,
      outcomes: { a1: "retired", a2: "retired", a3: "unchanged", a4: "unchanged" },
    });
    it.remove("packs/a3");
    expect(it.once()).toMatchObject({ code: 0, outcomes: { a3: "retired", a4: "unchanged" } });
  });

  test("3 of 4 from packs.dev are held loudly, and exit 0", () => {
    using it = story({ packs: packs("core"), "packs.dev": packs("a1", "a2", "a3", "a4") });
    it.once();
    for (const ref of ["a1", "a2", "a3"]) it.remove(`packs.dev/${ref}`);
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toMatchObject({ a1: "held", a2: "held", a3: "held", a4: "unchanged" });
  });

  test("held packs that come back are live as before", () => {
    using it = story({ packs: packs("a1", "a2", "a3", "a4") });
    it.once();
    it.move("packs/a1", "aside1");
    it.move("packs/a2", "aside2");
    it.move("packs/a3", "aside3");
    expect(it.once().code).toBe(3);
    it.move("aside1", "packs/a1");
    it.move("aside2", "packs/a2");
    it.move("aside3", "packs/a3");
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.report.totals).toMatchObject({ unchanged: 4, held: 0 });
  });
});

test("packs.dev that goes away with its packs is held loudly, and exit 0", () => {
  using it = story({ packs: packs("core"), "packs.dev": packs("mine") });
  it.once();
  it.remove("packs.dev");
  const run = it.once();
  expect(run).toMatchObject({ code: 0, outcomes: { core: "unchanged", mine: "held" } });
  expect(it.exists("volume/mine/pack.yaml")).toBe(true);
  expect(it.once(["--allow-removals"])).toMatchObject({ code: 0, outcomes: { core: "unchanged", mine: "retired" } });
});
