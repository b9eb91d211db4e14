import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../src/config/units.ts";

describe("sizes", () => {
  test.for<[string, number]>([
    ["0", 0],
    ["1048576", 2 ** 20],
    ["64MiB", 2 ** 26],
    ["64 mib", 2 ** 26],
    ["1GB", 1e9],
    ["1.5kB", 1500],
    ["2TiB", 2 ** 41],
    ["7B", 7],
    ["64M", Number.NaN],
    ["-1", Number.NaN],
    ["", Number.NaN],
  ])("%s is %d bytes", ([text, bytes]) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test("read back what they were written as", () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(1, 2 ** 10, 2 ** 20), (n, unit) => {
        expect(parseSize(formatSize(n * unit))).toBe(n * unit);
      }),
    );
  });
});

describe("durations", () => {
  test.for<[string, number]>([
    ["90", 90],
    ["250ms", 0.25],
    ["1.5s", 1.5],
    ["10m", 600],
    ["2h", 7200],
    ["1d", 86_400],
    ["10 minutes", Number.NaN],
    ["1h30m", Number.NaN],
  ])("%s is %d seconds", ([text, seconds]) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test("read back what they were written as", () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(1, 60, 3600), (n, unit) => {
        expect(parseDuration(formatDuration(n * unit))).toBe(n * unit);
      }),
    );
  });
});
