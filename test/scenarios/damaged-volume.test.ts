import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { fill, mount } from "./support/machine.ts";
import { action, manifest, pack, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { stampsOf, walk } from "./support/tree.ts";

const STATE = "volume/.packsync/state.db";

describe("a volume that lost something", () => {
  test("everything: all is published again", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.remove("volume");
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "published" } });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("all packs, but not what packsync knows: all come back", () => {
    using it = story({ packs: packs("a1", "a2", "a3", "a4") });
    it.once();
    for (const ref of ["a1", "a2", "a3", "a4"]) it.remove(`volume/${ref}`);
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.report.totals).toMatchObject({ published: 4 });
    expect(it.tree("volume/a4")).toEqual(it.tree("packs/a4"));
  });

  test("what packsync keeps in it: every pack is adopted, nothing is lost nor rewritten", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.write("volume/core", { ".venv": { python: "theirs" } });
    it.remove("volume/.packsync");
    const isFile = (path: string) => /\.(yaml|sh)$|python/.test(path);
    const before = stampsOf(it.at("volume"), isFile);
    const run = it.once();
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "published" } });
    expect(run.pack("core").changes).toEqual({ added: 0, replaced: 0, removed: 0, preserved: 0, carried: 1 });
    expect(run.pack("core").diagnostics).toMatchObject([{ code: "volume.leftover", file: ".venv/python" }]);
    expect(stampsOf(it.at("volume"), (path) => isFile(path) && !path.startsWith(".packsync"))).toEqual(before);
    expect(it.once().outcomes).toEqual({ core: "unchanged", deploy: "unchanged" });
    for (const name of ["echo.sh", "echo.yaml"]) it.remove(`packs/core/actions/${name}`);
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { removed: 2 } });
    expect(it.exists("volume/core/actions/echo.sh")).toBe(false);
  });

  test("its history: it goes on", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("packs/core/README.md", "1");
    it.once();
    it.remove("volume/.packsync/releases");
    it.write("packs/core/README.md", "2");
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });
});

