import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { allOpened } from "./support/machine.ts";
import { pack, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { blockDevice, characterDevice, fifo, LONGEST_NAME, link, UNDECODABLE_NAME } from "./support/tree.ts";

describe("in a source", () => {
  testWith({ root: true }, "devices reject their pack and are not opened; others go on", () => {
    using it = story({
      packs: { core: pack("core", { zero: characterDevice, disk: blockDevice }), deploy: pack("deploy") },
    });
    const run = it.once();
    expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected", deploy: "published" } });
    expect(run.pack("core").diagnostics).toMatchObject([
      { code: "source.special_file", file: "disk" },
      { code: "source.special_file", file: "zero" },
    ]);
  });

  testWith(
    { root: true, tools: ["strace"] },
    "nothing that is no file is opened, nor what links lead to outside",
    () => {
      const odd = {
        pipe: fifo,
        zero: characterDevice,
        out: link("../../secret"),
        abs: link("/etc/hostname"),
        loop: link("loop"),
        up: link(".."),
      };
      using it = story({ packs: { core: pack("core", odd) } });
      it.write("secret", "secret");
      const opened = allOpened(it);
      const files = opened
        .filter((path) => path.startsWith(`${it.directory}/`))
        .map((path) => path.slice(it.directory.length + 1));
      expect(files).toContain("packs/core/pack.yaml");
      for (const name of Object.keys(odd))
        expect(files.filter((path) => path.startsWith(`packs/core/${name}`))).toEqual([]);
      expect(files).not.toContain("secret");
      expect(opened).not.toContain("/etc/hostname");
    },
  );

  test("symlinks that lead in circles through several directories end, and reject their pack", () => {
    using it = story({
      packs: { core: pack("core", { a: { next: link("../b") }, b: { next: link("../a") } }), deploy: pack("deploy") },
    });
    const run = it.once();
    expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected", deploy: "published" } });
    expect(run.codes("core")).toEqual(["source.symlink_loop"]);
  });

  test("symlinks that multiply a directory are counted, not followed for ever", () => {
    const doubled = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `d${index}`,
        { l: link(`../d${index + 1}`), r: link(`../d${index + 1}`) },
      ]),
    );
    using it = story({ packs: { core: pack("core", { ...doubled, d20: { x: "x" } }), deploy: pack("deploy") } });
    it.write("packsync.yaml", "limits: { maxFiles: 1000 }\n");
    const run = it.once();
    expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected", deploy: "published" } });
    expect(run.codes("core")).toEqual(["limits.files"]);
  });

  test("names of 255 bytes are published, deep down, too, and in bytes, not in letters", () => {
    const wide = `${"ü".repeat(127)}x`; // 255 bytes, 128 letters
    const names = {
      [LONGEST_NAME]: "1",
      [wide]: "2",
      ["d".repeat(255)]: { ["e".repeat(255)]: { [LONGEST_NAME]: "3" } },
    };
    using it = story({ packs: { core: pack("core", names) } });
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    it.write(`packs/core/${LONGEST_NAME}`, "changed");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 1 } });
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });

  // PATH_MAX is 4096 bytes; the names of staging are some bytes longer than those of the source.
  test.for([
    { title: "the kernel", length: 4100, outcome: "rejected" },
    { title: "staging", length: 4090, outcome: "failed" },
  ])("a path that is too long for $title stops its pack alone, with a sentence", ({ length, outcome }) => {
    using it = story({ packs: packs("core", "deploy") });
    makeDeep(it, length);
    const run = it.once();
    expect(run).toMatchObject({ code: 1, outcomes: { core: outcome, deploy: "published" } });
    expect(run.pack("core").diagnostics[0]).toMatchObject({
      message: expect.stringContaining("ENAMETOOLONG"),
      hint: expect.stringContaining("horten"),
    });
    expect(it.exists("volume/core")).toBe(false);
  });

  test("directories and links that are not UTF-8 reject their pack by name, whatever is in them", () => {
    using it = story({ packs: packs("core", "deploy") });
    mkdirSync(Buffer.concat([Buffer.from(it.at("packs/core/")), UNDECODABLE_NAME]));
    symlinkSync(UNDECODABLE_NAME, it.at("packs/core/link"));
    const run = it.once();
    expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected", deploy: "published" } });
    expect(run.codes("core")).toEqual(["source.undecodable_name"]);
    expect(run.stdout).toContain("caf\\\\xe9");
  });

  testWith({ root: true }, "a file that packsync's user may not read rejects its pack by name, until it may", () => {
    using it = story({ packs: { core: pack("core", { secret: "x" }), deploy: pack("deploy") }, volume: {} });
    chownSync(it.at("volume"), 1000, 1000);
    chmodSync(it.at("packs/core/secret"), 0o600);
    const run = it.once([], { uid: 1000 });
    expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected", deploy: "published" } });
    expect(run.pack("core").diagnostics).toMatchObject([
      { code: "source.unreadable", file: "secret", hint: expect.any(String) },
    ]);
    chmodSync(it.at("packs/core/secret"), 0o644);
    expect(it.once([], { uid: 1000 })).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "unchanged" } });
  });
});

/** Directories in one another below `packs/core`, and a file in the innermost, whose whole path is so long, in bytes. */
function makeDeep(it: Story, length: number): void {
  const rest = length - it.at("packs/core/").length;
  const path = "d".repeat(rest).replace(/.{201}(?=..)/g, (names) => `${names.slice(1)}/`);
  mkdirSync(dirname(it.at(path)), { recursive: true });
  writeFileSync(it.at(path), "x");
  const [top = ""] = path.split("/");
  it.move(top, `packs/core/${top}`);
  it.defer(() => execFileSync("rm", ["-rf", it.at("packs/core")])); // by and by: no call takes the whole path
}
