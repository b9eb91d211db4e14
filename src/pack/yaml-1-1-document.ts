import {
  constructFromEvents,
  defineMappingTag,
  defineScalarTag,
  FAILSAFE_SCHEMA,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  parseEvents,
  YAMLException,
} from "js-yaml";
import { PythonScalar, type PythonValue } from "./python-value.ts";
import { resolveYaml11 } from "./yaml-1-1-scalar.ts";
import { MAX_REINDENTED, reindentedAt } from "./yaml-reindent.ts";
import { expandedSize, MAX_DEPTH, MAX_NODES } from "./yaml-size.ts";
import { readYamlText } from "./yaml-text.ts";

export type Yaml11 =
  | { readonly ok: true; readonly value: PythonValue }
  | { readonly ok: false; readonly message: string };

/**
 * What PyYAML's `safe_load` makes of a file: scalars by YAML 1.1, merge keys, of repeated keys the last one. Keys are texts, as in
 * the JSON that Python makes of them.
 */
export function readYaml11Document(bytes: Uint8Array): Yaml11 {
  const read = readYamlText(bytes);
  if (!read.ok) return { ok: false, message: read.fault.message };
  return parse(read.text, MAX_REINDENTED);
}

/** Python does not mind how lines inside quotes and brackets are indented, js-yaml does. */
function parse(text: string, tries: number): Yaml11 {
  try {
    const events = parseEvents(text, { maxDepth: MAX_DEPTH });
    const documents = constructFromEvents(events, { source: text, schema: SCHEMA, json: true });
    if (documents.length > 1) return { ok: false, message: "Expected one document, got several" };
    const [value = null] = documents;
    if (expandedSize(value) > MAX_NODES) return { ok: false, message: "Its aliases have no end" };
    return { ok: true, value: value as PythonValue };
  } catch (error) {
    const position =
      error instanceof YAMLException && error.reason === "deficient indentation" ? error.mark?.position : undefined;
    if (position !== undefined && tries > 0) return parse(reindentedAt(text, position), tries - 1);
    return { ok: false, message: error instanceof YAMLException ? error.reason : String(error) };
  }
}

/** The name that a key has in JSON; `undefined`: Python has none. */
function keyOf(key: unknown): string | undefined {
  if (key instanceof PythonScalar) return key.kind === "time" ? undefined : key.text;
  return typeof key === "object" && key !== null ? undefined : String(key);
}

const MAP = defineMappingTag<Record<string, unknown>>(mapTag.tagName, {
  create: () => Object.create(null),
  addPair(map, key, value) {
    const name = keyOf(key);
    if (name === undefined) return "a key that is no text or number";
    map[name] = value;
    return "";
  },
  has: (map, key) => Object.hasOwn(map, keyOf(key) ?? ""),
  keys: (map) => Object.keys(map),
  get: (map, key) => map[String(key)],
  identify: () => false,
});

/** One for all scalars without quotes; those with a tag of their own say which kind they must be. */
function scalarTag(name: string, isKind: (value: unknown) => boolean) {
  return defineScalarTag<unknown>(`tag:yaml.org,2002:${name}`, {
    implicit: true,
    resolve(source) {
      const value = resolveYaml11(source);
      return value !== undefined && isKind(value) ? value : NOT_RESOLVED;
    },
    identify: () => false,
  });
}

/** PyYAML refuses `=` and a `<<` that is no key, having nothing to make of them. */
const REFUSED = defineScalarTag<never>("tag:yaml.org,2002:value", {
  implicit: true,
  resolve(source) {
    if (source !== "<<" && resolveYaml11(source) === undefined)
      throw new YAMLException(`PyYAML cannot read \`${source.slice(0, 60)}\``);
    return NOT_RESOLVED;
  },
  identify: () => false,
});

const isTime = (value: unknown) => value instanceof PythonScalar && value.kind === "time";
const isNumber = (value: unknown) => typeof value === "number" || (value instanceof PythonScalar && !isTime(value));

const SCHEMA = FAILSAFE_SCHEMA.withTags(
  MAP,
  mergeTag,
  REFUSED,
  scalarTag("null", (value) => value === null),
  scalarTag("bool", (value) => typeof value === "boolean"),
  scalarTag("int", isNumber),
  scalarTag("float", isNumber),
  scalarTag("timestamp", isTime),
);
