import { chmodSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { build } from "./support/machine.ts";
import { pack, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { executable, stampsOf, type Tree } from "./support/tree.ts";

const needs = { tools: ["gcc"] };
const BINARY = "sensors/timer-sensor";

function withBinary(content: Uint8Array): Tree {
  return pack("core", { sensors: { "timer-sensor": executable(content) } });
}

/** As init-pack-binaries does it at every `up`: `cp` in place. */
function rewrite(it: Story, content: Uint8Array): void {
  writeFileSync(it.at(`volume/core/${BINARY}`), content);
}

function live(it: Story): Buffer {
  return readFileSync(it.at(`volume/core/${BINARY}`));
}

describe("a static binary that somebody else put into the volume", () => {
  testWith(needs, "survives a dynamic build of the source, loudly, and stays through later syncs", () => {
    const [theirs, dynamic] = [build("static", 1), build("dynamic", 2)];
    using it = story({
      packs: { core: withBinary(dynamic) },
      volume: { core: { sensors: { "timer-sensor": executable(theirs) } } },
    });
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.pack("core")).toMatchObject({ outcome: "published", changes: { preserved: 1 } });
    expect(run.pack("core").diagnostics).toMatchObject([
      { severity: "warning", code: "volume.preserved", file: BINARY },
    ]);
    expect(live(it)).toEqual(theirs);
    it.write("packs/core/README.md", "x");
    it.once();
    expect(live(it)).toEqual(theirs);
    const again = it.once().pack("core");
    expect(again).toMatchObject({ outcome: "unchanged", diagnostics: [{ code: "volume.preserved" }] });
  });

  testWith(needs, "survives a source without it, and the pack's retirement", () => {
    const theirs = build("static", 1);
    using it = story({ packs: packs("core", "other") });
    it.once();
    it.write("volume/core", { sensors: { "timer-sensor": executable(theirs) } });
    it.write("packs/core/README.md", "x");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { carried: 1 } });
    expect(live(it)).toEqual(theirs);
    it.remove("packs/core");
    expect(it.once().outcomes["core"]).toBe("retired");
    expect(live(it)).toEqual(theirs);
    expect(it.exists("volume/core/pack.yaml")).toBe(false);
  });

  testWith(
    needs,
    "wins over the source's static build at first, gives way once that changes, and never wins again",
    () => {
      const [theirs, first, second] = [build("static", 1), build("static", 2), build("static", 3)];
      using it = story({
        packs: { core: withBinary(first) },
        volume: { core: { sensors: { "timer-sensor": executable(theirs) } } },
      });
      expect(it.once().pack("core")).toMatchObject({ changes: { preserved: 1 } });
      expect(live(it)).toEqual(theirs);

      it.write("packs", { core: withBinary(second) });
      expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 1, preserved: 0 } });
      expect(live(it)).toEqual(second);

      rewrite(it, theirs);
      const run = it.once();
      expect(run.code).toBe(0);
      expect(live(it)).toEqual(second);
      expect(it.once().outcomes).toEqual({ core: "unchanged" });

      rewrite(it, theirs);
      it.write("packs/core/README.md", "an edit at the same time");
      it.once();
      expect(live(it)).toEqual(second);
    },
  );

  testWith(needs, "wins when it is new itself: the source changed, and the volume, too", () => {
    const [theirs, first, second, newer] = [
      build("static", 1),
      build("static", 2),
      build("static", 3),
      build("static", 4),
    ];
    using it = story({
      packs: { core: withBinary(first) },
      volume: { core: { sensors: { "timer-sensor": executable(theirs) } } },
    });
    it.once();
    it.write("packs", { core: withBinary(second) });
    rewrite(it, newer);
    it.once();
    expect(live(it)).toEqual(newer);
  });

  testWith(needs, "is replaced with --preserve off, and its bytes are kept in history", () => {
    const [theirs, dynamic] = [build("static", 1), build("dynamic", 2)];
    using it = story({
      packs: { core: withBinary(dynamic) },
      volume: { core: { sensors: { "timer-sensor": executable(theirs) } } },
    });
    it.once();
    const run = it.once(["--preserve", "off"]);
    expect(run.pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 1 } });
    expect(run.codes("core")).toContain("volume.displaced");
    expect(live(it)).toEqual(dynamic);
  });

  testWith(needs, "wins over everything with --preserve always", () => {
    const [theirs, first, second] = [build("dynamic", 1), build("static", 2), build("static", 3)];
    using it = story({
      packs: { core: withBinary(first) },
      volume: { core: { sensors: { "timer-sensor": executable(theirs) } } },
    });
    it.once(["--preserve", "always"]);
    expect(live(it)).toEqual(theirs);
    it.write("packs", { core: withBinary(second) });
    it.once(["--preserve", "always"]);
    expect(live(it)).toEqual(theirs);
  });
});

