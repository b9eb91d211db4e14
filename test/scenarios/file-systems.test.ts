import { execFileSync } from "node:child_process";
import { statSync, truncateSync } from "node:fs";
import { describe, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { fill, mount, mountImage } from "./support/machine.ts";
import { action, pack, packs, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { stampsOf, type Tree } from "./support/tree.ts";

interface FileSystem {
  readonly title: string;
  readonly fileSystem: string;
  readonly mkfs: readonly string[];
  readonly size: string;
}

describe("the ordinary story on", () => {
  for (const { title, fileSystem, mkfs, size } of [
    { title: "ext4", fileSystem: "ext4", mkfs: ["mkfs.ext4", "-q"], size: "32M" },
    {
      title: "ext4 without a journal",
      fileSystem: "ext4",
      mkfs: ["mkfs.ext4", "-q", "-O", "^has_journal"],
      size: "32M",
    },
    { title: "XFS", fileSystem: "xfs", mkfs: ["mkfs.xfs", "-q"], size: "320M" },
    { title: "btrfs", fileSystem: "btrfs", mkfs: ["mkfs.btrfs", "-q"], size: "128M" },
  ] satisfies readonly FileSystem[])
    testWith({ root: true, tools: ["mount", mkfs[0] ?? ""], fileSystem }, title, () => {
      using it = story();
      const remount = mountImage(it, "volume", size, mkfs);
      tellOrdinaryStory(it, remount);
    });

  testWith({ root: true, tools: ["mount"], fileSystem: "tmpfs" }, "tmpfs", () => {
    using it = story();
    mount(it, "volume", "-t", "tmpfs", "none");
    tellOrdinaryStory(it, () => {});
  });

  testWith({ root: true, tools: ["mount"], fileSystem: "overlay" }, "an overlay's upper layer", () => {
    using it = story();
    mountOverlay(it, {});
    tellOrdinaryStory(it, () => {});
  });
});

/** What a volume sees in its life. `remount`: as after a reboot. */
function tellOrdinaryStory(it: Story, remount: () => void): void {
  it.write("packs", { core: pack("core", { "README.md": "goes\n" }), old: pack("old") });
  it.write("volume", { old: pack("old", { "left.txt": "by cp -rf\n" }, "0.9.0") });
  const first = it.once();
  expect(first).toMatchObject({ code: 0, outcomes: { core: "published", old: "published" } });
  expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));

  const foreign = { ".venv": { "pyvenv.cfg": "theirs\n" } };
  it.write("volume/core", foreign);
  it.remove("packs/core/README.md");
  it.write("packs/core", { actions: { "echo.yaml": action("louder"), "new.sh": script("echo new") } });
  remount();
  const second = it.once();
  expect(second).toMatchObject({ code: 0, outcomes: { core: "published", old: "unchanged" } });
  expect(second.codes("core")).toEqual([]);
  it.write("expected", { core: foreign });
  expect(it.tree("volume/core")).toEqual({ ...it.tree("packs/core"), ...it.tree("expected/core") });

  remount();
  const before = stampsOf(it.at("volume"), isContent);
  expect(it.once().outcomes).toEqual({ core: "unchanged", old: "unchanged" });
  expect(stampsOf(it.at("volume"), isContent)).toEqual(before);

  it.remove("packs/old");
  expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "unchanged", old: "retired" } });
  expect(Object.keys(it.tree("volume/old"))).toEqual(["left.txt"]);
  expect(it.packsync(["status"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/core.*live/) });
}

function isContent(path: string): boolean {
  return path !== "" && !path.startsWith(".packsync");
}

/** `volume` is an image's layer with these packs in it, and a fresh layer above. */
function mountOverlay(it: Story, lower: Tree): void {
  mount(it, "layers", "-t", "tmpfs", "none");
  it.write("layers", { lower, upper: {}, work: {} });
  const layers = [
    `lowerdir=${it.at("layers/lower")}`,
    `upperdir=${it.at("layers/upper")}`,
    `workdir=${it.at("layers/work")}`,
  ];
  mount(it, "volume", "-t", "overlay", "overlay", "-o", layers.join());
}

