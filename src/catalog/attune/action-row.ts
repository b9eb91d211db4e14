import { isTruthy, type PythonValue } from "../../pack/python-value.ts";
import type { CatalogComponent } from "../catalog.ts";
import { jsonCell, requiredText, textCell, Unfit } from "./coerce.ts";
import { type Definition, definitionOf, generatedLabel, lastPart, lowercased, NOTHING, refOf } from "./definition.ts";
import type { RowContext } from "./rows.ts";
import { actionRuntimes, guessedRunner } from "./runner.ts";
import type { Row } from "./table.ts";
import { readWorkflow } from "./workflow-row.ts";

/**
 * `runtimes`: names to look for, the first that is known counts; `undefined`: it needs none. `workflow`: the ref of its workflow;
 * `unreadable`: it has one that cannot be read, and what the row says of it stays.
 */
export interface ActionRow {
  readonly row: Row;
  readonly runtimes: readonly string[] | undefined;
  readonly workflow: { readonly ref: string } | "none" | "unreadable";
}

export function actionRow(component: CatalogComponent, context: RowContext): ActionRow | undefined {
  const definition = definitionOf(component, "refused");
  if (definition === undefined) return undefined;
  const ref = refOf(definition, context.pack);
  const { at } = definition;
  const workflow = readWorkflow(definition, ref, context);
  const entryPoint =
    workflow === undefined ? entryPointOf(definition, context) : requiredText(at("workflow_file", ""), "workflow_file");
  const label = at("label", null);
  const row = {
    ref,
    pack_ref: context.pack,
    label: requiredText(isTruthy(label) ? label : generatedLabel(lastPart(ref)), "label"),
    description: textCell(at("description", ""), "description"),
    entrypoint: entryPoint,
    param_schema: jsonCell(at("parameters", NOTHING), "parameters"),
    out_schema: jsonCell(at("output", NOTHING), "output"),
    parameter_delivery: oneOf(definition, "parameter_delivery", ["stdin", "file"], context),
    parameter_format: oneOf(definition, "parameter_format", ["json", "dotenv", "yaml"], context),
    output_format: oneOf(definition, "output_format", ["text", "json", "yaml", "jsonl"], context),
    is_adhoc: "false",
    runtime_version_constraint: textCell(at("runtime_version", null), "runtime_version"),
  };
  const runtimes = workflow === undefined ? actionRuntimes(runnerOf(definition)) : undefined;
  return {
    row,
    runtimes,
    workflow: workflow === undefined ? "none" : workflow.row === undefined ? "unreadable" : { ref: workflow.ref },
  };
}

/** As it is written, not below the pack; a script beside the definition is named from the directory of all packs. */
function entryPointOf({ at, script }: Definition, { pack }: RowContext): string {
  const given = at("entry_point", "");
  if (isTruthy(given)) return requiredText(given, "entry_point");
  if (script !== undefined) return `${pack}/${script}`;
  return requiredText(given, "entry_point");
}

function runnerOf({ at }: Definition): string {
  const given = lowercased(at("runner_type", ""), "runner_type");
  if (given !== "") return given;
  const entryPoint: PythonValue = at("entry_point", "");
  if (typeof entryPoint !== "string") throw new Unfit("Expected `entry_point` to be a text");
  return guessedRunner(entryPoint);
}

/** The first of `known` stands in for what the table would refuse. */
function oneOf({ at }: Definition, key: string, known: readonly [string, ...string[]], { warn }: RowContext): string {
  const [otherwise] = known;
  const given = lowercased(at(key, otherwise), key);
  if (known.includes(given)) return given;
  const expected = known.map((each) => `\`${each}\``).join(", ");
  warn(`Expected \`${key}\` to be one of ${expected}, got \`${given.slice(0, 60)}\`: registered as \`${otherwise}\``);
  return otherwise;
}
