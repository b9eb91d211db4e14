import picomatch from "picomatch";
import type { ComponentKind } from "../pack/component.ts";
import {
  ANY_RUNNER,
  type FileChange,
  type Meaning,
  type MeaningKind,
  meaningOf,
  type PackModel,
  readersOf,
} from "./meaning.ts";
import { runnerName } from "./programs.ts";

/** What a rule asks of a change: all that is given must hold, one of each list. Patterns are globs. */
export interface When {
  readonly meaning?: readonly MeaningKind[];
  readonly component?: readonly ComponentKind[];
  readonly runner?: readonly string[];
  /** Refs. */
  readonly pack?: readonly string[];
  /** Relative to the pack. */
  readonly path?: readonly string[];
  /** Names of sources. */
  readonly source?: readonly string[];
}

/**
 * Where changes lead. `do`: services by globs, in which `{runner}` is the change's; `register`: into the platform's
 * database; `environments`: what the pack needs is installed anew. None: nobody is told.
 */
export interface Rule {
  readonly when: When;
  readonly do: readonly string[];
}

/** Rules of one kind, and what a person calls them: `packsync.yaml`, `preset attune`, `label of sensor-1`. */
export interface RuleSet {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** Of `ordered` the first rule that fits decides; each of `additional` is asked as well, whatever was decided. */
export interface Router {
  readonly ordered: readonly RuleSet[];
  readonly additional: readonly RuleSet[];
}

/** A pack whose content becomes another. */
export interface RoutedPack extends PackModel {
  readonly ref: string;
  readonly source: string;
  readonly changes: readonly FileChange[];
}

/** Somebody to be told of a change, and by which rule. */
export interface Telling {
  /** A glob of services, `register` or `environments`. */
  readonly target: string;
  readonly by: string;
}

export interface RoutedChange {
  readonly path: string;
  readonly meaning: Meaning;
  /** Each target once. */
  readonly tells: readonly Telling[];
}

/** Only for changes that alter the volume: what is preserved or carried stays, and concerns nobody. */
export function routePack(pack: RoutedPack, router: Router): readonly RoutedChange[] {
  const readers = readersOf(pack);
  const find = matcher(pack, router);
  return pack.changes
    .filter(({ kind }) => kind === "add" || kind === "replace" || kind === "remove")
    .map((change) => {
      const meaning = meaningOf(change, readers);
      return {
        path: change.path,
        meaning,
        tells: distinct(facets(meaning).flatMap((facet) => find(change.path, facet))),
      };
    });
}

/** A change as one of those who read it sees it. */
interface Facet {
  readonly kind: MeaningKind;
  readonly component: ComponentKind | undefined;
  readonly runner: string | undefined;
}

/** What sensors and actions share is one meaning, `sensor`, but concerns the actions' workers as a script does. */
function facets({ kind, component, runners }: Meaning): Facet[] {
  const of = (kind: MeaningKind, runner: string | undefined): Facet => ({ kind, component, runner });
  if (kind === "sensor") return [of("sensor", undefined), ...runners.map((runner) => of("script", runner))];
  return runners.length === 0 ? [of(kind, undefined)] : runners.map((runner) => of(kind, runner));
}

type Find = (path: string, facet: Facet) => Telling[];

function matcher({ ref, source }: RoutedPack, { ordered, additional }: Router): Find {
  const compile = ({ name, rules }: RuleSet) =>
    rules.map((rule) => ({ name, rule, fits: fits(rule.when, ref, source) }));
  const first = ordered.flatMap(compile);
  const also = additional.flatMap(compile);
  return (path, facet) => {
    const deciding = first.find((each) => each.fits(path, facet));
    const found = [...(deciding ? [deciding] : []), ...also.filter((each) => each.fits(path, facet))];
    return found.flatMap(({ name, rule }) => rule.do.flatMap((target) => told(target, facet, name)));
  };
}

/** `worker-{runner}` of a change that no runner runs is nobody. */
function told(target: string, { runner }: Facet, by: string): Telling[] {
  if (!target.includes("{runner}")) return [{ target, by }];
  return runner === undefined ? [] : [{ target: target.replaceAll("{runner}", runner), by }];
}

function fits(when: When, ref: string, source: string): (path: string, facet: Facet) => boolean {
  const isOf = globs(when.pack)(ref) && globs(when.source)(source);
  const isPath = globs(when.path);
  const runners = when.runner?.map(runnerName);
  return (path, { kind, component, runner }) =>
    isOf &&
    (when.meaning?.includes(kind) ?? true) &&
    (when.component === undefined || (component !== undefined && when.component.includes(component))) &&
    (runners === undefined || (runner !== undefined && (runner === ANY_RUNNER || runners.includes(runner)))) &&
    isPath(path);
}

/** `undefined`: whatever it is. A file may begin with a dot. */
function globs(patterns: readonly string[] | undefined): (name: string) => boolean {
  return patterns === undefined ? () => true : picomatch([...patterns], { dot: true });
}

/** The first one to name a target is the reason. */
function distinct(tells: readonly Telling[]): Telling[] {
  const byTarget = new Map<string, Telling>();
  for (const each of tells) if (!byTarget.has(each.target)) byTarget.set(each.target, each);
  return [...byTarget.values()];
}
