import { type ComponentKind, kindOf } from "../pack/component.ts";
import type { Dialect } from "../pack/identity.ts";
import { isDefinitionFile } from "../pack/layout.ts";
import type { PackFacts } from "../pack/pack-facts.ts";
import type { FileEntry } from "../pack/snapshot.ts";
import { dependencyRuntime, isConfig, isDocs } from "./file-names.ts";
import type { ChangeKind } from "./plan.ts";
import { mayUse, type Program, programsOf } from "./programs.ts";

/** What a change is about; `docs`: nothing that runs ever looks at it. */
export const meaningKinds = ["docs", "metadata", "script", "sensor", "binary", "dependencies", "config"] as const;
export type MeaningKind = (typeof meaningKinds)[number];

/** What a change of one file is about: always exactly one thing. */
export interface Meaning {
  readonly kind: MeaningKind;
  /** Only of a definition. */
  readonly component?: ComponentKind;
  /** Runners of the actions that run it; of dependencies: the runtimes that install them. Sorted, each once. */
  readonly runners: readonly string[];
  /** For a person: `entry point of demo.poll`. */
  readonly why: string;
}

/** What is known of a pack's definitions: `before` of what is (or was last seen to be) there, `after` of what comes. */
export interface PackModel {
  readonly dialect: Dialect;
  readonly before: PackFacts | undefined;
  readonly after: PackFacts | undefined;
  /** Nobody knows any more what it runs: its programs may be of every runner. */
  readonly isForgotten?: true;
}

/** Stands for every runner. */
export const ANY_RUNNER = "*";

/** What the meaning of a pack's files depends on. */
export interface Readers extends PackModel {
  readonly programs: readonly Program[];
}

/** What became of one file: whose it was, and why it was decided so, concerns nobody. */
export interface FileChange {
  readonly kind: ChangeKind;
  readonly path: string;
  readonly prev?: Pick<FileEntry, "elf">;
  readonly next?: Pick<FileEntry, "elf">;
}

/** Both: what a script was run by tells whom its removal concerns. */
export function readersOf(model: PackModel): Readers {
  return { ...model, programs: [...programsOf(model.after), ...programsOf(model.before)] };
}

/** Whoever cannot be excluded is concerned: a file that nobody knows may be read by every program of its pack. */
export function meaningOf(change: FileChange, readers: Readers): Meaning {
  const { path } = change;
  return (
    definition(path, readers) ??
    entryPoint(change, readers) ??
    byName(path) ??
    (isBinary(change) ? binary(path, []) : shared(path, readers))
  );
}

function definition(path: string, { before, after, dialect }: Readers): Meaning | undefined {
  const known = after?.definitions.get(path) ?? before?.definitions.get(path);
  if (known === undefined && !isDefinitionFile(path)) return undefined;
  const component = known?.kind ?? kindOf(path, {}, dialect);
  if (component === "config_schema" || path === "config.schema.yaml") return meaning("config", "schema of the config");
  if (component === undefined) return meaning("docs", "no definition that this platform reads");
  const why = component === "pack" ? "the pack's own definition" : `definition of kind ${component}`;
  return { ...meaning(component === "sensor" ? "sensor" : "metadata", why), component };
}

function entryPoint(change: FileChange, { programs, before, after }: Readers): Meaning | undefined {
  const { path } = change;
  const running = programs.filter(({ entry }) => entry === path);
  if (running.length > 0) {
    const why = `entry point of ${names(running)}`;
    if (running.some(({ kind }) => kind === "sensor")) return meaning("sensor", why, runnersOf(running));
    return meaning(isBinary(change) ? "binary" : "script", why, runnersOf(running));
  }
  const links = [after, before].flatMap((facts) =>
    [...(facts?.definitions.values() ?? [])].flatMap((each) => each.links),
  );
  const isWorkflow = links.some(({ to, target }) => to === "workflow_file" && target === path);
  return isWorkflow ? { ...meaning("metadata", "body of a workflow"), component: "workflow" } : undefined;
}

function byName(path: string): Meaning | undefined {
  const runtime = dependencyRuntime(path);
  if (runtime !== undefined) return meaning("dependencies", `what the pack needs of ${runtime}`, [runtime]);
  if (isConfig(path)) return meaning("config", "the pack's config");
  return isDocs(path) ? meaning("docs", "nothing that runs reads it") : undefined;
}

function binary(path: string, runners: readonly string[]): Meaning {
  return path.startsWith("sensors/")
    ? meaning("sensor", "binary among the sensors", runners)
    : meaning("binary", "binary", runners);
}

/** What programs have in common: their own directory's, or, of `lib/` and everything else, the whole pack's. */
function shared(path: string, { programs, isForgotten }: Readers): Meaning {
  if (path.startsWith("sensors/")) return meaning("sensor", "among the sensors");
  if (isForgotten === true) return meaning("sensor", "nobody knows any more what runs it", [ANY_RUNNER]);
  const isOfActions = path.startsWith("actions/");
  const users = programs.filter((each) => mayUse(each, path) && !(isOfActions && each.kind === "sensor"));
  const why = users.length === 0 ? "nothing in the pack runs it" : `may be read by ${names(users)}`;
  const isOfSensors = users.some(({ kind }) => kind === "sensor");
  return meaning(isOfSensors ? "sensor" : "script", why, runnersOf(users));
}

function isBinary({ prev, next }: FileChange): boolean {
  return prev?.elf !== undefined || next?.elf !== undefined;
}

function meaning(kind: MeaningKind, why: string, runners: readonly string[] = []): Meaning {
  return { kind, runners, why };
}

function runnersOf(programs: readonly Program[]): string[] {
  const actions = programs.filter(({ kind }) => kind === "action");
  return [...new Set(actions.map(({ runner }) => runner))].sort();
}

const NAMED = 3;

function names(programs: readonly Program[]): string {
  const all = [...new Set(programs.map(({ name }) => name))];
  const rest = all.length > NAMED ? ` and ${all.length - NAMED} more` : "";
  return `${all.slice(0, NAMED).join(", ")}${rest}`;
}
