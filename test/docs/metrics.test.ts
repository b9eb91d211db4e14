import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FAMILIES } from "../../src/metrics/families.ts";

const page = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");

test("docs/metrics.md has every metric with its type and labels, each once, and no other", () => {
  const rows = page.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) \| [^|]+ \|$/gm);
  const told = [...rows].map(([, name, type, labels]) => `${name} ${type} ${labels?.replace(/[`, ]+/g, " ").trim()}`);
  const known = Object.entries(FAMILIES).map(([name, { type, labels }]) => `${name} ${type} ${labels.join(" ")}`);
  expect(told.sort()).toEqual(known.sort());
});
