import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { kindsOf } from "../../src/pack/json-schema.ts";
import { story } from "./support/story.ts";

const dialects = ["attune", "stackstorm"] as const;
const all = dialects.flatMap((dialect) => kindsOf(dialect).map((kind) => ({ dialect, kind })));

test.for(all)("prints the JSON Schema of $dialect's $kind, with a description of every field", ({ dialect, kind }) => {
  using it = story();
  const { code, stdout } = it.packsync(["schema", kind, "--dialect", dialect]);
  expect(code).toBe(0);
  const schema = JSON.parse(stdout);
  expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" });
  // A config schema has whatever keys its author wants, each a mapping of fields.
  const { properties = schema.additionalProperties.properties } = schema;
  const fields = Object.entries<Record<string, unknown>>(properties);
  expect(fields.filter(([, field]) => typeof field["description"] !== "string").map(([name]) => name)).toEqual([]);
});

describe("without a kind", () => {
  test("lists the kinds and where their files lie", () => {
    using it = story();
    expect(JSON.parse(it.packsync(["schema", "--format", "json"]).stdout).kinds).toMatchObject(all);
    expect(it.packsync(["schema"]).stdout).toMatch(/^attune +trigger +triggers\/\*\.yaml, triggers\/\*\.yml$/m);
    expect(it.packsync(["schema", "--dialect", "stackstorm"]).stdout).not.toContain("attune");
  });

  test("writes them all, and nothing else", () => {
    using it = story();
    const { code, stdout } = it.packsync(["schema", "--write", "deep/schemas"]);
    expect(code).toBe(0);
    const names = all.map(({ dialect, kind }) => `${dialect}.${kind}.schema.json`);
    expect(readdirSync(it.at("deep/schemas")).sort()).toEqual(names.sort());
    expect(readdirSync(it.directory)).toEqual(["deep"]);
    expect(stdout).toContain('"./deep/schemas/attune.trigger.schema.json"');
    const written = it.read("deep/schemas/attune.trigger.schema.json");
    expect(written).toBe(it.packsync(["schema", "trigger"]).stdout);
  });
});

test("refuses a kind that there is not, and names those that there are", () => {
  using it = story();
  const { code, stdout, stderr } = it.packsync(["schema", "trigers"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("trigger");
});
