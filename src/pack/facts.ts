import type { ComponentKind } from "./component.ts";
import { qualified, textAt } from "./fields.ts";
import type { Dialect } from "./identity.ts";
import { type Link, linksOf } from "./links.ts";
import { isMapping } from "./mapping.ts";
import type { DefinitionContext } from "./model.ts";
import type { Range } from "./yaml-positions.ts";

/** A component that others may name. */
export interface Component {
  readonly kind: ComponentKind;
  readonly ref: string;
}

/** What other files need to know of a definition: small plain data, to be remembered while the file stays as it is. */
export interface Facts {
  readonly kind: ComponentKind;
  /** The platform that it is clearly written for, where that is not its pack's: nothing else is known of it then. */
  readonly written?: Dialect;
  /** The full reference; `undefined`: it has none, or cannot be told. */
  readonly ref?: string | undefined;
  /** Where that, and the runner, stand; see `locate.ts`. */
  readonly refRange?: Range | undefined;
  readonly runnerRange?: Range | undefined;
  readonly name?: string | undefined;
  /** Which runner, in lower case; only of actions and sensors, and with the platform's default. */
  readonly runner?: string | undefined;
  /** How parameters arrive at a script: `stdin`, unless it says `file`. */
  readonly delivery?: string | undefined;
  readonly parameters: readonly string[];
  /** Under which names others find it, and what it defines beside itself. */
  readonly defines: readonly Component[];
  readonly links: readonly Link[];
}

/**
 * What other files need to know of a definition. Never throws.
 *
 * @param value as parsed; anything
 */
export function factsOf(value: unknown, about: DefinitionContext): Facts {
  const { kind } = about;
  if (!isMapping(value)) return { kind, parameters: [], defines: [], links: [] };
  const ref = refOf(value, about);
  const name = textAt(value, "name");
  const runner = runnerOf(value, about);
  const delivery = textAt(value, "parameter_delivery")?.toLowerCase();
  return {
    kind,
    ref,
    name,
    runner,
    delivery,
    parameters: parameterNames(value["parameters"]),
    defines: definedBy(value, ref, about),
    links: linksOf(value, about),
  };
}

/** Kinds that have no reference of their own. */
const NAMELESS: ReadonlySet<ComponentKind> = new Set(["pack", "chain", "config_schema"]);

/** StackStorm makes it of the name, which is the class of a sensor; Attune reads `ref`, and its older loader made it of the name, too. */
export function refOf(value: unknown, { kind, dialect, pack, file }: DefinitionContext): string | undefined {
  if (NAMELESS.has(kind)) return undefined;
  const name = textAt(value, dialect === "stackstorm" && kind === "sensor" ? "class_name" : "name");
  if (dialect === "stackstorm") {
    // Dots in a name are part of it.
    return kind === "workflow" || name === undefined || pack === undefined ? undefined : `${pack}.${name}`;
  }
  const ref = textAt(value, "ref");
  if (ref !== undefined) return qualified(ref, pack);
  if (kind === "workflow") return qualified(stemOf(file), pack);
  return name === undefined ? undefined : qualified(name, pack);
}

function definedBy(value: unknown, ref: string | undefined, about: DefinitionContext): Component[] {
  const { kind, dialect, pack, file } = about;
  const own: Component[] = ref === undefined ? [] : [{ kind, ref }];
  if (kind === "workflow" && dialect === "attune") {
    const byFile = qualified(stemOf(file), pack);
    // A workflow is what an action runs, and is called like one; older loaders name it for its file.
    return [...own, ...[ref, byFile].flatMap((each): Component[] => (each ? [{ kind: "action", ref: each }] : []))];
  }
  return kind === "sensor" && dialect === "stackstorm" ? [...own, ...sensorTriggers(value, pack)] : own;
}

/** StackStorm's sensors bring the types of their triggers along. */
function sensorTriggers(value: unknown, pack: string | undefined): Component[] {
  const types = isMapping(value) ? value["trigger_types"] : undefined;
  if (!Array.isArray(types) || pack === undefined) return [];
  return types.flatMap((type): Component[] => {
    const name = textAt(type, "name");
    return name === undefined ? [] : [{ kind: "trigger", ref: `${textAt(type, "pack") ?? pack}.${name}` }];
  });
}

/** `actions/workflows/deploy.workflow.yaml` is `deploy`. */
function stemOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/(\.workflow)?\.ya?ml$/, "");
}

function runnerOf(value: unknown, { kind, dialect }: DefinitionContext): string | undefined {
  const given = textAt(value, "runner_type")?.toLowerCase();
  if (kind !== "action" && kind !== "sensor") return undefined;
  if (given !== undefined || dialect === "stackstorm") return given;
  return kind === "sensor" ? "native" : "shell";
}

/** In the flat style a parameter is a key; in a JSON Schema the keys are below `properties`. */
function parameterNames(given: unknown): string[] {
  if (!isMapping(given)) return [];
  const isSchema = typeof given["type"] === "string";
  const fields = isSchema ? given["properties"] : given;
  return isMapping(fields) ? Object.keys(fields) : [];
}