testWith(
  { root: true, tools: ["mount"], fileSystem: "overlay" },
  "a pack in an overlay's lower layer fails with the sentence and stays as it is, others go on",
  () => {
    using it = story({ packs: { core: pack("core", {}, "2.0.0"), deploy: pack("deploy") } });
    mountOverlay(it, { core: pack("core") });
    const before = it.tree("volume/core");
    for (const outcomes of [
      { core: "failed", deploy: "published" },
      { core: "failed", deploy: "unchanged" },
    ] as const) {
      const run = it.once();
      expect(run).toMatchObject({ code: 1, outcomes });
      expect(run.pack("core").diagnostics.at(-1)).toMatchObject({
        severity: "error",
        message: expect.stringContaining("EXDEV"),
        hint: expect.stringContaining("image layer"),
      });
      expect(it.tree("volume/core")).toEqual(before);
    }
    it.write("copy", {});
    execFileSync("cp", ["-a", it.at("volume/core"), it.at("volume/copy")]);
    it.remove("volume/core");
    it.move("volume/copy", "volume/core");
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "unchanged" } });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  },
);

testWith(
  { tools: ["strace"] },
  "where the kernel refuses to exchange, packs go live by two renames, and it says so",
  () => {
    using it = story({ packs: packs("core", "deploy") });
    const refusing = [
      "strace",
      "-f",
      "-qqq",
      "-o",
      it.at("log"),
      "-e",
      "trace=renameat2",
      "-e",
      "inject=renameat2:error=EINVAL",
    ];
    it.once();
    it.write("volume/core", { "theirs.txt": "theirs\n" });
    it.write("packs/core/actions/echo.yaml", action("louder"));
    const run = it.once([], { through: refusing });
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "unchanged" } });
    expect(run.codes("core")).toEqual(["volume.no_exchange"]);
    expect(it.read("log")).toContain("RENAME_EXCHANGE) = -1 EINVAL (Invalid argument) (INJECTED)");
    it.write("packs/core/theirs.txt", "theirs\n"); // so that only packs are compared
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  },
);

describe("a real disk that is full", () => {
  testWith(
    { root: true, tools: ["mount", "mkfs.ext4"], fileSystem: "ext4", timeout: 120_000 },
    "leaves the old release or the new one, however little room there is, and goes on when there is some",
    () => {
      using it = story({ packs: packs("core", "deploy") });
      mountImage(it, "volume", "16M", ["mkfs.ext4", "-q", "-m", "0", "-b", "1024"]); // blocks smaller than pages
      it.once();
      const codes = new Set<number | null>();
      for (const room of [0, 1, 16, 128, 255, 257, 280, 320, 384, 512, 1024]) {
        const before = it.tree("volume/core");
        it.write("packs/core/big", `${room}\n`.repeat(20_000));
        leave(it, room);
        const { code, stdout, stderr } = it.packsync(["--once"]);
        codes.add(code);
        if (code !== 0) expect(`${stdout}${stderr}`, `${room} KiB`).toMatch(/[Mm]ake room/);
        expect(stderr, `${room} KiB`).not.toMatch(/\n\s+at /);
        expect([before, it.tree("packs/core")], `${room} KiB`).toContainEqual(it.tree("volume/core"));
        it.remove("volume/filler");
        expect(it.once(), `after ${room} KiB`).toMatchObject({ code: 0, outcomes: { deploy: "unchanged" } });
        expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
      }
      expect(codes).toContain(0);
      expect(codes.size).toBeGreaterThan(1);
    },
  );

  testWith(
    { root: true, tools: ["mount", "mkfs.ext4"], fileSystem: "ext4" },
    "of inodes: that pack fails with the sentence, and goes on when there are some",
    () => {
      using it = story({ packs: packs("core") });
      mountImage(it, "volume", "16M", ["mkfs.ext4", "-q", "-N", "128"]);
      it.once();
      const before = it.tree("volume/core");
      const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`${index}.txt`, `${index}\n`]));
      it.write("packs/core", { many });
      const run = it.once();
      expect(run).toMatchObject({ code: 1, outcomes: { core: "failed" } });
      expect(run.pack("core").diagnostics).toMatchObject([{ hint: expect.stringMatching(/[Mm]ake room/) }]);
      expect(it.tree("volume/core")).toEqual(before);
      it.remove("packs/core/many");
      expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "unchanged" } });
    },
  );
});

