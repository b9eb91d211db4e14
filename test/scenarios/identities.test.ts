import { describe, expect, test } from "vitest";
import { action, brokenYaml, identity, manifest, pack, packs, script } from "./support/packs.ts";
import { story } from "./support/story.ts";
import { stampsOf } from "./support/tree.ts";

describe("a changed `ref`", () => {
  test("is a rename: the new one goes live, the old one retires", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.write("packs/deploy", identity("rollout"));
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ core: "unchanged", rollout: "published", deploy: "retired" });
    expect(it.tree("volume/rollout")).toEqual(it.tree("packs/deploy"));
    expect(it.exists("volume/deploy")).toBe(false);
    expect(it.once().outcomes).toEqual({ core: "unchanged", rollout: "unchanged" });
  });

  test("keeps the old one while the new one is rejected", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.write("packs/deploy/pack.yaml", manifest("rollout"));
    it.write("packs/deploy/actions/echo.yaml", brokenYaml);
    const run = it.once();
    expect(run.code).toBe(1);
    expect(run.outcomes["rollout"]).toBe("rejected");
    expect(it.read("volume/deploy/pack.yaml")).toBe(manifest("deploy"));
    expect(it.once().code).toBe(1);
    expect(it.exists("volume/deploy/pack.yaml")).toBe(true);
    it.write("packs/deploy/actions/echo.yaml", action("mended", "rollout"));
    expect(it.once().outcomes).toEqual({ core: "unchanged", rollout: "published", deploy: "retired" });
  });

  test("of every pack at once is no mass removal", () => {
    using it = story({ packs: packs("a1", "a2", "a3", "a4") });
    it.once();
    for (const ref of ["a1", "a2", "a3", "a4"]) it.write(`packs/${ref}`, identity(`new_${ref}`));
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.report.totals).toMatchObject({ published: 4, retired: 4, held: 0 });
  });

  test("of two packs swaps them", () => {
    using it = story({ packs: { one: pack("one", { "which.txt": "1" }), two: pack("two", { "which.txt": "2" }) } });
    it.once();
    it.write("packs/one", identity("two"));
    it.write("packs/two", identity("one"));
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ one: "published", two: "published" });
    expect([it.read("volume/one/which.txt"), it.read("volume/two/which.txt")]).toEqual(["2", "1"]);
    expect(it.once().outcomes).toEqual({ one: "unchanged", two: "unchanged" });
  });

  test("a renamed directory with the same `ref` is the same pack", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    const before = stampsOf(it.at("volume/deploy"));
    it.move("packs/deploy", "packs/deploy-v2");
    expect(it.once().outcomes).toEqual({ core: "unchanged", deploy: "unchanged" });
    expect(stampsOf(it.at("volume/deploy"))).toEqual(before);
    it.write("packs/deploy-v2/README.md", "x");
    expect(it.once().outcomes).toEqual({ core: "unchanged", deploy: "published" });
  });
});

describe("a pack that moves between packs and packs.dev", () => {
  test("is never retired nor rewritten, and its content follows from there, both ways", () => {
    using it = story({ packs: packs("core", "mine"), "packs.dev": {} });
    it.once();
    const before = stampsOf(it.at("volume/mine"));
    it.move("packs/mine", "packs.dev/mine");
    const moved = it.once();
    expect(moved.code).toBe(0);
    expect(moved.outcomes).toEqual({ core: "unchanged", mine: "unchanged" });
    expect(moved.pack("mine").source).toBe("packs.dev");
    expect(stampsOf(it.at("volume/mine"))).toEqual(before);
    it.write("packs.dev/mine/README.md", "new");
    expect(it.once().pack("mine")).toMatchObject({ outcome: "published", source: "packs.dev" });
    expect(it.tree("volume/mine")).toEqual(it.tree("packs.dev/mine"));

    it.move("packs.dev/mine", "packs/mine");
    it.write("packs/mine/README.md", "newer");
    expect(it.once().pack("mine")).toMatchObject({ outcome: "published", source: "packs" });
    expect(it.tree("volume/mine")).toEqual(it.tree("packs/mine"));
  });

  test("as the only one of packs holds nothing, because nothing is to be removed", () => {
    using it = story({ packs: packs("mine"), "packs.dev": {} });
    it.once();
    it.move("packs/mine", "packs.dev/mine");
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ mine: "unchanged" });
  });
});

