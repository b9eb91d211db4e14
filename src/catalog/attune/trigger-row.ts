import type { CatalogComponent } from "../catalog.ts";
import { booleanCell, jsonCell, requiredText, textCell } from "./coerce.ts";
import { type Definition, definitionOf, generatedLabel, lastPart, NOTHING, refOf } from "./definition.ts";
import type { RowContext } from "./rows.ts";
import type { Row } from "./table.ts";

export function triggerRow(component: CatalogComponent, { pack }: RowContext): Row | undefined {
  const definition = definitionOf(component, "refused");
  if (definition === undefined) return undefined;
  const ref = refOf(definition, pack);
  const { at } = definition;
  return {
    ref,
    pack_ref: pack,
    ...labelsOf(definition, ref),
    enabled: booleanCell(at("enabled", true), "enabled"),
    param_schema: jsonCell(at("parameters", NOTHING), "parameters"),
    out_schema: jsonCell(at("output", NOTHING), "output"),
    is_adhoc: "false",
  };
}

/** A label is made of the name only where the key is absent. */
export function labelsOf({ at }: Definition, ref: string): Row {
  return {
    label: requiredText(at("label", generatedLabel(lastPart(ref))), "label"),
    description: textCell(at("description", ""), "description"),
  };
}
