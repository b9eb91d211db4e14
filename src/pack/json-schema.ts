import * as z from "zod/mini";
import { type ComponentKind, componentKinds } from "./component.ts";
import type { Dialect } from "./identity.ts";
import { modelOf } from "./model.ts";

/** The kinds that a dialect has. */
export function kindsOf(dialect: Dialect): readonly ComponentKind[] {
  return componentKinds.filter((kind) => modelOf(kind, dialect) !== undefined);
}

/** What a definition may say, as JSON Schema 2020-12 with descriptions; `undefined`: this dialect has no such kind. */
export function jsonSchemaOf(kind: ComponentKind, dialect: Dialect): Readonly<Record<string, unknown>> | undefined {
  const model = modelOf(kind, dialect);
  if (model === undefined) return undefined;
  // What has no form in JSON Schema is left to `packsync validate`.
  const { $schema, ...schema } = z.toJSONSchema(model.schema, { io: "input", unrepresentable: "any" });
  return { $schema, title: `${NAMES[dialect]}: ${kind.replaceAll("_", " ")}`, ...schema };
}

const NAMES: Readonly<Record<Dialect, string>> = { attune: "Attune", stackstorm: "StackStorm" };
