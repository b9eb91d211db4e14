import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { build } from "./support/machine.ts";
import { pack } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { executable, treeOf } from "./support/tree.ts";

const needs = { tools: ["gcc"] };
const TIMER = "sensors/timer";

function live(it: Story, path: string): Buffer {
  return readFileSync(it.at(`volume/${path}`));
}

describe("a container that copies its binary into the volume at every start", () => {
  const ways = [
    { title: "in place", copy: (path: string, bytes: Buffer) => writeFileSync(path, bytes) },
    {
      title: "by rename",
      copy(path: string, bytes: Buffer) {
        writeFileSync(`${path}.tmp`, bytes, { mode: 0o755 });
        renameSync(`${path}.tmp`, path);
      },
    },
  ];

  for (const { title, copy } of ways) {
    testWith(needs, `wins before the author's rebuild, and never after it: ${title}`, () => {
      const [theirs, first, rebuilt] = [build("static", 1), build("static", 2), build("static", 3)];
      using it = story({ packs: { core: pack("core", { sensors: { timer: executable(first) } }) } });
      const start = () => copy(it.at(`volume/core/${TIMER}`), theirs);
      it.write("volume", { core: { sensors: {} } });
      start();
      for (let times = 0; times < 2; times++) {
        expect(it.once().codes("core")).toEqual(["volume.preserved"]);
        expect(live(it, `core/${TIMER}`)).toEqual(theirs);
        start();
      }

      it.write("packs/core/sensors", { timer: executable(rebuilt) });
      expect(it.once().codes("core")).toEqual(["volume.displaced"]);
      expect(live(it, `core/${TIMER}`)).toEqual(rebuilt);

      for (let times = 0; times < 3; times++) {
        start();
        const run = it.once();
        expect(run.pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 1, preserved: 0 } });
        expect(live(it, `core/${TIMER}`)).toEqual(rebuilt);
        expect(it.once().pack("core")).toMatchObject({ outcome: "unchanged", changes: { preserved: 0 } });
      }
    });
  }

  testWith(needs, "does not win over a script that the author put into its place, either", () => {
    const [theirs, first, rebuilt] = [build("static", 1), build("static", 2), build("static", 3)];
    using it = story({
      packs: { core: pack("core", { sensors: { timer: executable(first) } }) },
      volume: { core: { sensors: { timer: executable(theirs) } } },
    });
    it.once();
    for (const content of [rebuilt, "#!/bin/sh\nexit 0\n"]) {
      it.write("packs/core/sensors", { timer: executable(content) });
      expect(it.once().pack("core").outcome).toBe("published");
      writeFileSync(it.at(`volume/core/${TIMER}`), theirs);
      it.once();
      expect(live(it, `core/${TIMER}`)).toEqual(Buffer.from(content));
    }
  });
});

testWith(needs, "a dynamic sensor of the author's own, in packs.dev, goes live each of ten times", () => {
  using it = story({
    packs: { core: pack("core") },
    "packs.dev": {
      mine: {
        triggers: { "tick.yaml": "ref: mine.tick\nlabel: Tick\n" },
        sensors: { "timer.yaml": "ref: mine.timer\nentry_point: timer\ntrigger_types: [mine.tick]\n" },
      },
    },
  });
  for (let answer = 1; answer <= 10; answer++) {
    const bytes = build("dynamic", answer);
    it.write("packs.dev/mine/sensors", { timer: executable(bytes) });
    const run = it.once();
    expect(run.pack("mine")).toMatchObject({ outcome: "published" });
    expect(run.codes("mine")).toEqual(["binary.dynamic"]);
    expect(live(it, `mine/${TIMER}`)).toEqual(bytes);
  }
  expect(it.once().outcomes).toEqual({ core: "unchanged", mine: "unchanged" });
});

describe("a Python pack with compiled modules", () => {
  testWith(needs, "has its own follow the source, and those of its virtual environment survive", () => {
    using it = story({
      packs: { core: pack("core", { lib: { "fast.so": build("library", 1), "gone.so": build("library", 2) } }) },
    });
    expect(it.once().outcomes).toEqual({ core: "published" });
    const venv = { lib: { "site.so": build("library", 3) }, bin: { python: executable(build("dynamic", 4)) } };
    it.write("volume/core", { ".venv": venv });
    const theirs = treeOf(it.at("volume/core/.venv"));

    it.remove("packs/core/lib/gone.so");
    it.write("packs/core/lib", { "fast.so": build("library", 5), "more.so": build("library", 6) });
    const run = it.once();
    expect(run.pack("core")).toMatchObject({
      outcome: "published",
      changes: { added: 1, replaced: 1, removed: 1, preserved: 0, carried: 2 },
      diagnostics: [],
    });
    expect(live(it, "core/lib/fast.so")).toEqual(build("library", 5));
    expect(it.exists("volume/core/lib/gone.so")).toBe(false);
    expect(treeOf(it.at("volume/core/.venv"))).toEqual(theirs);

    it.remove("packs/core");
    it.write("packs", { other: pack("other") });
    expect(it.once().outcomes["core"]).toBe("retired");
    expect(treeOf(it.at("volume/core"))).toEqual({
      ".venv": "directory",
      ...Object.fromEntries(Object.entries(theirs).map(([path, entry]) => [`.venv/${path}`, entry])),
    });
  });

  testWith(
    needs,
    "keeps a library that somebody else compiled where the source has one, and says how to have it otherwise",
    () => {
      const [theirs, ours] = [build("library", 1), build("library", 2)];
      using it = story({
        packs: { core: pack("core", { lib: { "fast.so": ours } }) },
        volume: { core: { lib: { "fast.so": theirs } } },
      });
      const [finding] = it.once().pack("core").diagnostics;
      expect(finding?.message).toContain("is a shared library in the source");
      expect(finding?.hint).toContain('`"core/lib/fast.so": off` below `preserve.files`');
      expect(live(it, "core/lib/fast.so")).toEqual(theirs);

      it.write("packsync.yaml", 'preserve: {files: {"core/**/*.so": off}}\n');
      expect(it.once().codes("core")).toEqual(["volume.displaced"]);
      expect(live(it, "core/lib/fast.so")).toEqual(ours);
    },
  );
});

