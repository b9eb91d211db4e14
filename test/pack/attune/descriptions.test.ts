import { expect, test } from "vitest";
import * as z from "zod/mini";
import { modelOf } from "../../../src/pack/model.ts";
import { attuneKinds } from "../../support/attune.ts";

/** Names of the properties, anywhere in a JSON Schema, that say nothing about themselves. */
function undescribed(schema: unknown, path = ""): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === "properties" ? withoutDescription(value, path) : undescribed(value, `${path}/${key}`),
  );
}

function withoutDescription(properties: object, path: string): string[] {
  return Object.entries(properties).flatMap(([name, value]) => [
    ...("description" in value && value.description !== "" ? [] : [`${path}/${name}`]),
    ...undescribed(value, `${path}/${name}`),
  ]);
}

test.for(attuneKinds)("an editor can tell of each field of a %s what it is for", (kind) => {
  const schema = z.toJSONSchema(modelOf(kind, "attune")?.schema ?? z.never(), { io: "input" });
  expect(Object.keys(schema.properties ?? {})).toContain("ref");
  expect(undescribed(schema)).toEqual([]);
});
