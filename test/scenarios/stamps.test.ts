import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { ext4 } from "./support/disk.ts";
import { opened } from "./support/machine.ts";
import { pack, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { digestOf } from "./support/tree.ts";

/** Younger stamps are not trusted. */
const settled = () => setTimeout(50);

/** Writes other bytes of the same number into the same inode, and puts the mtime back to the nanosecond. */
function overwrite(it: Story, path: string, text: string): void {
  const [file, time] = [it.at(path), it.at("time")];
  expect(text).toHaveLength(lstatSync(file).size);
  execFileSync("touch", ["-r", file, time]);
  writeFileSync(file, text);
  execFileSync("touch", ["-r", time, file]);
}

/** The digest that the newest manifest has for a file. */
function publishedDigest(it: Story, path: string): string {
  const releases = it.at("volume/.packsync/releases/core");
  const [newest = ""] = readdirSync(releases)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .reverse();
  return JSON.parse(readFileSync(`${releases}/${newest}`, "utf8")).files[path].digest;
}

describe("another content under the same size, mtime and inode", () => {
  const files = { data: "before" };

  test("in a source is noticed by its ctime, which no program can set", async () => {
    using it = story({ packs: { core: pack("core", files) } });
    await settled();
    it.once();
    const { mtimeNs, ino } = lstatSync(it.at("packs/core/data"), { bigint: true });
    overwrite(it, "packs/core/data", "AFTER!");
    expect(lstatSync(it.at("packs/core/data"), { bigint: true })).toMatchObject({ mtimeNs, ino, size: 6n });
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 1 } });
    expect(it.read("volume/core/data")).toBe("AFTER!");
  });

  testWith(
    { root: true, tools: ["mkfs.ext4", "debugfs"] },
    "and ctime is noticed by nothing but reading, until it is touched",
    async () => {
      using it = story({ packs: {} });
      const disk = ext4(it, "packs");
      it.write("packs", { core: pack("core", files) });
      await settled();
      it.once();
      const { ctimeNs } = lstatSync(it.at("packs/core/data"), { bigint: true });
      overwrite(it, "packs/core/data", "AFTER!");
      disk.unmount();
      disk.setCtime("core/data", ctimeNs);
      disk.mount();
      expect(lstatSync(it.at("packs/core/data"), { bigint: true }).ctimeNs).toBe(ctimeNs);
      expect(it.read("packs/core/data")).toBe("AFTER!");
      expect(it.once().outcomes).toEqual({ core: "unchanged" });
      it.write("packs/core/README.md", "the pack is published once more");
      expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { added: 1, replaced: 0 } });
      expect(it.read("volume/core/data")).toBe("before");
      execFileSync("touch", [it.at("packs/core/data")]);
      expect(it.once().outcomes).toEqual({ core: "published" });
      expect(it.read("volume/core/data")).toBe("AFTER!");
    },
  );

  test("in the volume is noticed by nothing but reading: the manifest has another digest", () => {
    using it = story({ packs: { core: pack("core", files) } });
    it.once();
    overwrite(it, "volume/core/data", "AFTER!");
    it.write("packs/core/README.md", "the pack is published once more");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { added: 1, replaced: 0 } });
    expect(it.read("volume/core/data")).toBe("AFTER!");
    expect(publishedDigest(it, "data")).not.toBe(digestOf(it.at("volume/core/data")));
    it.write("packs/core/data", "newest");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 1 } });
    expect(it.read("volume/core/data")).toBe("newest");
  });

  test("but for the mtime is noticed with the pack's next publish, and kept in history", () => {
    using it = story({ packs: { core: pack("core", files) } });
    it.once();
    it.write("volume/core/data", "AFTER!");
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
    it.write("packs/core/README.md", "x");
    const run = it.once();
    expect(run.pack("core")).toMatchObject({ outcome: "published", changes: { added: 1, replaced: 1 } });
    expect(run.codes("core")).toEqual(["volume.displaced"]);
    expect(it.read("volume/core/data")).toBe("before");
  });
});

describe("another device number, as after every mount,", () => {
  for (const place of ["packs", "volume"] as const) {
    testWith(
      { root: true, tools: ["mkfs.ext4", "strace"] },
      `of the ${place === "packs" ? "source" : "volume"}: nothing is read again`,
      async () => {
        using it = story(place === "packs" ? { packs: {} } : { volume: {} });
        const disk = ext4(it, place);
        it.write("packs", packs("core", "deploy"));
        it.write("volume", {});
        await settled();
        it.once();
        it.write("volume/core", { ".venv": { python: "theirs" } });
        it.once();
        const { dev } = lstatSync(it.at(place));
        disk.unmount();
        disk.mount({ notAs: dev });
        expect(lstatSync(it.at(place)).dev).not.toBe(dev);
        expect(opened(it, "packs")).toEqual([]);
        expect(opened(it, "volume").filter((path) => !path.startsWith(".packsync/"))).toEqual([]);
        expect(it.once().outcomes).toEqual({ core: "unchanged", deploy: "unchanged" });
      },
    );
  }
});
