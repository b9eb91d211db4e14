import { describe, expect, test } from "vitest";
import { but } from "../../support/attune.ts";
import { brief, findingsIn } from "../../support/definitions.ts";

/** What is wrong with the parameters of an action, by paths from there. */
function foundIn(parameters: unknown): string[] {
  return findingsIn("action", but("action", { parameters })).map((finding) => {
    expect(finding.path[0]).toBe("parameters");
    return brief({ ...finding, path: finding.path.slice(1) });
  });
}

describe("a flat map", () => {
  test.for([
    [undefined, []],
    [{}, []],
    [[], ["error schema.not_object"]],
    ["x", ["error schema.not_object"]],
    [{ x: "string" }, ["error schema.invalid_field x"]],
    [{ x: null }, ["error schema.invalid_field x"]],
    [{ x: {} }, ["warning schema.missing_type x"]],
    [{ x: { type: ["string", "null"] } }, ["warning schema.missing_type x.type"]],
    [{ x: { type: "str" } }, ["error schema.invalid_type x.type"]],
    [{ type: { type: "string" }, required: { type: "boolean" } }, []],
    [{ x: { type: "string", required: "yes" } }, ["warning schema.invalid_required x.required"]],
    [{ x: { type: "object", required: ["y"] } }, ["warning schema.invalid_required x.required"]],
    [{ x: { type: "string", secret: "yes" } }, ["warning schema.invalid_keyword x.secret"]],
    [{ x: { type: "string", enum: "a" } }, ["error schema.invalid_keyword x.enum"]],
    [{ x: { type: "integer", minimum: "1" } }, ["error schema.invalid_keyword x.minimum"]],
    [{ x: { type: "string", minLength: -1 } }, ["error schema.invalid_keyword x.minLength"]],
    [{ x: { type: "string", pattern: 5 } }, ["error schema.invalid_keyword x.pattern"]],
    [{ x: { type: "array", items: "string" } }, ["error schema.invalid_keyword x.items"]],
    [{ x: { type: "object", properties: ["y"] } }, ["error schema.invalid_keyword x.properties"]],
    [{ x: { type: "array", items: { type: "str" } } }, ["error schema.invalid_type x.items.type"]],
    [{ x: { type: "object", properties: { y: {}, z: true } } }, []],
    [{ x: { type: "object", properties: { y: { type: "str" } } } }, ["error schema.invalid_type x.properties.y.type"]],
    [
      { x: { type: "object", properties: { y: { type: "string", required: true } } } },
      ["warning schema.invalid_required x.properties.y.required"],
    ],
    [{ x: { type: "integer", minimum: 2, maximum: 1 } }, ["warning schema.empty_range x.minimum"]],
    [{ x: { type: "string", minLength: 2, maxLength: 1 } }, ["warning schema.empty_range x.minLength"]],
    [{ x: { type: "array", minItems: 2, maxItems: 1 } }, ["warning schema.empty_range x.minItems"]],
    [{ x: { type: "integer", minimum: 1, maximum: 1 } }, []],
  ] as const)("%j", ([parameters, expected]) => {
    expect(foundIn(parameters)).toEqual(expected);
  });
});

describe("JSON Schema for the whole", () => {
  const whole = "warning schema.json_schema";

  test.for([
    [{ type: "object", properties: { x: { type: "string" } }, required: ["x"] }, [whole]],
    [{ type: "object" }, [whole]],
    [{ properties: { x: {} }, required: ["x"] }, [whole]],
    [
      { type: "object", properties: { x: { type: "integer", default: "5" } } },
      [whole, "warning schema.invalid_default properties.x.default"],
    ],
    [
      { type: "object", properties: { x: { type: "string", required: true } } },
      [whole, "warning schema.invalid_required properties.x.required"],
    ],
  ] as const)("%j", ([parameters, expected]) => {
    expect(foundIn(parameters)).toEqual(expected);
  });
});

describe("values that a field names", () => {
  test.for([
    ["string", "x", true],
    ["string", 5, false],
    ["string", "", true],
    ["number", 1.5, true],
    ["number", "1.5", false],
    ["integer", 1, true],
    ["integer", 1.5, false],
    ["integer", "1", false],
    ["boolean", false, true],
    ["boolean", "no", false],
    ["array", [], true],
    ["array", "a,b", false],
    ["object", {}, true],
    ["object", [], false],
    ["integer", null, true],
    ["integer", "{{ config.limit }}", true],
    ["null", "x", false],
  ] as const)("`type: %s` takes a default of %j: %s", ([type, value, fits]) => {
    expect(foundIn({ x: { type, default: value } })).toEqual(fits ? [] : ["warning schema.invalid_default x.default"]);
  });

  test.for([
    [{ type: "string", enum: ["a", "b"], default: "c" }, ["warning schema.invalid_default x.default"]],
    [{ type: "string", enum: ["a", "b"], default: "b" }, []],
    [{ type: "string", enum: ["1.10", 1.1] }, ["warning schema.invalid_enum x.enum.1"]],
    [{ type: "string", enum: ["a", null] }, []],
    [{ type: "string", enum: [] }, ["warning schema.invalid_enum x.enum"]],
    [{ type: "integer", minimum: 1, default: 0 }, ["warning schema.invalid_default x.default"]],
    [{ type: "integer", maximum: 9, default: 10 }, ["warning schema.invalid_default x.default"]],
    [{ type: "string", minLength: 1, default: "" }, ["warning schema.invalid_default x.default"]],
    [{ type: "array", maxItems: 1, default: [1, 2] }, ["warning schema.invalid_default x.default"]],
    [{ type: "integer", minimum: 5, maximum: 1, default: 3 }, ["warning schema.empty_range x.minimum"]],
    [{ default: 5 }, ["warning schema.missing_type x"]],
  ] as const)("%j", ([field, expected]) => {
    expect(foundIn({ x: field })).toEqual(expected);
  });
});
