import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { anyMap, closed, field, required, text } from "../../src/pack/schema/shape.ts";
import { unknownFields } from "../../src/pack/unknown-fields.ts";

const parameter = closed({ type: field("", text), required: field("", z.boolean()) });
const schema = z.looseObject({
  ref: required("", text),
  entry_point: field("", text),
  description: field("", text),
  tags: field("", z.array(text)),
  free: field("", anyMap),
  parameters: field("", z.record(z.string(), parameter)),
  items: field("", z.array(z.union([text, z.looseObject({ display: field("", text) })]))),
});

test.for<{ title: string; value: unknown; found: readonly unknown[] }>([
  { title: "nothing in known fields", value: { ref: "a", tags: [], parameters: { a: { type: "b" } } }, found: [] },
  { title: "a letter too few", value: { descripton: "a" }, found: ["warning descripton `description`"] },
  { title: "letters swapped", value: { tgas: [] }, found: ["warning tgas `tags`"] },
  { title: "another case", value: { entryPoint: "a" }, found: ["warning entryPoint `entry_point`"] },
  { title: "a dash", value: { "entry-point": "a" }, found: ["warning entry-point `entry_point`"] },
  { title: "nothing in what is somebody's own", value: { owner: "a", color: "b", "x-ref": "a" }, found: [] },
  { title: "nothing in a short word with a wrong letter", value: { rev: "a" }, found: [] },
  { title: "nothing near a field that is there", value: { tags: [], tag: "a" }, found: [] },
  { title: "nothing where anything may stand", value: { free: { descripton: "a" } }, found: [] },
  {
    title: "a misspelling that the platform refuses",
    value: { parameters: { a: { typ: "b", requird: true } } },
    found: ["error parameters.a.requird `required`"],
  },
  {
    title: "whatever the platform refuses",
    value: { parameters: { a: { colour: "b" } } },
    found: ["error parameters.a.colour type, required"],
  },
  {
    title: "the mapping among alternatives",
    value: { items: ["dispaly", { dispaly: "a" }] },
    found: ["warning items.1.dispaly `display`"],
  },
  { title: "nothing in values of another kind", value: { parameters: [1], items: { a: 1 }, tags: "a" }, found: [] },
])("finds $title", ({ value, found }) => {
  const findings = unknownFields(value, schema);
  expect(
    findings
      .filter(({ path }) => path.at(-1) !== "typ")
      .map(
        ({ severity, path, hint }) => `${severity} ${path.join(".")} ${/`.+`|type, .+(?=\.)/.exec(hint ?? "")?.[0]}`,
      ),
  ).toEqual(found);
});

test("marks the key, whatever the value is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(unknownFields({ descripton: value }, schema)).toMatchObject([
        { code: "metadata.unknown_field", path: ["descripton"], at: "key" },
      ]);
    }),
  );
});

test("never fails, and only names keys that are there", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const { path } of unknownFields(value, schema)) {
        const reached = path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], value);
        expect(reached).toBeDefined();
      }
    }),
  );
});