describe("a database that is", () => {
  test.for<{ title: string; damage: (path: string) => void; isKept: boolean }>([
    { title: "deleted", damage: (path) => rmSync(path), isKept: false },
    { title: "emptied", damage: (path) => truncateSync(path), isKept: false },
    { title: "truncated", damage: (path) => truncateSync(path, 5000), isKept: true },
    { title: "cut within its header", damage: (path) => truncateSync(path, 50), isKept: true },
    { title: "garbage", damage: (path) => writeFileSync(path, Buffer.alloc(8192, "garbage")), isKept: true },
    {
      title: "garbage behind a good header",
      damage: (path) => writeFileSync(path, garbled(readFileSync(path))),
      isKept: true,
    },
  ])("$title is rebuilt from the manifests: nothing is rewritten, exit 0", ({ damage, isKept }) => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.write("packs/core/README.md", "2");
    const second = it.once().pack("core").release;
    const before = stampsOf(it.at("volume"), isContent);
    damage(it.at(STATE));
    const run = it.once();
    expect(run).toMatchObject({ code: 0, outcomes: { core: "unchanged", deploy: "unchanged" } });
    expect(run.pack("core").release).toBe(second);
    expect(stampsOf(it.at("volume"), isContent)).toEqual(before);
    const kept = readdirSync(it.at("volume/.packsync")).filter((name) => name.startsWith("state.db.corrupt-"));
    expect(kept).toHaveLength(isKept ? 1 : 0);
    if (isKept) expect(run.stderr).toContain("rebuilt from the manifests");
    it.remove("packs/core/README.md");
    expect(it.once().pack("core")).toMatchObject({
      outcome: "published",
      release: expect.stringMatching(/^3-/),
      changes: { removed: 1 },
    });
  });

  test("lost remembers a retired pack's release numbers, and that a source had packs", () => {
    using it = story({ packs: packs("core", "extra") });
    it.once();
    it.move("packs/extra", "aside");
    it.once();
    it.remove(STATE);
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
    it.move("packs", "gone");
    expect(it.once()).toMatchObject({ code: 3, outcomes: { core: "held" } });
    it.move("gone", "packs");
    it.move("aside", "packs/extra");
    expect(it.once().outcomes).toEqual({ core: "unchanged", extra: "published" });
  });

  test.for(["sync", "status", "plan"])("from a newer packsync stops %s: exit 3, and says so", (command) => {
    using it = story({ packs: packs("core") });
    it.once();
    const before = stampsOf(it.at("volume"), isContent);
    const database = new DatabaseSync(it.at(STATE));
    database.exec("PRAGMA user_version = 999");
    database.close();
    const { code, stderr } = it.packsync(command === "sync" ? ["--once"] : [command]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/999: a newer packsync wrote it/);
    expect(stderr).toContain("→");
    expect(stampsOf(it.at("volume"), isContent)).toEqual(before);
  });

  test.for(["status", "plan"])("corrupt is no crash for %s", (command) => {
    using it = story({ packs: packs("core") });
    it.once();
    writeFileSync(it.at(STATE), Buffer.alloc(8192, "garbage"));
    const { stderr } = it.packsync([command]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

/** The packs, not what packsync itself keeps. */
function isContent(path: string): boolean {
  return path !== "" && !path.startsWith(".packsync");
}

function garbled(bytes: Buffer): Buffer {
  return bytes.fill(0xa5, 200);
}

describe("a volume that cannot be written", () => {
  testWith(
    { root: true, tools: ["mount"] },
    "because it is mounted read-only, and was never used before: exit 3 with the sentence",
    () => {
      using it = story({ packs: packs("core") });
      mount(it, "volume", "-t", "tmpfs", "-o", "ro", "none");
      const { code, stderr } = it.packsync(["--once"]);
      expect(code).toBe(3);
      expect(stderr).toMatch(/EROFS.*\n.*read-only: mount it read-write/);
    },
  );

  testWith(
    { root: true, tools: ["mount"] },
    "because it is mounted read-only: exit 3 with the sentence, and nothing changes",
    () => {
      using it = story({ packs: packs("core") });
      mount(it, "volume", "-t", "tmpfs", "none");
      it.once();
      const before = it.tree("volume");
      execFileSync("mount", ["-o", "remount,ro", it.at("volume")]);
      it.write("packs/core/README.md", "x");
      const { code, stdout, stderr } = it.packsync(["--once"]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toMatch(/read-only: mount it read-write/);
      expect(it.tree("volume")).toEqual(before);
      expect(it.packsync(["status"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/core.*live/) });
      expect(it.packsync(["plan"])).toMatchObject({ code: 0, stdout: expect.stringContaining("README.md") });
      const required = it.packsync(["--once", "--require", "core"]);
      expect(required.code).toBe(0);
      expect(required.stderr).toContain("read-only");
    },
  );

  testWith(
    { root: true, tools: ["mount"] },
    "because it is full: that pack fails with the hint, its old release stays, others go on",
    () => {
      using it = story({ packs: packs("core", "deploy") });
      mount(it, "volume", "-t", "tmpfs", "-o", "size=2m", "none");
      it.once();
      const before = stampsOf(it.at("volume/core"));
      it.write("packs/core", { big: "x".repeat(4_000_000) });
      it.write("packs/deploy/README.md", "small");
      const run = it.once();
      expect(run.code).toBe(1);
      expect(run.outcomes).toEqual({ core: "failed", deploy: "published" });
      expect(run.pack("core").diagnostics).toMatchObject([
        { severity: "error", hint: expect.stringMatching(/[Mm]ake room/) },
      ]);
      expect(stampsOf(it.at("volume/core"))).toEqual(before);
      it.remove("packs/core/big");
      expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "unchanged", deploy: "unchanged" } });
    },
  );

  testWith(
    { root: true, tools: ["mount"] },
    "because not a single block is left: a sentence, no crash; and it goes on when there is room",
    () => {
      using it = story({ packs: packs("core", "deploy") });
      mount(it, "volume", "-t", "tmpfs", "-o", "size=1m", "none");
      it.once();
      const before = stampsOf(it.at("volume/core"));
      fill(it.at("volume/filler"));
      it.write("packs/core/actions/echo.yaml", action("louder"));
      const { code, stdout, stderr } = it.packsync(["--once"]);
      expect([1, 3]).toContain(code);
      expect(`${stdout}${stderr}`).toMatch(/[Mm]ake room/);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(stampsOf(it.at("volume/core"))).toEqual(before);
      it.remove("volume/filler");
      expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "unchanged" } });
      expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    },
  );

  testWith({ root: true }, "because another user owns it: exit 3 with the sentence", () => {
    using it = story({ packs: packs("core"), volume: {} });
    const { code, stderr } = it.packsync(["--once"], { uid: 1000 });
    expect(code).toBe(3);
    expect(stderr).toMatch(/volume, which belongs to user 0:0, as user 1000:1000: EACCES/);
    expect(stderr).toMatch(/Run packsync as root or as the one user who owns the volume/);
    it.once();
    const second = it.packsync(["--once"], { uid: 1000 });
    expect(second.code).toBe(3);
    expect(second.stderr).toMatch(/Run packsync as root or as the one user who owns the volume/);
    expect(second.stderr).not.toMatch(/\n\s+at /);
  });

  test("because it is a file: exit 3 with the sentence", () => {
    using it = story({ packs: packs("core") });
    it.write("volume", "a file");
    const { code, stderr } = it.packsync(["--once"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/--volume/);
  });

  testWith(
    { root: true, tools: ["mount"] },
    "because a pack's directory is a mount: that pack fails with the sentence, others go on",
    () => {
      using it = story({ packs: packs("core", "deploy"), volume: {} });
      mount(it, "volume/core", "-t", "tmpfs", "none");
      const run = it.once();
      expect(run).toMatchObject({ code: 1, outcomes: { core: "failed", deploy: "published" } });
      expect(run.pack("core").diagnostics).toMatchObject([
        { message: expect.stringContaining("mount point"), hint: expect.any(String) },
      ]);
    },
  );
});

