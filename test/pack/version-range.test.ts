import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isInRange, isNewer, rangesMeet, versionRange } from "../../src/pack/version-range.ts";

describe("versions and ranges as the platform writes them", () => {
  test.for([
    { spec: "", in: ["0.0.0-dev", "9.9.9"], out: [] },
    { spec: "*", in: ["0.0.0-dev", "01.2.3"], out: [] },
    { spec: "latest", in: ["1.0.0"], out: [] },
    { spec: "1.2", in: ["1.2.0"], out: ["1.2.1", "1.3.0"] },
    { spec: "=1.2", in: ["1.2.0", "01.2.0"], out: ["1.2.1"] },
    { spec: "==1.2.3", in: ["1.2.3"], out: ["1.2.4"] },
    { spec: "=v1.2.3", in: ["1.2.3"], out: ["1.2.4"] },
    { spec: "v1", in: ["1.0.0"], out: ["1.1.0"] },
    { spec: ">=1.0", in: ["1.0.0", "2.0.0", "1.1.0-rc.1"], out: ["0.9.9", "1.0.0-rc.1"] },
    { spec: ">1.0", in: ["1.0.1"], out: ["1.0.0"] },
    { spec: "<=1.2", in: ["1.2.0"], out: ["1.2.1"] },
    { spec: "< 2", in: ["1.9.9"], out: ["2.0.0"] },
    { spec: "^1.0", in: ["1.9.0"], out: ["2.0.0", "0.9.0"] },
    { spec: "~1.2", in: ["1.2.9"], out: ["1.3.0"] },
    { spec: ">=1.0, <2.0", in: ["1.5.0"], out: ["2.0.0"] },
    { spec: ">=1.0.0 <2.0.0", in: ["1.5.0"], out: ["2.0.0"] },
    { spec: "1.x", in: ["1.5.0"], out: ["2.0.0"] },
    { spec: "1.* || 3.0", in: ["1.5.0", "3.0.0"], out: ["2.0.0", "3.0.1"] },
    { spec: "1.0 - 2.0", in: ["2.0.0"], out: ["2.0.1"] },
  ])("`$spec`", ({ spec, in: inside, out }) => {
    const range = versionRange(spec) ?? "none";
    expect([...inside, ...out].filter((version) => isInRange(version, range))).toEqual(inside);
  });

  test.for(["main", "!=1.0", ">=", "1.2.3.4", "a".repeat(300), ">=1.0 and <2"])("`%s` is no range", (spec) => {
    expect(versionRange(spec)).toBeUndefined();
  });

  test.for([
    { version: "1.10.0", than: "1.9.0", newer: true },
    { version: "1.9.0", than: "1.9.0", newer: false },
    { version: "1.0.0-rc.1", than: "1.0.0", newer: false },
    { version: "02.0.0", than: "1.0.0", newer: true },
    { version: "", than: "1.0.0", newer: false },
    { version: "2.0.0", than: "main", newer: false },
  ])("`$version` is newer than `$than`: $newer", ({ version, than, newer }) => {
    expect(isNewer(version, than)).toBe(newer);
  });

  test("two ranges meet if a version is in both, whichever is named first", () => {
    const anyVersion = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((parts) => parts.join("."));
    const anySpec = fc
      .tuple(fc.constantFrom("=", "==", ">", ">=", "<=", "^", "~", ""), anyVersion)
      .map(([operator, version]) => operator + version);
    const versions = [0, 1, 2, 3, 4].flatMap((a) =>
      [0, 1, 2, 3, 4].flatMap((b) => [0, 1, 2, 3, 4].map((c) => `${a}.${b}.${c}`)),
    );
    fc.assert(
      fc.property(anySpec, anySpec, (a, b) => {
        const [one = "", other = ""] = [versionRange(a), versionRange(b)];
        const isInBoth = versions.some((version) => isInRange(version, one) && isInRange(version, other));
        if (isInBoth) expect(rangesMeet(one, other)).toBe(true);
        expect(rangesMeet(one, other)).toBe(rangesMeet(other, one));
        expect(rangesMeet(one, "*")).toBe(true);
      }),
    );
  });
});
