import type { Dialect } from "../pack/identity.ts";
import { isAbsent, isMapping, type Mapping } from "../pack/mapping.ts";
import { asPackRef } from "../pack/ref.ts";
import { versionRange } from "../pack/version-range.ts";
import { versionText } from "./version-text.ts";

/** Something that a `pack.yaml` names, and which versions of it will do: `*` for any. */
export interface Wanted {
  readonly name: string;
  readonly spec: string;
}

/** What could be read, and what could not: a sentence each. */
export interface Reading {
  readonly wanted: readonly Wanted[];
  readonly problems: readonly string[];
}

/** More than any pack has: each is compared with others. */
const MAX_WANTED = 1000;

/** What is no pack in the `dependencies` of a registry's index, whose packs are in a list of their own. */
const NO_PACKS: ReadonlySet<string> = new Set(["attune_version", "python_version", "nodejs_version"]);

/** The packs that a pack needs. Whatever is no range of versions is a problem, but for StackStorm: there it may be a branch. */
export function readWantedPacks(given: unknown, dialect: Dialect): Reading {
  const { wanted, problems } = readEntries(packsOf(given), "dependencies");
  const unread: string[] = [...problems];
  if (wanted.length > MAX_WANTED) unread.push(expected(`at most ${MAX_WANTED} dependencies`, wanted.length));
  const packs = wanted.slice(0, MAX_WANTED).flatMap(({ name, spec }) => {
    const pack = asPackRef(nameOf(name));
    if (pack === undefined) unread.push(expected("a dependency to begin with a pack's ref", name));
    if (pack === undefined) return [];
    if (versionRange(spec) !== undefined) return [{ name: pack, spec }];
    if (dialect === "attune" && pack === name)
      unread.push(expected(`\`${pack}\` with versions such as \`>=1.0.0\``, spec));
    return [{ name: pack, spec: "*" }];
  });
  return { wanted: packs, problems: unread };
}

function packsOf(given: unknown): unknown {
  if (!isMapping(given)) return given;
  const { packs } = given;
  const others = Object.entries(given).filter(([key]) => !NO_PACKS.has(key) && !(key === "packs" && isList(packs)));
  return isList(packs) ? [...packs, Object.fromEntries(others)] : Object.fromEntries(others);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/**
 * In every way that packs write it: a list of texts (`core`, `core@>=1.0`, `core=1.2`), of mappings (`{ref: core, version: ">=1.0"}`,
 * `{core: ">=1.0"}`), or a mapping of names to versions.
 *
 * @param key for the sentences
 */
export function readEntries(given: unknown, key: string): Reading {
  if (isAbsent(given)) return { wanted: [], problems: [] };
  if (isMapping(given)) return together(Object.entries(given).map(([name, spec]) => named(name, spec)));
  if (!isList(given)) return { wanted: [], problems: [expected(`\`${key}\` to be a list`, given)] };
  return together(given.map((entry) => readEntry(entry, key)));
}

function readEntry(entry: unknown, key: string): Reading {
  if (typeof entry === "string") return fromText(entry.trim(), key);
  if (isMapping(entry)) return fromMapping(entry);
  return { wanted: [], problems: [expected(`texts such as \`core@>=1.0.0\` in \`${key}\``, entry)] };
}

/** `core`, `core@>=1.0`, `core>=1.0`, `core >= 1.0`; of a URL only what is behind `=`, or behind the `@` after its path. */
function fromText(text: string, key: string): Reading {
  const isPlace = /[/:]/.test(text.split(/[@=<>~^\s]/, 1)[0] ?? "") || /^[\w.-]+@[\w.-]+:/.test(text);
  const pattern = isPlace ? /^([^=]*\/[^/@#=]+)(?:[@#=](.*))?$/s : /^([^@=<>~^!*\s]+)\s*(?:@\s*(.*)|([=<>~^!*].*))?$/s;
  const [, name, at, operator] = pattern.exec(text) ?? [];
  if (name === undefined)
    return { wanted: [], problems: [expected(`texts such as \`core@>=1.0.0\` in \`${key}\``, text)] };
  return { wanted: [{ name, spec: (at ?? operator ?? "").trim() || "*" }], problems: [] };
}

const NAMES = ["ref", "name", "pack", "pack_ref"];
const VERSIONS = ["version", "version_spec"];

function fromMapping(entry: Mapping): Reading {
  const key = NAMES.find((each) => typeof entry[each] === "string");
  if (key === undefined) return together(Object.entries(entry).map(([name, spec]) => named(name, spec)));
  const version = VERSIONS.find((each) => !isAbsent(entry[each]));
  return named(String(entry[key]).trim(), version && entry[version]);
}

function named(name: string, given: unknown): Reading {
  const spec = versionText(isMapping(given) ? given["version"] : given);
  if (spec !== undefined) return { wanted: [{ name, spec: spec || "*" }], problems: [] };
  return { wanted: [], problems: [expected(`the versions of \`${name}\` as text`, given)] };
}

function together(readings: readonly Reading[]): Reading {
  return {
    wanted: readings.flatMap(({ wanted }) => wanted),
    problems: readings.flatMap(({ problems }) => problems),
  };
}

/** Of a repository its last part, as StackStorm takes it; the repositories of its packs have their platform before the name. */
function nameOf(name: string): string {
  if (!/[/:]/.test(name)) return name;
  const last = name.slice(name.search(/[^/:]*$/));
  return last.replace(/\.git$/, "").replace(/^(stackstorm|pack)-/, "");
}

export function expected(what: string, got: unknown): string {
  const text = typeof got === "string" ? got : (JSON.stringify(got) ?? String(got));
  return `Expected ${what}, got \`${text.slice(0, 100)}\``;
}
