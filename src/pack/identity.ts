import type { Diagnostic, Position } from "./diagnostics.ts";
import { excerpt } from "./excerpt.ts";
import { asPackRef, attunePackRef, type PackRef, stackstormPackRef } from "./ref.ts";

/** Whose rules a pack follows. */
export type Dialect = "attune" | "stackstorm";

/** Who a pack says it is. `ref` and `version` are there unless a diagnostic says what is wrong with them. */
export interface Identity {
  readonly ref?: PackRef;
  /** A full semantic version: StackStorm's `0.2` is `0.2.0`. */
  readonly version?: string;
  readonly dialect: Dialect;
  /** The packs that this one needs, each once, without their versions; what has no ref (a git URL) is left out. */
  readonly dependencies: readonly PackRef[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface IdentityContext {
  readonly file: "pack.yaml";
  /** The name of the pack's directory in its source. */
  readonly directory: string;
  /** Whose rules the pack follows, if somebody said so. */
  readonly dialect?: Dialect | undefined;
  /** Where a key stands, or the whole content for an empty path: called for findings only. */
  readonly positionOf?: (path: readonly string[]) => Position | undefined;
}

type Manifest = Readonly<Record<string, unknown>>;

/** A field's value, or what is wrong with it. */
type Field<T> = { readonly value: T } | { readonly problem: Diagnostic };

/**
 * Ref, version and dependencies from a parsed `pack.yaml`; everything else in it is for the full validation.
 *
 * @param value `undefined` when there is no `pack.yaml`
 */
export function readIdentity(value: unknown, context: IdentityContext): Identity {
  if (!isManifest(value)) {
    const { dialect = "attune" } = context;
    return { dialect, dependencies: [], diagnostics: [noManifest(value, context)] };
  }
  const dialect = context.dialect ?? dialectOf(value);
  const ref = readRef(value, dialect, context);
  const version = readVersion(value, dialect, context);
  return {
    ...("value" in ref && { ref: ref.value }),
    ...("value" in version && { version: version.value }),
    dialect,
    dependencies: readDependencies(value["dependencies"]),
    diagnostics: [ref, version].flatMap((field) => ("problem" in field ? [field.problem] : [])),
  };
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function noManifest(value: unknown, context: IdentityContext): Diagnostic {
  const { file, directory } = context;
  const hint = "Write at least `ref`, `label` and `version`.";
  if (value === undefined) {
    return finding("manifest.missing", `Expected \`${file}\` in \`${excerpt(directory)}\`, got none`, hint, context);
  }
  const message = `Expected \`${file}\` to have \`key: value\` lines, got ${value === null ? "none" : describe(value)}`;
  return finding("manifest.not_object", message, hint, context, []);
}

const ATTUNE_SIGNS = ["label", "conf_schema", "config_schema", "runtime_deps", "testing", "meta"];
const STACKSTORM_SIGNS = ["author", "contributors", "keywords", "python_versions", "stackstorm_version"];

/** Both have `ref`, `version` and more in common; only StackStorm requires `name`, only Attune knows `label`. */
function dialectOf(manifest: Manifest): Dialect {
  const has = (key: string) => Object.hasOwn(manifest, key);
  if (ATTUNE_SIGNS.some(has) || typeof manifest["system"] === "boolean") return "attune";
  return has("name") && STACKSTORM_SIGNS.some(has) ? "stackstorm" : "attune";
}

function readRef(manifest: Manifest, dialect: Dialect, context: IdentityContext): Field<PackRef> {
  switch (dialect) {
    case "attune":
      return attuneRef(manifest["ref"], context);
    case "stackstorm":
      return stackstormRef(manifest, context);
    default:
      return dialect satisfies never;
  }
}

function attuneRef(given: unknown, context: IdentityContext): Field<PackRef> {
  if (isAbsent(given)) {
    const example = attunePackRef(context.directory) ?? "my_pack";
    return missing("ref", "the name of the pack", `Add the line \`ref: ${example}\`.`, context);
  }
  const ref = typeof given === "string" ? attunePackRef(given) : undefined;
  return ref === undefined ? invalidRef(given, "[a-z][a-z0-9_-]+", attuneRefHint(given), context) : { value: ref };
}

function attuneRefHint(given: unknown): string {
  const text = textOf(given).trim().toLowerCase();
  const repaired = attunePackRef(text.replace(/[^a-z0-9_-]+/g, "_"));
  const rule = "A ref begins with a letter and has 2 to 200 lower-case letters, digits, `_` and `-`";
  return repaired === undefined ? `${rule}.` : `${rule}, e.g. \`ref: "${repaired}"\`.`;
}

/** As `get_pack_ref_from_metadata` in st2common/util/pack.py infers it. */
function stackstormRef(manifest: Manifest, context: IdentityContext): Field<PackRef> {
  const { ref: given, name } = { ref: manifest["ref"], name: manifest["name"] };
  if (!isAbsent(given) && given !== "") {
    const ref = typeof given === "string" ? stackstormPackRef(given) : undefined;
    const hint = "A ref has up to 200 lower-case letters, digits and `_`, and is not `_global`.";
    return ref === undefined ? invalidRef(given, "[a-z0-9_]+", hint, context) : { value: ref };
  }
  const inferred =
    stackstormPackRef(context.directory) ?? (typeof name === "string" ? stackstormPackRef(name) : undefined);
  if (inferred !== undefined) return { value: inferred };
  const hint = `Add a \`ref\`: neither the directory \`${excerpt(context.directory)}\` nor \`name\` can be one.`;
  return missing("ref", "the name of the pack", hint, context);
}

function invalidRef(given: unknown, pattern: string, hint: string, context: IdentityContext): Field<never> {
  const message = `Expected \`ref\` to match \`${pattern}\`, got ${describe(given)}`;
  return { problem: finding("manifest.invalid_ref", message, hint, context, ["ref"]) };
}

/** The CHECK of Attune's `pack` table, which is SemVer without its rule on leading zeros. */
const ATTUNE_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;
/** `SEMVER_REGEX` of StackStorm's API schema. */
const STACKSTORM_VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[\da-z-]+(\.[\da-z-]+)*)?(\+[\da-z-]+(\.[\da-z-]+)*)?$/;
/** As the `semver` library has it. */
const MAX_VERSION_LENGTH = 256;

function readVersion(manifest: Manifest, dialect: Dialect, context: IdentityContext): Field<string> {
  const given = manifest["version"];
  if (isAbsent(given)) {
    return missing("version", "the pack's semantic version", 'Add the line `version: "1.0.0"`.', context);
  }
  const [version, pattern] =
    dialect === "stackstorm" ? [normalizedVersion(given), STACKSTORM_VERSION] : [given, ATTUNE_VERSION];
  const isVersion = typeof version === "string" && version.length <= MAX_VERSION_LENGTH && pattern.test(version);
  if (isVersion) return { value: version };
  const message = `Expected \`version\` to be a semantic version as text, got ${describe(given)}`;
  return { problem: finding("manifest.invalid_version", message, versionHint(given), context, ["version"]) };
}

/** StackStorm casts with `str()` and completes: `1` and `0.2` are `1.0.0` and `0.2.0` (`normalize_pack_version`). */
function normalizedVersion(given: unknown): string {
  const text = textOf(given);
  return text + ".0".repeat(Math.max(0, 3 - text.split(".", 3).length));
}

/** `1.0` is a number in YAML: whoever quotes it next needs three parts too. */
function versionHint(given: unknown): string {
  const text = textOf(given).trim();
  const completed = normalizedVersion(text.replace(/^[vV=]+/, ""));
  const example = ATTUNE_VERSION.test(completed) ? excerpt(completed) : "1.0.0";
  const advice = typeof given === "number" ? "Quote and complete it" : "Write major, minor and patch";
  return `${advice}, e.g. \`version: "${example}"\`.`;
}

/** Attune writes `ref@spec`, StackStorm `ref=version`; real packs have a map here, too. */
function readDependencies(given: unknown): PackRef[] {
  if (!Array.isArray(given)) return [];
  const names = given
    .filter((entry) => typeof entry === "string")
    .map((entry) => entry.trim().split(/[@=<>~^!\s]/, 1)[0] ?? "");
  return [...new Set(names)].flatMap((name) => asPackRef(name) ?? []);
}

function missing(field: string, meaning: string, hint: string, context: IdentityContext): Field<never> {
  const message = `Expected \`${field}\`, ${meaning}, got none`;
  return { problem: finding("metadata.missing_field", message, hint, context, [field]) };
}

function finding(
  code: string,
  message: string,
  hint: string,
  { file, positionOf }: IdentityContext,
  path?: readonly string[],
): Diagnostic {
  const position = path === undefined ? undefined : (positionOf?.(path) ?? positionOf?.([]));
  return { severity: "error", code, message, file, ...position, hint };
}

/** `ref:` without a value says as little as no `ref:`. */
function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** A scalar as it may have been meant; `String()` of a mapping may throw, if one of its keys is `toString`. */
function textOf(value: unknown): string {
  return typeof value === "object" || value === undefined ? "" : String(value);
}

/** What came, for people: `the text "1.0"`, `the number 1`, `a list`. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isManifest(value)) return "a mapping";
  const literal = typeof value === "string" ? JSON.stringify(value.slice(0, 200)) : String(value);
  return `the ${typeof value === "string" ? "text" : typeof value} \`${excerpt(literal)}\``;
}