describe("a policy for single files", () => {
  testWith(
    needs,
    "`off` lets the source's dynamic build of one file win, while others stay, and can be taken back",
    () => {
      const [theirs, dynamic] = [build("static", 1), build("dynamic", 2)];
      const both = (bytes: Buffer) => ({ sensors: { timer: executable(bytes), watch: executable(bytes) } });
      using it = story({ packs: { core: pack("core", both(dynamic)) }, volume: { core: both(theirs) } });
      const run = it.once();
      expect(run.pack("core").changes).toMatchObject({ preserved: 2 });
      expect(it.once().outcomes).toEqual({ core: "unchanged" });

      const hint = run.pack("core").diagnostics.find(({ file }) => file === TIMER)?.hint ?? "";
      const [, line = ""] = /`("core\/sensors\/timer": off)`/.exec(hint) ?? [];
      it.write("packsync.yaml", `preserve:\n  files:\n    ${line}\n`);
      const config = it.packsync(["config", "--explain"]).stdout;
      expect(config).toMatch(
        /^preserve: \{default: static-elf, files: \{core\/sensors\/timer: off\}\} +# .*packsync\.yaml:1$/m,
      );
      expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 1, preserved: 1 } });
      expect(live(it, `core/${TIMER}`)).toEqual(dynamic);
      expect(live(it, "core/sensors/watch")).toEqual(theirs);
      expect(it.once().outcomes).toEqual({ core: "unchanged" });

      it.remove("packsync.yaml");
      writeFileSync(it.at(`volume/core/${TIMER}`), build("static", 3));
      expect(it.once().pack("core").changes).toMatchObject({ preserved: 2 });
      expect(live(it, `core/${TIMER}`)).toEqual(build("static", 3));
    },
  );

  testWith(needs, "`always` keeps even what packsync published, until the word is taken back", () => {
    const [first, second] = [build("static", 1), build("static", 2)];
    const both = (bytes: Buffer) => ({ sensors: { timer: executable(bytes), watch: executable(bytes) } });
    using it = story({ packs: { core: pack("core", both(first)) } });
    it.once();
    it.write("packsync.yaml", `preserve: {files: {"*/${TIMER}": always}}\n`);
    it.write("packs/core", both(second));
    expect(it.once().pack("core")).toMatchObject({
      changes: { replaced: 1, preserved: 1 },
      diagnostics: [{ severity: "hint", code: "volume.preserved", file: TIMER }],
    });
    expect(live(it, `core/${TIMER}`)).toEqual(first);
    expect(live(it, "core/sensors/watch")).toEqual(second);

    it.remove("packsync.yaml");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", diagnostics: [] });
    expect(live(it, `core/${TIMER}`)).toEqual(second);
  });

  testWith(needs, "is wrong in a line of packsync.yaml: nothing is published", () => {
    using it = story({ packs: { core: pack("core") } });
    it.write("packsync.yaml", "preserve:\n  files:\n    core/sensors/timer: nope\n");
    const { code, stderr } = it.packsync(["--once"]);
    expect(code).toBe(2);
    expect(stderr).toContain("packsync.yaml:3:25");
    expect(it.exists("volume/core")).toBe(false);
  });
});

testWith(needs, "`preserve: off` mirrors: a binary that somebody changed leaves with its source, into history", () => {
  using it = story({ packs: { core: pack("core", { sensors: { timer: executable(build("static", 1)) } }) } });
  it.write("packsync.yaml", "preserve: off\n");
  it.once();
  writeFileSync(it.at(`volume/core/${TIMER}`), build("static", 2));
  it.remove(`packs/core/${TIMER}`);
  expect(it.once().codes("core")).toEqual(["volume.displaced"]);
  expect(it.exists(`volume/core/${TIMER}`)).toBe(false);
});

testWith(needs, "a plan says of an unchanged pack why its binary stays, and what to do", () => {
  using it = story({
    packs: { core: pack("core", { sensors: { timer: executable(build("dynamic", 2)) } }) },
    volume: { core: { sensors: { timer: executable(build("static", 1)) } } },
  });
  it.once();
  const { stdout } = it.packsync(["plan"]);
  expect(stdout).toMatch(/^core {2}1\.0\.0 {2}packs {2}unchanged/m);
  expect(stdout).toContain("`sensors/timer` is dynamic (needs `");
  expect(stdout).toContain("→ Build it static");
});
