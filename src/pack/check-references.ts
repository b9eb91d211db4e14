import type { Diagnostic } from "./diagnostics.ts";
import { excerpt } from "./excerpt.ts";
import type { Facts } from "./facts.ts";
import { isDefinitionFile } from "./layout.ts";
import type { Link } from "./links.ts";
import { isReference, type PackFacts, packOf } from "./pack-facts.ts";
import { nearest } from "./spelling.ts";

interface Pack extends PackFacts {
  readonly files: ReadonlyMap<string, unknown>;
}

/** Components that another one hides, and refs of the own pack that nothing has. */
export function checkReferences(pack: Pack): readonly Diagnostic[] {
  return [...duplicates(pack), ...unresolved(pack)];
}

function duplicates({ definitions }: Pack): Diagnostic[] {
  const seen = new Map<string, string>();
  return [...definitions].flatMap(([file, { kind, ref, refRange }]) => {
    if (ref === undefined) return [];
    const key = `${kind} ${ref}`;
    const other = seen.get(key);
    if (other === undefined) {
      seen.set(key, file);
      return [];
    }
    const message = `Expected one ${wordFor(kind)} \`${excerpt(ref)}\`, got it in \`${excerpt(other)}\`, too: the platform keeps one of them only`;
    const hint = "Give one of them another name.";
    const isLegacy = file.startsWith("workflows/") || other.startsWith("workflows/");
    const severity = isLegacy ? "warning" : "error";
    return [{ severity, code: "component.duplicate_ref", message, file, ...refRange, hint }];
  });
}

function unresolved(pack: Pack): Diagnostic[] {
  const links = unknownLinks(pack);
  if (links.length === 0) return [];
  const known = Map.groupBy(
    [...pack.definitions.values()].flatMap(({ defines }) => defines),
    ({ kind }) => kind,
  );
  const isKnowable = {
    action: isWhole(pack, ACTIONS),
    trigger: isWhole(pack, TRIGGERS),
    sensor: isWhole(pack, SENSORS),
  };
  return links.flatMap(({ file, facts, link, to }) => {
    if (!isKnowable[to]) return [];
    const refs = (known.get(to) ?? []).map(({ ref }) => ref);
    return [missing(file, facts, link, nearest(link.target, refs))];
  });
}

interface UnknownLink {
  readonly file: string;
  readonly facts: Facts;
  readonly link: Link;
  readonly to: "action" | "trigger" | "sensor";
}

/** Those to components of the own pack that no definition has. */
function unknownLinks({ definitions, pack }: Pack): UnknownLink[] {
  const has = new Set<string>();
  for (const { defines } of definitions.values()) for (const { kind, ref } of defines) has.add(`${kind} ${ref}`);
  const found: UnknownLink[] = [];
  for (const [file, facts] of definitions)
    for (const link of facts.links) {
      const { to, target } = link;
      if (!isReference(to) || packOf(target) !== pack || has.has(`${to} ${target}`)) continue;
      found.push({ file, facts, link, to });
    }
  return found;
}

const ACTIONS = /^(actions|actions\/workflows|workflows)\/[^/]+$/;
const TRIGGERS = /^(triggers|sensors)\/[^/]+$/;
const SENSORS = /^sensors\/[^/]+$/;

/** What cannot be read, or has no ref, is one finding; what names it would be fifty more. */
function isWhole({ files, definitions }: Pack, where: RegExp): boolean {
  return files.keys().every((file) => {
    if (!where.test(file) || !isDefinitionFile(file)) return true;
    const facts = definitions.get(file);
    return facts !== undefined && (facts.ref !== undefined || facts.kind === "chain" || facts.kind === "workflow");
  });
}

function missing(file: string, facts: Facts, { to, target, range }: Link, meant: string | undefined): Diagnostic {
  const severity = isAdvice(file, facts) ? "warning" : "error";
  const message = `Expected ${to === "action" ? "an" : "a"} ${to} \`${excerpt(target)}\` in this pack, got none`;
  const hint =
    meant === undefined
      ? `Add the ${to}, or name another one; if its file is only not saved yet, save it.`
      : `Did you mean \`${excerpt(meant)}\`?`;
  return { severity, code: "reference.missing_local_target", message, file, ...range, hint };
}

/**
 * A rule or sensor without its trigger is skipped when the pack is loaded, and a task without its action fails when its
 * turn comes. A policy of nothing does nothing; Attune skips a legacy workflow that it cannot read, and goes on.
 */
function isAdvice(file: string, { kind }: Facts): boolean {
  return kind === "policy" || kind === "cache" || file.startsWith("workflows/");
}

function wordFor(kind: Facts["kind"]): string {
  return kind.replaceAll("_", " ");
}
