import { qualified, textAt } from "./fields.ts";
import type { ValuePath } from "./finding.ts";
import { isMapping } from "./mapping.ts";
import type { DefinitionContext } from "./model.ts";
import type { Range } from "./yaml-positions.ts";

/** What a definition needs to be there: a file (relative to the pack), a component by its full ref, or a pack. */
export interface Link {
  readonly to: "entry_point" | "workflow_file" | "action" | "trigger" | "sensor" | "pack";
  readonly target: string;
  readonly path: ValuePath;
  /** Which versions of a pack will do, as written. */
  readonly spec?: string;
  /** Where it stands; see `locate.ts`. */
  readonly range?: Range;
}

/** Everything that a definition names, in the order of the file where order matters. */
export function linksOf(value: unknown, about: DefinitionContext): readonly Link[] {
  if (!isMapping(value)) return [];
  const { kind, dialect } = about;
  switch (kind) {
    case "pack":
      return dependencyLinks(value, about);
    case "action":
      return dialect === "attune" ? attuneFiles(value) : stackstormFiles(value);
    case "sensor":
      return [...fileLink(value, "entry_point", "sensors"), ...sensorTriggerLinks(value, about)];
    case "rule":
      return dialect === "attune"
        ? [...refLink(value, ["trigger_ref"], "trigger", about), ...refLink(value, ["action_ref"], "action", about)]
        : [
            ...refLink(value, ["trigger", "type"], "trigger", about),
            ...refLink(value, ["action", "ref"], "action", about),
          ];
    case "workflow":
      return taskLinks(value["tasks"], ["tasks"], about);
    case "chain":
      return chainLinks(value["chain"], about);
    case "alias":
      return refLink(value, ["action_ref"], "action", about);
    case "policy":
      return refLink(value, [dialect === "attune" ? "action_ref" : "resource_ref"], "action", about);
    case "queue":
      return refLink(value, ["dispatch_action"], "action", about);
    case "cache":
      return cacheLinks(value, about);
    case "config_schema":
    case "dashboard":
    case "permission_set":
    case "runtime":
    case "trigger":
      return [];
    default:
      return kind satisfies never;
  }
}

/** The platform joins it to the directory of its kind. What leads elsewhere is another finding. */
function fileLink(value: unknown, key: string, directory: string, to: Link["to"] = "entry_point"): Link[] {
  const name = textAt(value, key);
  if (name === undefined || !/^[^\n\r\0]+$/.test(name) || name.startsWith("/")) return [];
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.includes("..")) return [];
  return [{ to, target: [directory, ...parts].join("/"), path: [key] }];
}

/** With a workflow nothing else is run. */
function attuneFiles(value: unknown): Link[] {
  const workflow = fileLink(value, "workflow_file", "actions", "workflow_file");
  return workflow.length > 0 ? workflow : fileLink(value, "entry_point", "actions");
}

/** The runners that open their entry point; the others take it for nothing. */
const STACKSTORM_RUNNERS: Readonly<Record<string, Link["to"]>> = {
  "action-chain": "workflow_file",
  orquesta: "workflow_file",
  "local-shell-script": "entry_point",
  "python-script": "entry_point",
  "remote-shell-script": "entry_point",
  "winrm-ps-script": "entry_point",
};

function stackstormFiles(value: unknown): Link[] {
  const runner = textAt(value, "runner_type") ?? "";
  const to = Object.hasOwn(STACKSTORM_RUNNERS, runner) ? STACKSTORM_RUNNERS[runner] : undefined;
  return to === undefined ? [] : fileLink(value, "entry_point", "actions", to);
}

/** What is only known when it runs (`{{ x }}`, `<% x %>`) names nothing yet. */
function component(given: string, to: Link["to"], path: ValuePath, { pack }: DefinitionContext): Link[] {
  const target = /^[\w-]+(\.[\w-]+)*$/.test(given) ? qualified(given, pack) : undefined;
  return target === undefined ? [] : [{ to, target, path }];
}

function refLink(value: unknown, path: readonly string[], to: Link["to"], about: DefinitionContext): Link[] {
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (isMapping(at) ? at[key] : undefined), value);
  const ref = textAt(parent, path.at(-1) ?? "");
  return ref === undefined ? [] : component(ref, to, path, about);
}

function sensorTriggerLinks(value: Readonly<Record<string, unknown>>, about: DefinitionContext): Link[] {
  if (about.dialect === "stackstorm") return []; // it defines them
  for (const key of ["trigger_types", "trigger_type"]) {
    const given = value[key];
    if (typeof given === "string") return refLink(value, [key], "trigger", about);
    if (!Array.isArray(given)) continue;
    return given.flatMap((type, index) =>
      typeof type === "string" ? component(type.trim(), "trigger", [key, index], about) : [],
    );
  }
  return [];
}

/** A list of tasks in Attune, a mapping in StackStorm; parallel ones hold tasks of their own. */
function taskLinks(tasks: unknown, path: ValuePath, about: DefinitionContext, depth = 0): Link[] {
  if (typeof tasks !== "object" || tasks === null || depth > MAX_DEPTH) return [];
  const entries = Array.isArray(tasks) ? [...tasks.entries()] : Object.entries(tasks);
  return entries.flatMap(([key, task]) => {
    const action = textAt(task, "action");
    const at = [...path, key];
    // Orquesta takes the input behind it, too: `core.local cmd="date"`.
    const ref = about.dialect === "stackstorm" ? action?.split(/\s/, 1)[0] : action;
    // Without a dot it is one of orquesta's own: `noop`, `fail`.
    const own = ref?.includes(".") === true ? component(ref, "action", [...at, "action"], about) : [];
    const nested = isMapping(task) ? taskLinks(task["tasks"], [...at, "tasks"], about, depth + 1) : [];
    return [...own, ...nested];
  });
}

/** Deeper than anybody nests tasks, and far from the end of the stack. */
const MAX_DEPTH = 20;

/** `action` is how old chains wrote `ref`. */
function chainLinks(chain: unknown, about: DefinitionContext): Link[] {
  if (!Array.isArray(chain)) return [];
  return chain.flatMap((task, index) => {
    const key = textAt(task, "ref") === undefined ? "action" : "ref";
    const ref = textAt(task, key);
    return ref?.includes(".") === true ? component(ref, "action", ["chain", index, key], about) : [];
  });
}

function cacheLinks(value: unknown, about: DefinitionContext): Link[] {
  const owner = textAt(value, "owner_type");
  return owner === "action" || owner === "sensor" ? refLink(value, ["owner_ref"], owner, about) : [];
}

/** Attune writes `ref@spec`, StackStorm `ref=version`; what is a URL is nobody's ref. */
const DEPENDENCY = /^([a-z0-9][a-z0-9_-]*)\s*(?:@\s*(.*)|([=<>~^!].*))?$/s;

/** What is not written as the platform reads it is a finding of its own. */
function dependencyLinks(value: Readonly<Record<string, unknown>>, { dialect }: DefinitionContext): Link[] {
  const given = value["dependencies"];
  if (!Array.isArray(given)) return [];
  return given.flatMap((entry, index): Link[] => {
    const [, target, at, operator] = (typeof entry === "string" && DEPENDENCY.exec(entry.trim())) || [];
    const spec = (at ?? operator)?.trim();
    if (target === undefined || (dialect === "attune" && at === undefined && operator !== undefined)) return [];
    return [{ to: "pack", target, path: ["dependencies", index], ...(spec && { spec }) }];
  });
}
