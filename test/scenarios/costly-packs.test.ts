import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isSoak } from "./support/is-soak.ts";
import { usage } from "./support/machine.ts";
import { packs } from "./support/packs.ts";
import { story } from "./support/story.ts";

describe("what costs more than it looks", () => {
  test.for(["pack.yaml", "actions/echo.yaml"])(
    "an alias bomb in %s rejects its pack, in bounded time and memory",
    (path) => {
      using it = story({ packs: packs("core", "deploy") });
      it.write(`packs/core/${path}`, bomb());
      const { maxRssKiB, seconds, stdout } = usage(it);
      const { packs: reports } = JSON.parse(stdout);
      expect(reports).toMatchObject([
        { ref: "core", outcome: "rejected" },
        { ref: "deploy", outcome: "published" },
      ]);
      expect(maxRssKiB, "KiB").toBeLessThan(300 * 1024);
      expect(seconds, "of processor time").toBeLessThan(10);
      expect(it.exists("volume/core")).toBe(false);
    },
  );

  test("a file of 100 MB is published without being held in memory", () => {
    using it = story({ packs: packs("core") });
    const small = usage(it).maxRssKiB;
    writeFileSync(it.at("packs/core/big"), "");
    for (let piece = 0; piece < 100; piece++)
      writeFileSync(it.at("packs/core/big"), Buffer.alloc(1e6, `${piece} `), { flag: "a" });
    const { maxRssKiB, stdout } = usage(it);
    expect(JSON.parse(stdout).packs).toMatchObject([{ ref: "core", outcome: "published", changes: { added: 1 } }]);
    expect(maxRssKiB - small, "KiB more than without").toBeLessThan(50 * 1024);
    expect(it.tree("volume/core")["big"]).toBe(it.tree("packs/core")["big"]);
  });
});

const FILES = 100_000;

/** A minute and more, so it is part of the soak only. */
if (isSoak) {
  test(`a pack of ${FILES} files is published, changed in one place, and then left alone, in bounded memory`, {
    timeout: 600_000,
  }, () => {
    using it = story({ packs: packs("core", "deploy") });
    writeFiles(it.at("packs/core/data"));
    const first = usage(it, { timeoutMs: 300_000 });
    expect(JSON.parse(first.stdout).packs).toMatchObject([
      { ref: "core", outcome: "published", changes: { added: FILES + 3 } },
      { ref: "deploy", outcome: "published" },
    ]);
    expect(first.maxRssKiB, "KiB").toBeLessThan(1024 * 1024);
    it.write("packs/core/data/0/0", "changed");
    const second = JSON.parse(usage(it, { timeoutMs: 300_000 }).stdout);
    expect(second.packs).toMatchObject([{ outcome: "published", changes: { replaced: 1 } }, { outcome: "unchanged" }]);
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    const third = JSON.parse(usage(it, { timeoutMs: 300_000 }).stdout);
    expect(third.packs).toMatchObject([{ outcome: "unchanged" }, { outcome: "unchanged" }]);
  });
}

function writeFiles(directory: string): void {
  for (let index = 0; index < FILES; index++) {
    const parent = `${directory}/${Math.floor(index / 1000)}`;
    if (index % 1000 === 0) mkdirSync(parent, { recursive: true });
    writeFileSync(`${parent}/${index % 1000}`, `${index}`);
  }
}

/** Nine levels of nine aliases each: 3.5 GB when it is unfolded. */
function bomb(): string {
  const levels = "abcdefghi".split("");
  const lines = levels.map((name, index) => {
    const below = index === 0 ? '"lol"' : `*${levels[index - 1]}`;
    return `${name}: &${name} [${Array.from({ length: 9 }, () => below).join(", ")}]`;
  });
  return `ref: core\nname: echo\nversion: 1.0.0\n${lines.join("\n")}\n`;
}
