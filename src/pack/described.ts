import { posix } from "node:path";
import { type ComponentKind, kindOf } from "./component.ts";
import { refOf } from "./facts.ts";
import type { Dialect } from "./identity.ts";
import { isPythonMapping, type PythonMapping, type PythonValue, pythonAt } from "./python-value.ts";

/** What a catalog keeps of a definition: small plain data. */
export interface Described {
  /** `undefined`: no platform reads it by itself, but a component may name it. */
  readonly kind: ComponentKind | undefined;
  readonly ref: string | undefined;
  readonly label: string | undefined;
  /** Which script beside it may stand in for a missing `entry_point`: its path relative to the pack, without ending. */
  readonly scriptStem: string | undefined;
  /** Where the workflow of an action lies, relative to the pack; above it begins with `../`. */
  readonly workflow: string | undefined;
}

interface Whose {
  readonly dialect: Dialect;
  readonly pack: string | undefined;
}

/** @param definition as PyYAML reads it; anything */
export function describeDefinition(
  file: string,
  definition: PythonValue | undefined,
  { dialect, pack }: Whose,
): Described {
  const kind = kindOf(file, definition, dialect);
  if (!isPythonMapping(definition))
    return { kind, ref: undefined, label: undefined, scriptStem: undefined, workflow: undefined };
  return {
    kind,
    ref: kind && refOf(definition, { file, kind, dialect, pack }),
    label: labelIn(definition),
    scriptStem: kind && scriptStemOf(kind, definition),
    workflow: file.startsWith("actions/") ? workflowFile(definition) : undefined,
  };
}

/** Above the pack it begins with `../`. */
export function workflowFile(action: PythonValue | undefined): string | undefined {
  const given = isPythonMapping(action) ? pythonAt(action, "workflow_file") : undefined;
  return typeof given === "string" && given !== "" ? posix.normalize(posix.join("actions", given)) : undefined;
}

/** StackStorm's say `name`. */
function labelIn(definition: PythonMapping): string | undefined {
  const label = pythonAt(definition, "label") ?? pythonAt(definition, "name");
  return typeof label === "string" ? label : undefined;
}

const SCRIPTS: Partial<Readonly<Record<ComponentKind, string>>> = { action: "actions", sensor: "sensors" };

function scriptStemOf(kind: ComponentKind, definition: PythonMapping): string | undefined {
  const directory = SCRIPTS[kind];
  const given = directory && (pythonAt(definition, "ref") || pythonAt(definition, "name"));
  return typeof given === "string" ? `${directory}/${given.slice(given.lastIndexOf(".") + 1)}` : undefined;
}
