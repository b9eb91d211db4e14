import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { preservingBinariesPage } from "../../scripts/preserving-binaries/page.ts";
import { load } from "../config/scratch.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/preserving-binaries.md"), "utf8");

test("docs/preserving-binaries.md is what the code gives; if it is not, run `npm run docs` and read what changed", () => {
  expect(page).toBe(preservingBinariesPage());
  expect(page).not.toContain("{{");
});

test("its tables lead to a section for each reason, and each section is reached", () => {
  const linked = new Set([...page.matchAll(/\*\*stays\*\*: \[`([a-z-]+)`\]/g)].map(([, why]) => why));
  const [, below = ""] = page.split("\n## What a run says\n");
  const sections = [...(below.split("\n## ")[0] ?? "").matchAll(/^### ([a-z-]+)$/gm)].map(([, why]) => why);
  expect(sections.filter((why) => !linked.has(why))).toEqual(["foreign-binary-in-the-way"]); // not of one path alone
  expect([...linked].filter((why) => !sections.includes(why))).toEqual([]);
});

test.for(["docs/preserving-binaries.md", "docs/configuration.md"])("has an example that works in %s", async (file) => {
  const text = readFileSync(join(import.meta.dirname, "../..", file), "utf8");
  const [, yaml = ""] = /```yaml\n(preserve:\n[^`]+)```/.exec(text) ?? [];
  const { config } = await load({ files: { "packsync.yaml": yaml } });
  expect(config.preserve).toEqual(parse(yaml).preserve);
});