describe("users who share a volume", () => {
  testWith({ root: true }, "root, then uid 1000, then root again, with --owner 1000:1000", () => {
    using it = story({ packs: packs("core", "deploy") });
    const owner = ["--owner", "1000:1000"];
    expect(it.once(owner)).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "published" } });
    expectOwner(it, 1000);
    expect(it.once(owner, { uid: 1000 })).toMatchObject({
      code: 0,
      outcomes: { core: "unchanged", deploy: "unchanged" },
    });
    it.write("packs/core/README.md", "by 1000");
    expect(it.once(owner, { uid: 1000 })).toMatchObject({ code: 0, outcomes: { core: "published" } });
    it.write("packs/core/README.md", "by root");
    it.write("packs", packs("extra"));
    expect(it.once(owner)).toMatchObject({ code: 0, outcomes: { core: "published", extra: "published" } });
    expectOwner(it, 1000);
    it.write("packs/core/README.md", "by 1000 again");
    it.remove("packs/extra");
    expect(it.once(owner, { uid: 1000 })).toMatchObject({ code: 0, outcomes: { core: "published", extra: "retired" } });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  testWith({ root: true }, "as root without --owner what is made belongs to the volume's owner", () => {
    using it = story({ packs: packs("core"), volume: {} });
    chownSync(it.at("volume"), 1000, 1000);
    it.once();
    expectOwner(it, 1000);
    it.write("packs/core/README.md", "x");
    expect(it.once([], { uid: 1000 })).toMatchObject({ code: 0, outcomes: { core: "published" } });
  });

  testWith({ root: true }, "--owner is given to files and directories alike, and to nothing that is not ours", () => {
    using it = story({ packs: packs("core"), volume: { installed: pack("installed") } });
    it.once(["--owner", "1234:2345"]);
    expect(lstatSync(it.at("volume/core/actions"))).toMatchObject({ uid: 1234, gid: 2345 });
    expect(lstatSync(it.at("volume/core/actions/echo.sh"))).toMatchObject({ uid: 1234, gid: 2345 });
    expect(lstatSync(it.at("volume/installed/pack.yaml"))).toMatchObject({ uid: 0, gid: 0 });
  });

  testWith(
    { root: true },
    "uid 1000 cannot replace what root left in its volume: that pack fails with a sentence",
    () => {
      using it = story({ packs: packs("core", "deploy"), volume: { core: pack("core", { theirs: "x" }) } });
      chownSync(it.at("volume"), 1000, 1000);
      chmodSync(it.at("volume/core/theirs"), 0o600);
      const before = it.tree("volume/core");
      const run = it.once([], { uid: 1000 });
      expect(run).toMatchObject({ code: 1, outcomes: { core: "failed", deploy: "published" } });
      expect(run.pack("core").diagnostics).toContainEqual(
        expect.objectContaining({ severity: "error", hint: expect.stringMatching(/root/) }),
      );
      expect(it.tree("volume/core")).toEqual(before);
    },
  );
});

/** Everything in the volume, packsync's own files among it. */
function expectOwner(it: Story, uid: number): void {
  const others = ["", ...walk(it.at("volume"))].filter((path) => lstatSync(it.at(`volume/${path}`)).uid !== uid);
  expect(others, `what does not belong to ${uid}`).toEqual([]);
}

test("a run that was killed while it staged leaves nothing behind after the next one", () => {
  using it = story({ packs: packs("core") });
  it.once();
  it.write("volume/.packsync/staging", { "core.2": pack("core"), "deploy.1": { "pack.yaml": manifest("deploy") } });
  expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "unchanged" } });
  expect(existsSync(it.at("volume/.packsync/staging/core.2"))).toBe(false);
});