/** Fills the volume up to so many KiB. */
function leave(it: Story, room: number): void {
  const filler = it.at("volume/filler");
  fill(filler);
  truncateSync(filler, statSync(filler).size - room * 1024);
}

describe("in a user namespace that knows only root", () => {
  const through = ["unshare", "--map-root-user"];
  const needs = { root: true, tools: ["unshare"] } as const;

  testWith(needs, "packsync publishes as outside", () => {
    using it = story({ packs: packs("core") });
    expect(it.once([], { through })).toMatchObject({ code: 0, outcomes: { core: "published" } });
    it.write("volume/core", { "theirs.txt": "theirs\n" });
    it.write("packs/core/README.md", "x");
    expect(it.once([], { through })).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.read("volume/core/theirs.txt")).toBe("theirs\n");
  });

  testWith(needs, "who else is root there publishes as outside, too", () => {
    using it = story({ packs: packs("core"), volume: {} });
    execFileSync("chown", ["-R", "1000:1000", it.directory]);
    expect(it.once([], { through, uid: 1000 })).toMatchObject({ code: 0, outcomes: { core: "published" } });
    it.write("packs/core/README.md", "x");
    expect(it.once([], { uid: 1000 })).toMatchObject({ code: 0, outcomes: { core: "published" } });
  });

  testWith(needs, "a volume of somebody it does not know is refused with the sentence: exit 3; --owner ends it", () => {
    using it = story({ packs: packs("core"), volume: {} });
    execFileSync("chown", ["1000:1000", it.at("volume")]);
    execFileSync("chmod", ["777", it.at("volume")]);
    const { code, stderr } = it.packsync(["--once"], { through });
    expect(code).toBe(3);
    expect(stderr).toMatch(/EINVAL.*\n.*--owner/);
    expect(it.once(["--owner", "0:0"], { through })).toMatchObject({ code: 0, outcomes: { core: "published" } });
  });

  testWith(
    needs,
    "a pack with a directory, or a file, of somebody it does not know fails alone, with the sentence",
    () => {
      using it = story({ packs: packs("core", "deploy", "other") });
      it.once();
      it.write("volume", { core: { theirs: { file: "theirs\n" } }, deploy: { theirs: "theirs\n" } });
      execFileSync("chown", ["1000:1000", it.at("volume/core/theirs"), it.at("volume/deploy/theirs")]);
      for (const ref of ["core", "deploy", "other"]) it.write(`packs/${ref}/README.md`, "x");
      const before = [it.tree("volume/core"), it.tree("volume/deploy")];
      const run = it.once([], { through });
      expect(run).toMatchObject({ code: 1, outcomes: { core: "failed", deploy: "failed", other: "published" } });
      expect(run.pack("core").diagnostics).toMatchObject([{ hint: expect.stringContaining("user namespace") }]);
      expect(run.pack("deploy").diagnostics).toMatchObject([{ hint: expect.stringContaining("another user") }]);
      expect([it.tree("volume/core"), it.tree("volume/deploy")]).toEqual(before);
      expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "published" } });
    },
  );
});

describe("a volume on NFS", () => {
  /** `f_type` comes first in what statfs(2) gives, in 64 bits of a little-endian machine. */
  const nfs = ["-e", "trace=statfs", "-e", "inject=statfs:poke_exit=@arg2=6969000000000000"];

  testWith({ tools: ["strace"] }, "is refused with the hint: exit 3, and nothing is published", () => {
    using it = story({ packs: packs("core") });
    const { code, stderr } = it.packsync(["--once"], { through: ["strace", "-f", "-qqq", "-o", it.at("log"), ...nfs] });
    expect(code).toBe(3);
    expect(stderr).toMatch(/reliable locks, got NFS.*\n.*--state-dir <dir>/);
    expect(it.exists("volume/core")).toBe(false);
  });

  testWith({ tools: ["strace"] }, "is used when lock and database are elsewhere", () => {
    using it = story({ packs: packs("core") });
    const only = ["volume", "volume/.packsync"].flatMap((path) => ["-P", it.at(path)]);
    const through = ["strace", "-f", "-qqq", "-o", it.at("log"), ...only, ...nfs];
    const run = it.once(["--state-dir", it.at("state")], { through });
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.read("log")).toContain("NFS_SUPER_MAGIC");
    expect([it.exists("state/lock"), it.exists("volume/.packsync/lock")]).toEqual([true, false]);
  });
});
