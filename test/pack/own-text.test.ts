import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ownText } from "../../src/pack/own-text.ts";

const MEGABYTE = 2 ** 20;

function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

/** The end of a long text. */
function cut(number: number): string {
  return `${"long ".repeat(MEGABYTE / 5)}pack_${number}.component`.slice(-20);
}

test("a word of a file does not keep the file in memory", () => {
  const before = heapUsed();
  const words = Array.from({ length: 64 }, (_, number) => ownText(cut(number)));
  expect(heapUsed() - before).toBeLessThan(16 * MEGABYTE);
  expect(words.at(-1)).toMatch(/pack_63\.component$/);
});

test("it is the same text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => ownText(text) === text));
  expect(ownText("\ud800 alone")).toBe("\ud800 alone");
});
