import type { CatalogComponent, CatalogPack, Problem } from "../catalog.ts";
import { PackRefused } from "../catalog.ts";
import { type ActionRow, actionRow } from "./action-row.ts";
import { arrayCell, booleanCell, jsonCell, requiredText, textCell, Unfit } from "./coerce.ts";
import { definitionOf, NOTHING } from "./definition.ts";
import { permissionSetRow } from "./permission-set-row.ts";
import { type RuleRow, ruleRow } from "./rule-row.ts";
import { type RuntimeRow, runtimeRow } from "./runtime-row.ts";
import { type SensorRow, sensorRow } from "./sensor-row.ts";
import type { Row } from "./table.ts";
import { triggerRow } from "./trigger-row.ts";
import { workflowRow } from "./workflow-row.ts";

/** What a pack is in Attune's tables; what has to be looked up there is still by name. Of several rows with one ref the last counts. */
export interface AttuneRows {
  readonly pack: Row;
  readonly permissionSets: readonly Row[];
  readonly runtimes: readonly RuntimeRow[];
  readonly triggers: readonly Row[];
  readonly workflows: readonly Row[];
  readonly actions: readonly ActionRow[];
  readonly rules: readonly RuleRow[];
  readonly sensors: readonly SensorRow[];
  readonly warnings: readonly string[];
}

/** What a row's maker is told, and whom it tells what it made fit. */
export interface RowContext {
  readonly pack: string;
  warn(message: string): void;
  /** A file of the pack; `undefined`: it is not there. */
  component(file: string): CatalogComponent | undefined;
}

/**
 * Exactly what the platform's loader of June 2026 makes of the definitions.
 *
 * @throws PackRefused naming every component for which that loader would give the pack up
 */
export function attuneRows({ ref, components }: CatalogPack): AttuneRows {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const byFile = new Map(components.map((component) => [component.file, component]));
  const each = <T>(directory: string, make: (component: CatalogComponent, context: RowContext) => T | undefined): T[] =>
    components
      .filter(({ file }) => isIn(file, directory))
      .flatMap((component) => {
        const warn = (message: string) => void warnings.push(`${component.file}: ${message}`);
        const context = { pack: ref, warn, component: (file: string) => byFile.get(file) };
        return attempt(component.file, problems, () => make(component, context)) ?? [];
      });
  const actions = each("actions", actionRow);
  const rows = {
    pack: attempt("pack.yaml", problems, () => packRow(ref, byFile.get("pack.yaml"))) ?? {},
    permissionSets: latest(each("permission_sets", permissionSetRow), refOfRow),
    runtimes: latest(each("runtimes", runtimeRow), ({ row }) => refOfRow(row)),
    triggers: latest(each("triggers", triggerRow), refOfRow),
    workflows: latest(each("actions", workflowRow), refOfRow),
    actions: latest(actions, ({ row }) => refOfRow(row)),
    rules: latest(each("rules", ruleRow), ({ row }) => refOfRow(row)),
    sensors: latest(each("sensors", sensorRow), ({ row }) => refOfRow(row)),
  };
  if (problems.length > 0) throw new PackRefused(uniqueByFile(problems));
  return { ...rows, warnings: [...new Set(warnings)] };
}

/** The loader looks for `*.yaml` directly in a directory; `.yml` it does not know. */
function isIn(file: string, directory: string): boolean {
  const name = file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : "";
  return name.endsWith(".yaml") && !name.includes("/");
}

function attempt<T>(file: string, problems: Problem[], make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    problems.push({ file, message: error.message });
    return undefined;
  }
}

/** An action and its workflow come from one file. */
function uniqueByFile(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.file}\0${problem.message}`, problem])).values()];
}

function refOfRow(row: Row): string {
  return row["ref"] ?? "";
}

function latest<T>(rows: readonly T[], keyOf: (row: T) => string): T[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

function packRow(ref: string, component: CatalogComponent | undefined): Row {
  const definition = component && definitionOf(component, "refused");
  if (definition === undefined) throw new Unfit("Expected `pack.yaml`, got none");
  const { at } = definition;
  for (const key of ["label", "version"]) {
    if (!Object.hasOwn(definition.value, key)) throw new Unfit(`Expected \`${key}\`, got none`);
  }
  return {
    ref,
    label: requiredText(at("label", null), "label"),
    description: textCell(at("description", ""), "description"),
    version: requiredText(at("version", null), "version"),
    conf_schema: jsonCell(at("conf_schema", NOTHING), "conf_schema"),
    config: jsonCell(at("config", NOTHING), "config"),
    meta: jsonCell(at("meta", NOTHING), "meta"),
    tags: arrayCell(at("tags", []), "tags"),
    runtime_deps: arrayCell(at("runtime_deps", []), "runtime_deps"),
    is_standard: booleanCell(at("system", false), "system"),
  };
}
