import { workflowFile } from "../../pack/described.ts";
import { isPythonList, isTruthy, type PythonValue, pythonAt } from "../../pack/python-value.ts";
import type { CatalogComponent } from "../catalog.ts";
import { arrayCell, type Cell, jsonCell, requiredText, Unfit } from "./coerce.ts";
import { type Definition, definitionOf, refOf } from "./definition.ts";
import type { RowContext } from "./rows.ts";
import type { Row } from "./table.ts";

/** The workflow that an action runs, if it runs one. */
export function workflowRow(component: CatalogComponent, context: RowContext): Row | undefined {
  const action = definitionOf(component, "refused");
  return action && readWorkflow(action, refOf(action, context.pack), context)?.row;
}

/** @returns without `row` if its file is missing or no YAML */
export function readWorkflow(
  action: Definition,
  actionRef: string,
  context: RowContext,
): { readonly ref: string; readonly row?: Row } | undefined {
  const given = action.at("workflow_file", null);
  if (!isTruthy(given)) return undefined;
  const file = workflowFile(action.value);
  if (file === undefined) throw new Unfit("Expected `workflow_file` to be a path");
  if (file.startsWith("../") || String(given).startsWith("/")) {
    throw new Unfit("Expected `workflow_file` to be a path in the pack");
  }
  const component = context.component(file);
  if (component?.definition === undefined) {
    context.warn(
      `Expected the workflow \`${file}\`, got ${component === undefined ? "no such file" : "no YAML"}: registered without it`,
    );
    return { ref: actionRef };
  }
  const workflow = definitionOf(component, "refused");
  if (workflow === undefined) throw new Unfit("Expected a workflow");
  const row = rowOf(action, workflow, actionRef, context);
  return { ref: row["ref"] ?? actionRef, row };
}

function rowOf(action: Definition, workflow: Definition, actionRef: string, { pack }: RowContext): Row {
  const either = (key: string): PythonValue => {
    const own = workflow.at(key, null);
    return isTruthy(own) ? own : action.at(key, null);
  };
  const given = workflow.at("ref", null);
  const [label, description, tags] = [either("label"), either("description"), either("tags")];
  return {
    ref: requiredText(isTruthy(given) ? given : actionRef, "ref"),
    pack_ref: pack,
    label: requiredText(isTruthy(label) ? label : "", "label"),
    description: requiredText(isTruthy(description) ? description : "", "description"),
    version: requiredText(workflow.at("version", "1.0.0"), "version"),
    param_schema: schemaOf("parameters", action, workflow),
    out_schema: schemaOf("output", action, workflow),
    definition: jsonCell(workflow.value, "definition"),
    tags: arrayCell(isPythonList(tags) ? tags : [], "tags"),
  };
}

/** The action's, if it says anything; nobody's is SQL's NULL. */
function schemaOf(key: string, action: Definition, workflow: Definition): Cell {
  const [own, others] = [pythonAt(action.value, key), pythonAt(workflow.value, key)];
  const schema = isTruthy(own) ? own : others;
  return isTruthy(schema) && schema !== undefined ? jsonCell(schema, key) : null;
}
