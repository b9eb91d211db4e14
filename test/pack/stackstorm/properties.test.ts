import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkDefinition } from "../../../src/pack/check-definition.ts";
import { componentKinds } from "../../../src/pack/component.ts";
import { placed } from "../../../src/pack/finding.ts";
import { modelOf } from "../../../src/pack/model.ts";
import { rangeFinder } from "../../../src/pack/yaml-positions.ts";

const kinds = componentKinds.filter((kind) => modelOf(kind, "stackstorm") !== undefined);
const KEYS = [
  ...["name", "runner_type", "parameters", "type", "default", "enum", "position", "immutable", "tasks", "next", "do"],
  ...["with", "join", "chain", "on-success", "params", "trigger", "action", "criteria", "formats", "ack", "pack"],
  ...["trigger_types", "__proto__", "toString", "constructor"],
];
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, "", "a", "noop", "{{ x }}"),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 5 })), tie("json"), { maxKeys: 4 }),
  ),
}));

describe("whatever a definition says", () => {
  test.for(kinds)("it is judged, and every finding stands inside of the file: %s", (kind) => {
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value, undefined, 1);
        const lines = text.split("\n");
        for (const finding of checkDefinition(value, { file: "a.yaml", kind, dialect: "stackstorm", pack: "demo" })) {
          const { line = 0, column = 0, endLine = 0, endColumn = 0 } = placed(finding, "a.yaml", rangeFinder(text));
          expect(lines[line - 1]?.length).toBeGreaterThanOrEqual(column - 1);
          expect(lines[endLine - 1]?.length).toBeGreaterThanOrEqual(endColumn - 1);
          expect([line, column].every((place) => place > 0)).toBe(true);
          expect(endLine > line || endColumn >= column).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});
