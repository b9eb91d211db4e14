import type { CatalogComponent } from "../catalog/catalog.ts";
import { isPythonMapping, type PythonMapping, plainJson, pythonAt } from "../pack/python-value.ts";
import { printableName } from "../platform/names.ts";
import type { ComponentRow } from "./documents.ts";

/** What a pack gives its platform, by kind and ref. */
export function componentRows(components: readonly CatalogComponent[]): ComponentRow[] {
  return components.flatMap(componentRow).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ kind, ref }: ComponentRow): string {
  return `${kind} ${ref}`;
}

function componentRow({ kind, ref, file, definition, script }: CatalogComponent): ComponentRow[] {
  if (kind === undefined || kind === "pack" || ref === undefined) return [];
  const says = isPythonMapping(definition) ? definition : {};
  return [
    {
      kind,
      ref,
      label: textIn(says, "label", "name"),
      description: textIn(says, "description"),
      file: printableName(file),
      runner: textIn(says, "runner_type", "runner"),
      entry_point: textIn(says, "entry_point", "workflow_file") ?? script ?? null,
      parameters: valueIn(says, "parameters", "parameters_schema"),
      output: valueIn(says, "output", "output_schema", "payload_schema"),
    },
  ];
}

function textIn(definition: PythonMapping, ...names: readonly string[]): string | null {
  const value = names.map((name) => pythonAt(definition, name)).find((each) => typeof each === "string" && each !== "");
  return typeof value === "string" ? value : null;
}

function valueIn(definition: PythonMapping, ...names: readonly string[]): unknown {
  const value = names.map((name) => pythonAt(definition, name)).find((each) => each !== undefined && each !== null);
  return value === undefined ? null : plainJson(value);
}
