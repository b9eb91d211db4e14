import { kindOf } from "./component.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { excerpt } from "./excerpt.ts";
import type { Dialect } from "./identity.ts";
import { isMapping, type Mapping } from "./mapping.ts";

/** A parsed definition. */
export interface ParsedDefinition {
  /** Relative to the pack. */
  readonly file: string;
  readonly value: unknown;
}

export interface PackDialect {
  readonly dialect: Dialect;
  /** The definitions that are clearly written for the other platform, in their order. */
  readonly foreign: readonly string[];
}

/**
 * Whose rules a pack follows: what somebody has set, else what its `pack.yaml` says, else what most of those definitions say
 * that say it clearly, else Attune's.
 *
 * A definition that is clearly written for the other platform is not judged by rules that it was not written for, nor by its
 * own, which nobody here will follow: it is named, with all others, in {@link mixedDialects}.
 *
 * @param manifest the parsed `pack.yaml`; anything
 */
export function packDialect(
  manifest: unknown,
  definitions: Iterable<ParsedDefinition>,
  set: Dialect | undefined,
): PackDialect {
  const clear = [...definitions].flatMap(({ file, value }) => {
    const dialect = definitionDialect(file, value);
    return dialect === undefined ? [] : [{ file, dialect }];
  });
  const stackstorm = clear.filter((each) => each.dialect === "stackstorm").length;
  const most = stackstorm > clear.length - stackstorm ? "stackstorm" : "attune";
  const dialect = set ?? manifestDialect(manifest) ?? most;
  return { dialect, foreign: clear.filter((each) => each.dialect !== dialect).map(({ file }) => file) };
}

const MANIFEST_SIGNS: Signs = {
  attune: ["label", "conf_schema", "config_schema", "runtime_deps", "testing", "meta"],
  stackstorm: ["author", "contributors", "keywords", "python_versions", "stackstorm_version"],
};

/** Both have `ref`, `version` and more in common; only StackStorm requires `name`, only Attune knows `label`. */
export function manifestDialect(manifest: unknown): Dialect | undefined {
  if (!isMapping(manifest)) return undefined;
  if (hasAny(manifest, MANIFEST_SIGNS.attune) || typeof manifest["system"] === "boolean") return "attune";
  return Object.hasOwn(manifest, "name") && hasAny(manifest, MANIFEST_SIGNS.stackstorm) ? "stackstorm" : undefined;
}

type Signs = Readonly<Record<Dialect, readonly string[]>>;

/** Keys that only one of the platforms knows; what stands in both of their documentations is not here. */
const SIGNS: Readonly<Record<string, Signs>> = {
  action: {
    attune: ["label", "parameter_delivery", "parameter_format", "output_format", "workflow_file", "runtime_version"],
    stackstorm: ["chain", "notify", "pack"],
  },
  sensor: {
    attune: ["label", "runner_type", "trigger_type", "runtime_version"],
    stackstorm: ["class_name"],
  },
  trigger: { attune: ["label"], stackstorm: ["pack"] },
  rule: {
    attune: ["label", "trigger_ref", "action_ref", "action_params", "trigger_params", "conditions"],
    stackstorm: ["criteria", "trigger", "action", "pack"],
  },
  policy: {
    attune: ["label", "concurrency", "rate_limit", "quotas", "action_ref", "pack_ref"],
    stackstorm: ["resource_ref", "policy_type"],
  },
};

/** Whose a definition clearly is: it has signs of one platform, and none of the other. */
export function definitionDialect(file: string, value: unknown): Dialect | undefined {
  if (!isMapping(value)) return undefined;
  const kind = kindOf(file, value, "attune");
  if (kind === "workflow") return file.startsWith("actions/") ? workflowDialect(value) : undefined;
  const signs = kind === undefined ? undefined : SIGNS[kind];
  if (signs === undefined) return undefined;
  const isAttune = hasAny(value, signs.attune) || hasOwnRef(value);
  const isStackstorm = hasAny(value, signs.stackstorm) || hasStackstormRunner(value);
  if (isAttune === isStackstorm) return undefined;
  return isAttune ? "attune" : "stackstorm";
}

/** StackStorm computes refs from names, so nobody writes just a ref there. */
function hasOwnRef({ ref, name }: Mapping): boolean {
  return typeof ref === "string" && ref.includes(".") && name === undefined;
}

function hasStackstormRunner({ runner_type: runner }: Mapping): boolean {
  return typeof runner === "string" && STACKSTORM_RUNNER.test(runner);
}

/** What no runner of Attune's is called like. */
const STACKSTORM_RUNNER =
  /^(?:action-chain|announcement|http-request|inquirer|noop|orquesta|mistral-v2|(?:local|remote)-shell-(?:cmd|script)|python-script|winrm-(?:ps-)?(?:cmd|script))$/;

/** Attune's tasks are a list, orquesta's a mapping without anything around it that Attune knows. */
function workflowDialect(value: Mapping): Dialect | undefined {
  if ("chain" in value) return "stackstorm";
  if (Array.isArray(value["tasks"])) return "attune";
  const isOrquesta = isMapping(value["tasks"]) && !hasAny(value, ["ref", "label", "parameters", "output_map"]);
  return isOrquesta ? "stackstorm" : undefined;
}

function hasAny(value: Mapping, keys: readonly string[]): boolean {
  return keys.some((key) => Object.hasOwn(value, key));
}

const NAMES: Readonly<Record<Dialect, string>> = { attune: "Attune", stackstorm: "StackStorm" };
const MAX_NAMED = 5;

/** The one finding about all definitions that are written for the other platform. */
export function mixedDialects({ dialect, foreign }: PackDialect): Diagnostic | undefined {
  const [first] = foreign;
  if (first === undefined) return undefined;
  const other = dialect === "attune" ? "stackstorm" : "attune";
  const named = foreign.slice(0, MAX_NAMED).map((file) => `\`${excerpt(file)}\``);
  const rest = foreign.length > MAX_NAMED ? ` and ${foreign.length - MAX_NAMED} more` : "";
  return {
    severity: "warning",
    code: "pack.mixed_dialects",
    message: `Expected definitions for ${NAMES[dialect]}, as this is one of its packs, got some for ${NAMES[other]}: ${named.join(", ")}${rest}. They are not checked`,
    file: first,
    hint: `Rewrite them for ${NAMES[dialect]}, or move them to a pack of their own; if all of it is for ${NAMES[other]}, set the dialect \`${other}\`.`,
  };
}
