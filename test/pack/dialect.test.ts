import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  definitionDialect,
  manifestDialect,
  mixedDialects,
  type ParsedDefinition,
  packDialect,
} from "../../src/pack/dialect.ts";
import type { Dialect } from "../../src/pack/identity.ts";

const ATTUNE = { file: "actions/a.yaml", value: { ref: "demo.a", runner_type: "shell", entry_point: "a.sh" } };
const STACKSTORM = { file: "actions/s.yaml", value: { name: "s", runner_type: "python-script" } };
const UNCLEAR = { file: "actions/u.yaml", value: { name: "u", entry_point: "u.py" } };

test.for<{ manifest: unknown; dialect: Dialect | undefined }>([
  { manifest: { ref: "demo", label: "Demo", version: "1.0.0" }, dialect: "attune" },
  { manifest: { name: "demo", label: "Demo", author: "a" }, dialect: "attune" },
  { manifest: { name: "demo", author: "a", system: false }, dialect: "attune" },
  { manifest: { name: "demo", author: "a", system: {} }, dialect: "stackstorm" },
  { manifest: { name: "demo", python_versions: ["3"] }, dialect: "stackstorm" },
  { manifest: { author: "a" }, dialect: undefined },
  { manifest: { ref: "demo", name: "demo", version: "1.0.0" }, dialect: undefined },
  { manifest: "demo", dialect: undefined },
  { manifest: undefined, dialect: undefined },
])("pack.yaml $manifest says $dialect", ({ manifest, dialect }) => {
  expect(manifestDialect(manifest)).toBe(dialect);
});

test.for<{ file: string; value: unknown; dialect: Dialect | undefined }>([
  { ...ATTUNE, dialect: "attune" },
  { ...STACKSTORM, dialect: "stackstorm" },
  { ...UNCLEAR, dialect: undefined },
  { file: "actions/a.yaml", value: { name: "a", label: "A", runner_type: "python-script" }, dialect: undefined },
  { file: "actions/a.yaml", value: { runner_type: ["orquesta"] }, dialect: undefined },
  { file: "actions/a.yaml", value: { chain: [] }, dialect: "stackstorm" },
  { file: "sensors/a.yaml", value: { class_name: "A", entry_point: "a.py" }, dialect: "stackstorm" },
  { file: "sensors/a.yaml", value: { ref: "demo.a", entry_point: "a.py" }, dialect: "attune" },
  { file: "triggers/a.yaml", value: { name: "a", payload_schema: {} }, dialect: undefined },
  { file: "rules/a.yaml", value: { name: "a", trigger: {}, action: {} }, dialect: "stackstorm" },
  { file: "rules/a.yaml", value: { name: "a", trigger_ref: "b", action_ref: "c" }, dialect: "attune" },
  { file: "policies/a.yaml", value: { name: "a", policy_type: "b" }, dialect: "stackstorm" },
  { file: "policies/a.yaml", value: { name: "a", rate_limit: {} }, dialect: "attune" },
  { file: "actions/workflows/a.yaml", value: { tasks: [] }, dialect: "attune" },
  { file: "actions/workflows/a.yaml", value: { tasks: {} }, dialect: "stackstorm" },
  { file: "actions/workflows/a.yaml", value: { tasks: {}, label: "A" }, dialect: undefined },
  { file: "workflows/a.yaml", value: { tasks: {} }, dialect: undefined },
  { file: "aliases/a.yaml", value: { name: "a", formats: [] }, dialect: undefined },
  { file: "pack.yaml", value: { label: "a" }, dialect: undefined },
  { file: "actions/a.yaml", value: null, dialect: undefined },
])("$file $value is $dialect", ({ file, value, dialect }) => {
  expect(definitionDialect(file, value)).toBe(dialect);
});

describe("a pack's dialect is", () => {
  test.for<{
    title: string;
    manifest: unknown;
    definitions: ParsedDefinition[];
    set?: Dialect;
    dialect: Dialect;
    foreign: string[];
  }>([
    {
      title: "what was set, above all",
      manifest: { label: "a" },
      definitions: [ATTUNE, STACKSTORM],
      set: "stackstorm",
      dialect: "stackstorm",
      foreign: ["actions/a.yaml"],
    },
    {
      title: "what pack.yaml says, against any number of definitions",
      manifest: { label: "a" },
      definitions: [STACKSTORM, { ...STACKSTORM, file: "actions/t.yaml" }, ATTUNE],
      dialect: "attune",
      foreign: ["actions/s.yaml", "actions/t.yaml"],
    },
    {
      title: "what most definitions say, where pack.yaml says nothing",
      manifest: { ref: "demo", version: "1.0.0" },
      definitions: [STACKSTORM, UNCLEAR, UNCLEAR],
      dialect: "stackstorm",
      foreign: [],
    },
    {
      title: "Attune's, if there is one of each",
      manifest: undefined,
      definitions: [STACKSTORM, ATTUNE],
      dialect: "attune",
      foreign: ["actions/s.yaml"],
    },
    { title: "Attune's, if nobody says anything", manifest: {}, definitions: [], dialect: "attune", foreign: [] },
  ])("$title", ({ manifest, definitions, set, dialect, foreign }) => {
    expect(packDialect(manifest, definitions, set)).toEqual({ dialect, foreign });
  });
});

test("a pack of one dialect has no finding", () => {
  expect(mixedDialects({ dialect: "attune", foreign: [] })).toBeUndefined();
});

test("fifty definitions of the other dialect have one finding, which names the first of them", () => {
  const foreign = Array.from({ length: 50 }, (_, index) => `actions/a${index}.yaml`);
  const finding = mixedDialects({ dialect: "stackstorm", foreign });
  expect(finding).toMatchObject({ severity: "warning", code: "pack.mixed_dialects", file: "actions/a0.yaml" });
  expect(finding?.message).toMatch(/`actions\/a4\.yaml` and 45 more/);
});

test("whatever the definitions say, none is foreign to the dialect that it is clearly of", () => {
  const definition = fc.record({ file: fc.constantFrom("actions/a.yaml", "rules/b.yaml"), value: fc.jsonValue() });
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(definition), (manifest, definitions) => {
      const { dialect, foreign } = packDialect(manifest, definitions, undefined);
      const others = definitions.filter(({ file, value }) => (definitionDialect(file, value) ?? dialect) !== dialect);
      expect(foreign).toEqual(others.map(({ file }) => file));
    }),
  );
});
