import { chmodSync, chownSync, lstatSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { packs } from "./support/packs.ts";
import { story } from "./support/story.ts";
import { blockDevice, characterDevice, fifo, LONGEST_NAME, link, stampsOf } from "./support/tree.ts";

describe("in a live pack of the volume, what others have there comes along:", () => {
  testWith({ root: true }, "FIFOs, sockets and devices, also beside what is published", async () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("volume/core", { pipe: fifo, zero: characterDevice, disk: blockDevice, run: { pipe: fifo } });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(it.at("volume/core/run/socket"), resolve));
    try {
      const inodes = () =>
        ["pipe", "zero", "disk", "run/pipe", "run/socket"].map((path) => lstatSync(it.at(`volume/core/${path}`)).ino);
      const before = inodes();
      it.write("packs/core/README.md", "x");
      expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { added: 1, carried: 5 } });
      expect(inodes()).toEqual(before);
      expect(lstatSync(it.at("volume/core/zero")).isCharacterDevice()).toBe(true);
      expect(lstatSync(it.at("volume/core/run/socket")).isSocket()).toBe(true);
      expect(it.once().outcomes).toEqual({ core: "unchanged" });
      it.remove("packs/core");
      expect(it.once(["--allow-removals"]).outcomes).toEqual({ core: "retired" });
      expect(Object.keys(it.tree("volume/core"))).toEqual(["disk", "pipe", "run", "run/pipe", "run/socket", "zero"]);
    } finally {
      server.close();
    }
  });

  testWith({ root: true }, "what stands where the source has a file is displaced, unopened, whatever it is", () => {
    const others = { a: fifo, b: characterDevice, c: link("../../../secret"), d: link("d"), e: { below: fifo } };
    using it = story({ packs: packs("core") });
    it.once();
    it.write("secret", "secret");
    it.write("volume/core", others);
    it.write("packs/core", { a: "a", b: "b", c: "c", d: "d", e: "e" });
    const run = it.once();
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(run.codes("core")).toEqual(["volume.displaced"]);
    expect(["a", "b", "c", "d", "e"].map((path) => it.read(`volume/core/${path}`))).toEqual(["a", "b", "c", "d", "e"]);
    expect(it.read("secret")).toBe("secret");
    const [history = ""] = readdirSync(it.at("volume/.packsync/releases/core")).filter((name) =>
      /^1-[0-9a-f]{8}$/.test(name),
    );
    expect(it.tree(`volume/.packsync/releases/core/${history}`)).toMatchObject({
      a: "special",
      b: "special",
      "e/below": "special",
    });
  });

  test("symlinks that lead out, in circles, or nowhere: as they are, and nothing is written where they lead", () => {
    const links = {
      out: link("../../outside"),
      loop: link("loop"),
      up: link(".."),
      gone: link("nowhere"),
      lib: link("../../outside"),
    };
    using it = story({ packs: packs("core") });
    it.write("outside", { kept: "kept" });
    it.once();
    it.write("volume/core", links);
    const outside = stampsOf(it.at("outside"));
    it.write("packs/core", { lib: { "a.py": "a" } });
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { carried: 4 } });
    expect(stampsOf(it.at("outside"))).toEqual(outside);
    const tree = it.tree("volume/core");
    expect(tree).toMatchObject({
      out: "link → ../../outside",
      loop: "link → loop",
      up: "link → ..",
      gone: "link → nowhere",
    });
    expect(tree["lib"]).toBe("directory");
    expect(it.read("volume/core/lib/a.py")).toBe("a");
  });

  test("names of 255 bytes, and blanks and line feeds in names", () => {
    const odd = { [LONGEST_NAME]: "1", "a b\n'c\"": { "\t": "2" } };
    using it = story({ packs: packs("core") });
    it.once();
    it.write("volume/core", odd);
    it.write("packs/core/README.md", "x");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { carried: 2 } });
    expect(it.read(`volume/core/${LONGEST_NAME}`)).toBe("1");
    expect(it.read("volume/core/a b\n'c\"/\t")).toBe("2");
  });

  testWith(
    { root: true },
    "a directory that packsync's user may not read fails that pack with a sentence, and stays",
    () => {
      using it = story({ packs: packs("core", "deploy"), volume: {} });
      chownSync(it.at("volume"), 1000, 1000);
      it.once([], { uid: 1000 });
      it.write("volume/core", { closed: { secret: "theirs" } });
      chmodSync(it.at("volume/core/closed"), 0o700);
      it.write("packs/core/README.md", "x");
      it.write("packs/deploy/README.md", "x");
      const run = it.once([], { uid: 1000 });
      expect(run).toMatchObject({ code: 1, outcomes: { core: "failed", deploy: "published" } });
      expect(run.pack("core").diagnostics).toMatchObject([{ severity: "error", hint: expect.stringMatching(/root/) }]);
      expect(it.read("volume/core/closed/secret")).toBe("theirs");
      expect(it.exists("volume/core/README.md")).toBe(false);
      expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "unchanged" } });
      expect(it.read("volume/core/closed/secret")).toBe("theirs");
      expect(lstatSync(it.at("volume/core/closed")).mode & 0o777).toBe(0o700);
    },
  );
});
