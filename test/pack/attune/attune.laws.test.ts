import fc from "fast-check";
import { expect, test } from "vitest";
import type { Finding, ValuePath } from "../../../src/pack/finding.ts";
import { attuneKinds, valid } from "../../support/attune.ts";
import { findingsAt, findingsIn } from "../../support/definitions.ts";

const anyKind = fc.constantFrom(...attuneKinds);

/** Every place in a definition: all the ways to something in it. */
function placesIn(value: unknown, path: ValuePath = []): ValuePath[] {
  if (typeof value !== "object" || value === null) return [path];
  const inside = Object.entries(value).flatMap(([key, child]) =>
    placesIn(child, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inside];
}

/** A copy with another value at one place. */
function replaced(value: unknown, [key, ...rest]: ValuePath, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((each, index) => (index === key ? replaced(each, rest, by) : each));
  const mapping = value as Readonly<Record<string, unknown>>;
  return { ...mapping, [key]: replaced(mapping[key], rest, by) };
}

/** Whether there is something at the end of a path. */
function leadsSomewhere(value: unknown, path: ValuePath): boolean {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Readonly<Record<string | number, unknown>>)[key];
  }
  return true;
}

function expectSound(findings: readonly Finding[], value: unknown): void {
  for (const finding of findings) {
    expect(finding.code).toMatch(/^[a-z_]+\.[a-z_]+$/);
    expect(finding.message).toMatch(/^Expected [^\n]*, got [^\n]*$/);
    expect(leadsSomewhere(value, finding.path), `${finding.code} at ${finding.path.join(".")}`).toBe(true);
  }
}

const anyChange = anyKind.chain((kind) =>
  fc.tuple(fc.constant(kind), fc.constantFrom(...placesIn(valid[kind])), fc.jsonValue()),
);

test("whatever stands in a field, every finding says what was expected and what came, and points at something", () => {
  fc.assert(
    fc.property(anyChange, ([kind, path, by]) => {
      const value = replaced(valid[kind], path, by);
      expectSound(findingsIn(kind, value), value);
    }),
    { numRuns: 1000 },
  );
});

test("nothing in workflows/ is an error, whatever it says", () => {
  const anyWorkflow = fc.tuple(fc.constantFrom(...placesIn(valid.workflow)), fc.jsonValue());
  fc.assert(
    fc.property(anyWorkflow, ([path, by]) => {
      const value = replaced(valid.workflow, path, by);
      const findings = findingsAt("workflows/one.yaml", "workflow", value);
      expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
      expectSound(findings, value);
    }),
  );
});

test("what a definition says beyond what the platform knows is nobody's business", () => {
  const anyKey = fc.string().map((key) => `x-${key}`);
  fc.assert(
    fc.property(anyKind, anyKey, fc.jsonValue(), (kind, key, value) => {
      expect(findingsIn(kind, { ...valid[kind], [key]: value })).toEqual([]);
    }),
  );
});
