import { isPythonList, isTruthy } from "../../pack/python-value.ts";
import type { CatalogComponent } from "../catalog.ts";
import { booleanCell, jsonCell, requiredText, textCell, Unfit } from "./coerce.ts";
import { type Definition, definitionOf, lowercased, NOTHING, prefixed, refOf } from "./definition.ts";
import type { RowContext } from "./rows.ts";
import { sensorRuntime } from "./runner.ts";
import type { Row } from "./table.ts";
import { labelsOf } from "./trigger-row.ts";

export interface SensorRow {
  readonly file: string;
  readonly row: Row;
  /** Names to look for; one of them has to be known. */
  readonly runtimes: readonly string[];
  /** Refs of the triggers that it fires. */
  readonly triggers: readonly string[];
}

export function sensorRow(component: CatalogComponent, context: RowContext): SensorRow | undefined {
  const definition = definitionOf(component, "refused");
  if (definition === undefined) return undefined;
  const { pack } = context;
  const ref = refOf(definition, pack);
  const { file, at, script } = definition;
  const given = at("runner_type", "native");
  const runner = lowercased(given, "runner_type");
  const runtime = sensorRuntime(runner);
  const entryPoint = at("entry_point", "");
  const row = {
    ref,
    pack_ref: pack,
    ...labelsOf(definition, ref),
    entrypoint: isTruthy(entryPoint)
      ? requiredText(entryPoint, "entry_point")
      : script === undefined
        ? ""
        : `${pack}/${script}`,
    runtime_ref: runtime,
    enabled: booleanCell(at("enabled", true), "enabled"),
    is_adhoc: "false",
    config: jsonCell(at("config", NOTHING), "config"),
    runtime_version_constraint: textCell(at("runtime_version", null), "runtime_version"),
  };
  return { file, row, runtimes: [runtime, String(given)], triggers: triggersOf(definition, context) };
}

/** Several, else one. What is written as a text where a list is expected names nothing. */
function triggersOf({ at }: Definition, { pack, warn }: RowContext): string[] {
  const [several, one] = [at("trigger_types", null), at("trigger_type", null)];
  if (typeof several === "string" && several !== "") {
    warn("Expected `trigger_types` to be a list: none is connected");
    return [];
  }
  const names = isTruthy(several) ? several : isTruthy(one) ? [one] : [];
  if (!isPythonList(names)) throw new Unfit("Expected `trigger_types` to be a list of refs");
  return names.map((name) => {
    if (typeof name !== "string") throw new Unfit("Expected `trigger_types` to be a list of refs");
    return prefixed(name, pack);
  });
}
