import { isPythonList } from "../../pack/python-value.ts";
import type { CatalogComponent } from "../catalog.ts";
import { jsonCell, textCell } from "./coerce.ts";
import { checkedRef, definitionOf } from "./definition.ts";
import type { RowContext } from "./rows.ts";
import type { Row } from "./table.ts";

export function permissionSetRow(component: CatalogComponent, { pack, warn }: RowContext): Row | undefined {
  const definition = definitionOf(component, "skipped");
  if (definition === undefined) return undefined;
  const { at } = definition;
  const [ref, grants] = [at("ref", ""), at("grants", [])];
  if (ref === "" || ref === null) return void warn("Expected `ref`, got none: left out");
  if (!isPythonList(grants)) return void warn("Expected `grants` to be a list: left out");
  return {
    ref: checkedRef(ref),
    pack_ref: pack,
    label: textCell(at("label", null), "label"),
    description: textCell(at("description", null), "description"),
    grants: jsonCell(grants, "grants"),
  };
}