describe("a development pack over a production pack of the same ref", () => {
  test("shadows it, and its removal brings the other back", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.write("packs.dev", { core: pack("core", { "dev.txt": "x" }, "1.1.0-dev") });
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.pack("core")).toMatchObject({ outcome: "published", source: "packs.dev", version: "1.1.0-dev" });
    expect(run.report.shadowed).toEqual([{ ref: "core", source: "packs", by: "packs.dev" }]);
    expect(it.tree("volume/core")).toEqual(it.tree("packs.dev/core"));

    it.write("packs/core/README.md", "nobody sees this yet");
    expect(it.once().pack("core")).toMatchObject({ outcome: "unchanged", source: "packs.dev" });

    it.remove("packs.dev/core");
    const back = it.once();
    expect(back.code).toBe(0);
    expect(back.pack("core")).toMatchObject({ outcome: "published", source: "packs", version: "1.0.0" });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("shadows it also while its newest state is rejected: its last good release stays", () => {
    using it = story({ packs: packs("core"), "packs.dev": { core: pack("core", { "dev.txt": "x" }) } });
    it.once();
    it.write("packs.dev/core/actions/echo.yaml", brokenYaml);
    it.write("packs/core/README.md", "x");
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.pack("core")).toMatchObject({ outcome: "rejected", source: "packs.dev" });
    expect(it.read("volume/core/dev.txt")).toBe("x");
    expect(it.exists("volume/core/README.md")).toBe(false);
  });

  test("does not hide it while it was never good", () => {
    using it = story({
      packs: packs("core"),
      "packs.dev": { core: pack("core", { actions: { "a.yaml": brokenYaml } }) },
    });
    const run = it.once();
    expect(run.code).toBe(0);
    const outcomes = run.report.packs.map(({ source, outcome }) => [source, outcome]);
    expect(outcomes).toEqual(
      expect.arrayContaining([
        ["packs.dev", "rejected"],
        ["packs", "published"],
      ]),
    );
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    it.write("packs.dev/core/actions", { "a.yaml": action("a"), "echo.sh": script("echo a") });
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", source: "packs.dev" });
    expect(it.tree("volume/core")).toEqual(it.tree("packs.dev/core"));
  });

  test("that comes broken does not hide a production pack that is live already", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("packs.dev", { core: { "pack.yaml": manifest("core"), actions: { "a.yaml": brokenYaml } } });
    it.write("packs/core/README.md", "goes on");
    const run = it.once();
    expect(run.code).toBe(0);
    expect(it.read("volume/core/README.md")).toBe("goes on");
  });

  test("is retired when both are deleted", () => {
    using it = story({ packs: packs("core", "other"), "packs.dev": packs("core") });
    it.once();
    it.remove("packs/core");
    it.remove("packs.dev/core");
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ core: "retired", other: "unchanged" });
  });
});

test("the only development pack, deleted, is retired, and exit 0", () => {
  using it = story({ packs: packs("core"), "packs.dev": packs("mine") });
  it.once();
  it.remove("packs.dev/mine");
  const run = it.once();
  expect(run.code).toBe(0);
  expect(run.outcomes).toEqual({ core: "unchanged", mine: "retired" });
  expect(it.exists("volume/mine")).toBe(false);
});

describe("two packs with one ref in one source", () => {
  test("are both rejected when neither is live", () => {
    using it = story({ packs: { core: pack("core"), one: pack("deploy"), two: pack("deploy") } });
    const run = it.once();
    expect(run.code).toBe(1);
    const refused = run.report.packs.filter(({ ref }) => ref === "deploy");
    expect(refused.map(({ directory, outcome }) => [directory, outcome]).sort()).toEqual([
      ["one", "rejected"],
      ["two", "rejected"],
    ]);
    const codes = refused.flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code));
    expect(codes).toEqual(["manifest.duplicate_ref", "manifest.duplicate_ref"]);
    expect(it.exists("volume/deploy")).toBe(false);
    expect(it.exists("volume/core")).toBe(true);
  });

  test("leave the live one live, and it goes on", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.write("packs", { "copy-of-deploy": pack("deploy", { "copy.txt": "x" }) });
    it.write("packs/deploy/README.md", "goes on");
    const run = it.once();
    expect(run.code).toBe(1);
    expect(it.tree("volume/deploy")).toEqual(it.tree("packs/deploy"));
    const outcomes = run.report.packs
      .filter(({ ref }) => ref === "deploy")
      .map(({ directory, outcome }) => [directory, outcome]);
    expect(outcomes.sort()).toEqual([
      ["copy-of-deploy", "rejected"],
      ["deploy", "published"],
    ]);
    it.write("packs/copy-of-deploy", identity("copy"));
    const mended = it.once();
    expect(mended.code).toBe(0);
    expect(mended.outcomes).toEqual({ core: "unchanged", deploy: "unchanged", copy: "published" });
  });
});

describe("several production sources", () => {
  test("are one volume, and the later one shadows", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.write("more", { core: pack("core", {}, "2.0.0"), extra: pack("extra") });
    const run = it.once(["--packs", "packs", "--packs", "extra=more"]);
    expect(run.code).toBe(0);
    expect(run.pack("core")).toMatchObject({ source: "extra", version: "2.0.0" });
    expect(run.outcomes).toEqual({ core: "published", deploy: "published", extra: "published" });
  });

  test("a run judges only the sources it was given", () => {
    using it = story({ packs: packs("core") });
    it.write("more", packs("extra"));
    it.once(["--packs", "packs", "--packs", "extra=more"]);
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
    expect(it.exists("volume/extra/pack.yaml")).toBe(true);
  });
});
