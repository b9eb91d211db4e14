import { checkShape } from "./check-shape.ts";
import type { Finding } from "./finding.ts";
import { isMapping, type Mapping } from "./mapping.ts";
import { type DefinitionContext, type MadeModel, modelOf } from "./model.ts";
import { fits } from "./schema/fits.ts";
import { unknownFields } from "./unknown-fields.ts";

/**
 * Everything that is wrong with one definition, looked at by itself. Pure: where it stands is looked up by whoever shows it.
 *
 * @param value as parsed; anything
 */
export function checkDefinition(value: unknown, about: DefinitionContext): readonly Finding[] {
  const model = modelOf(about.kind, about.dialect);
  if (model === undefined) return [];
  const found = isMapping(value) ? findingsOf(value, model, about) : [notAMapping(value, about)];
  return found.length === 0 ? found : (model.report?.(found, about) ?? found);
}

function findingsOf(value: Mapping, model: MadeModel, about: DefinitionContext): readonly Finding[] {
  const own = model.check?.(value, about) ?? [];
  if (fits(model.schema, value)) return own;
  return [...checkShape(value, model), ...unknownFields(value, model.schema), ...own];
}

function notAMapping(value: unknown, { kind }: DefinitionContext): Finding {
  const got = value === null || value === undefined ? "nothing" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
  return {
    severity: "error",
    code: kind === "pack" ? "manifest.not_object" : "component.not_object",
    message: `Expected \`key: value\` lines, got ${got}`,
    path: [],
    at: "value",
  };
}