describe("a dynamic binary that somebody else put into the volume", () => {
  testWith(needs, "gives way to a static build of the source", () => {
    const [theirs, first] = [build("dynamic", 1), build("static", 2)];
    using it = story({
      packs: { core: withBinary(first) },
      volume: { core: { sensors: { "timer-sensor": executable(theirs) } } },
    });
    const run = it.once();
    expect(run.codes("core")).toContain("volume.displaced");
    expect(live(it)).toEqual(first);
  });

  testWith(needs, "stays when the source's is dynamic, too", () => {
    const [theirs, dynamic] = [build("dynamic", 1), build("dynamic", 2)];
    using it = story({
      packs: { core: withBinary(dynamic) },
      volume: { core: { sensors: { "timer-sensor": executable(theirs) } } },
    });
    it.once();
    expect(live(it)).toEqual(theirs);
  });
});

describe("a binary that packsync published", () => {
  testWith(needs, "follows its source, but is never replaced by a dynamic build, loudly", () => {
    const [first, second, dynamic] = [build("static", 1), build("static", 2), build("dynamic", 3)];
    using it = story({ packs: { core: withBinary(first) } });
    expect(it.once().code).toBe(0);
    it.write("packs", { core: withBinary(second) });
    expect(it.once().pack("core").outcome).toBe("published");
    expect(live(it)).toEqual(second);
    it.write("packs", { core: withBinary(dynamic) });
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.pack("core").diagnostics).toMatchObject([
      { severity: "warning", code: "volume.preserved", hint: expect.any(String) },
    ]);
    expect(live(it)).toEqual(second);
    it.write("packs", { core: withBinary(first) });
    it.once();
    expect(live(it)).toEqual(first);
  });

  testWith(needs, "leaves with its source", () => {
    using it = story({ packs: { core: withBinary(build("static", 1)) } });
    it.once();
    it.remove("packs/core/sensors");
    it.once();
    expect(it.exists(`volume/core/${BINARY}`)).toBe(false);
  });

  testWith(needs, "comes out executable, as scripts do, although the source forgot it, and a hint says so", () => {
    using it = story({
      packs: { core: pack("core", { tool: build("static", 1), "run.py": "#!/usr/bin/env python3\n" }) },
    });
    const run = it.once();
    expect(run.code).toBe(0);
    const hints = run.pack("core").diagnostics.map(({ severity, code, file }) => ({ severity, code, file }));
    expect(hints).toEqual([
      { severity: "hint", code: "script.not_executable", file: "run.py" },
      { severity: "hint", code: "script.not_executable", file: "tool" },
    ]);
    for (const name of ["tool", "run.py"]) expect(lstatSync(it.at(`volume/core/${name}`)).mode & 0o777).toBe(0o755);
    expect(lstatSync(it.at("packs/core/tool")).mode & 0o777).toBe(0o644);

    const again = it.once().pack("core");
    expect(again).toMatchObject({ outcome: "unchanged", diagnostics: run.pack("core").diagnostics });
    const before = stampsOf(it.at("volume/core"));
    chmodSync(it.at("packs/core/tool"), 0o755);
    chmodSync(it.at("packs/core/run.py"), 0o755);
    const mended = it.once().pack("core");
    expect(mended).toMatchObject({ outcome: "unchanged", diagnostics: [] });
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
  });
});
