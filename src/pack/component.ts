import type { Dialect } from "./identity.ts";
import { isMapping, type Mapping } from "./mapping.ts";

/** What a definition defines. `chain` is the body of a StackStorm action-chain, `workflow` that of an orquesta or Attune workflow. */
export const componentKinds = [
  "pack",
  "action",
  "alias",
  "cache",
  "chain",
  "config_schema",
  "dashboard",
  "permission_set",
  "policy",
  "queue",
  "rule",
  "runtime",
  "sensor",
  "trigger",
  "workflow",
] as const;
export type ComponentKind = (typeof componentKinds)[number];

const BY_DIRECTORY: Readonly<Record<string, ComponentKind>> = {
  actions: "action",
  "actions/chains": "chain",
  "actions/workflows": "workflow",
  aliases: "alias",
  caches: "cache",
  dashboards: "dashboard",
  permission_sets: "permission_set",
  policies: "policy",
  queues: "queue",
  rules: "rule",
  runtimes: "runtime",
  sensors: "sensor",
  triggers: "trigger",
  workflows: "workflow",
};

/** Directories that only one of the platforms looks into. */
const ONLY_IN: Readonly<Record<string, Dialect>> = {
  "actions/chains": "stackstorm",
  aliases: "stackstorm",
  caches: "attune",
  dashboards: "attune",
  permission_sets: "attune",
  queues: "attune",
  runtimes: "attune",
  workflows: "attune",
};

/** Where files of a kind lie, as patterns relative to the pack; the bodies that lie among actions have none. */
export function patternsOf(kind: ComponentKind, dialect: Dialect): readonly string[] {
  if (kind === "pack") return ["pack.yaml"];
  if (kind === "config_schema") return ["config.schema.yaml"];
  const directories = Object.keys(BY_DIRECTORY).filter(
    (directory) => BY_DIRECTORY[directory] === kind && (ONLY_IN[directory] ?? dialect) === dialect,
  );
  return directories.flatMap((directory) => [`${directory}/*.yaml`, `${directory}/*.yml`]);
}

/**
 * What a definition file defines; `undefined`: nothing that a platform of this dialect reads.
 *
 * @param file relative to the pack
 * @param value its parsed content: chain and workflow bodies also lie in `actions/` itself
 */
export function kindOf(file: string, value: unknown, dialect: Dialect): ComponentKind | undefined {
  if (file === "pack.yaml") return "pack";
  if (file === "config.schema.yaml") return dialect === "stackstorm" ? "config_schema" : undefined;
  const directory = file.slice(0, Math.max(file.lastIndexOf("/"), 0));
  const only = ONLY_IN[directory];
  if (only !== undefined && only !== dialect) return undefined;
  const kind = BY_DIRECTORY[directory];
  return dialect === "stackstorm" && BODIES.has(directory) ? bodyOrAction(value, kind) : kind;
}

/** Where StackStorm's actions lie, and the bodies that their `entry_point`s name: of both kinds, in any of them. */
const BODIES: ReadonlySet<string> = new Set(["actions", "actions/chains", "actions/workflows"]);

/** StackStorm registers as an action what says which runner runs it; Mistral's workflows are not read any more. */
function bodyOrAction(value: unknown, kind: ComponentKind | undefined): ComponentKind | undefined {
  if (!isMapping(value) || (kind === "action" && "runner_type" in value)) return kind;
  if ("chain" in value) return "chain";
  if ("tasks" in value) return "workflow";
  return isMistral(value) ? undefined : kind;
}

/** A workflow below its own name, or several in a workbook. */
function isMistral(value: Mapping): boolean {
  return "workflows" in value || Object.values(value).some((each) => isMapping(each) && "tasks" in each);
}
