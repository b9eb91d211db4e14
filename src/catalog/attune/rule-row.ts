import { isTruthy } from "../../pack/python-value.ts";
import type { CatalogComponent } from "../catalog.ts";
import { booleanCell, jsonCell, Unfit } from "./coerce.ts";
import { checkedRef, type Definition, definitionOf, NOTHING, prefixed } from "./definition.ts";
import type { RowContext } from "./rows.ts";
import type { Row } from "./table.ts";
import { labelsOf } from "./trigger-row.ts";

export interface RuleRow {
  readonly file: string;
  readonly row: Row;
  readonly trigger: string;
  readonly action: string;
}

export function ruleRow(component: CatalogComponent, { pack, warn }: RowContext): RuleRow | undefined {
  const definition = definitionOf(component, "skipped");
  if (definition === undefined) return undefined;
  const [ref, trigger, action] = (["ref", "trigger_ref", "action_ref"] as const).map((key) =>
    named(definition, key, pack),
  );
  if (ref === undefined || trigger === undefined || action === undefined) {
    return void warn("Expected `ref`, `trigger_ref` and `action_ref`: left out");
  }
  const { at } = definition;
  const row = {
    ref: checkedRef(ref),
    pack_ref: pack,
    ...labelsOf(definition, ref),
    action_ref: action,
    trigger_ref: trigger,
    conditions: jsonCell(at("conditions", NOTHING), "conditions"),
    action_params: jsonCell(at("action_params", NOTHING), "action_params"),
    trigger_params: jsonCell(at("trigger_params", NOTHING), "trigger_params"),
    enabled: booleanCell(at("enabled", true), "enabled"),
    is_adhoc: "false",
  };
  return { file: definition.file, row, trigger, action };
}

function named({ at }: Definition, key: string, pack: string): string | undefined {
  const given = at(key, null);
  if (!isTruthy(given)) return undefined;
  if (typeof given !== "string") throw new Unfit(`Expected \`${key}\` to be a text`);
  return prefixed(given, pack);
}
