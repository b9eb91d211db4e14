import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import type { Position } from "./diagnostics.ts";
import type { ValuePath } from "./finding.ts";
import { yamlFault } from "./yaml-messages.ts";
import { positionAt, readYamlText, type YamlFault } from "./yaml-text.ts";

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly faults: readonly YamlFault[] };

/** How `yaml` reads: closest to PyYAML on 5,441 files of real packs; repeated keys are advice, and given elsewhere. */
export const OPTIONS = {
  version: "1.2",
  merge: true,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: "error",
} as const;

/** Faults of meaning (tags, keys) are told all at once, up to this many; of syntax only the first: the rest follows from it. */
const MAX_FAULTS = 10;

/**
 * What `yaml` thinks of a text that js-yaml refused: it recovers from errors, so it knows better where they are.
 *
 * @param first js-yaml's finding, which stands where `yaml` gives up itself
 */
export function secondOpinion(text: string, first: YamlFault): Parsed {
  try {
    const document = parseDocument(text, OPTIONS);
    const faults = [syntaxFault(text, document, first) ?? meaningFaults(text, document)].flat();
    // toJS() throws for aliases without anchor, too many of them, and merge keys of the wrong kind.
    return faults.length === 0 ? { ok: true, value: document.toJS() } : { ok: false, faults };
  } catch {
    return { ok: false, faults: [first] };
  }
}

/**
 * Where the key at the end of `path` stands, or the whole content for an empty path. It parses the file again, slowly:
 * for findings only.
 */
export function keyPosition(source: string | Uint8Array, path: readonly string[]): Position | undefined {
  const { ok, text } = readYamlText(source);
  if (!ok) return undefined;
  try {
    const offset = keyOffset(parseDocument(text, OPTIONS), path);
    return offset === undefined ? undefined : positionAt(text, offset);
  } catch {
    return undefined;
  }
}

/** A piece of a text file; counted as in {@link Position}, the end exclusively. */
export interface Range extends Position {
  readonly endLine: number;
  readonly endColumn: number;
}

/**
 * Where values stand in a file: the key or the value at the end of a path, or of the longest part of the path that is there.
 * It parses the file again, slowly: for findings only.
 */
export function rangeFinder(source: string | Uint8Array): (path: ValuePath, at: "key" | "value") => Range | undefined {
  const { ok, text } = readYamlText(source);
  let document: Document.Parsed | undefined;
  try {
    document = ok ? parseDocument(text, OPTIONS) : undefined;
  } catch {
    // a stack overflow, survived: what it says of the file is said without a place
  }
  return (path, at) => {
    const range = document && rangeAt(document, path, at);
    if (range === undefined) return undefined;
    const [start, end] = [positionAt(text, range[0]), positionAt(text, Math.max(range[1], range[0]))];
    return { ...start, endLine: end.line, endColumn: end.column };
  };
}

function rangeAt(document: Document.Parsed, path: ValuePath, at: "key" | "value"): [number, number] | undefined {
  let node: unknown = document.contents;
  let found: unknown = document.contents;
  for (const [index, segment] of path.entries()) {
    const parent = isAlias(node) ? node.resolve(document) : node;
    const [key, value] = childOf(parent, segment);
    if (key === undefined) break;
    node = value;
    const isEmpty = !isNode(value) || value.range?.[0] === value.range?.[1];
    found = index === path.length - 1 && at === "value" && !isEmpty ? value : key;
  }
  const range = isNode(found) ? found.range : undefined;
  return range ? [range[0], range[1]] : undefined;
}

/** The last of repeated keys is the one that counts; an item of a list has no key but itself. */
function childOf(parent: unknown, segment: string | number): readonly [key: unknown, value: unknown] {
  if (isSeq(parent)) {
    const item = parent.items[Number(segment)];
    return [item, item];
  }
  const pair = isMap(parent)
    ? parent.items.findLast((item) => isScalar(item.key) && String(item.key.value) === String(segment))
    : undefined;
  return [pair?.key, pair?.value];
}

function syntaxFault(text: string, { errors, contents }: Document.Parsed, first: YamlFault): YamlFault | undefined {
  // PyYAML and libyaml take `"x"#y` for a text and a comment.
  const [error, next] = errors.filter(({ message }) => !message.startsWith("Comments must be separated"));
  if (error === undefined) return undefined;
  // A stack overflow, survived.
  if (error.code === "RESOURCE_EXHAUSTION") return first;

  // A line that is indented too far reads as a second `key: value` in the text above it.
  const isContinued = error.code === "BLOCK_AS_IMPLICIT_KEY" && next?.code === "MULTILINE_IMPLICIT_KEY";
  if (isContinued) return misindented(text, next.pos[1]);
  if (error.message.endsWith("at node end") && beginsLine(text, error.pos[0])) return misindented(text, error.pos[0]);
  if (error.code === "BAD_INDENT") return yamlFault(text, skipSpaces(text, error.pos[0]), error.message);

  const isOpen = error.message.startsWith("Missing closing");
  return yamlFault(text, isOpen ? openingQuote(contents, error.pos[0]) : error.pos[0], error.message);
}

function misindented(text: string, offset: number): YamlFault {
  return yamlFault(text, skipSpaces(text, text.lastIndexOf("\n", offset - 1) + 1), "bad indentation");
}

function beginsLine(text: string, offset: number): boolean {
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).trim() === "";
}

function skipSpaces(text: string, offset: number): number {
  return offset + (/^ */.exec(text.slice(offset))?.[0].length ?? 0);
}

/** A missing quote is noticed at the end of the file, but it is the beginning of the text that a person looks for. */
function openingQuote(contents: Document.Parsed["contents"], end: number): number {
  let start = end;
  visit(contents, {
    Scalar(_, { range, type }) {
      if (type?.startsWith("QUOTE") && range && range[0] < end) start = range[0];
    },
  });
  return start;
}

/** What PyYAML's `safe_load` refuses though it is well-formed: custom tags, and keys that are no text (`{{ x }}` is one). */
function meaningFaults(text: string, document: Document.Parsed): YamlFault[] {
  const tags = document.warnings.filter(({ message }) => /^Unresolved tag|^Unsupported YAML version/.test(message));
  return [
    ...tags.map(({ message, pos }) => yamlFault(text, pos[0], message)),
    ...complexKeys(document).map((offset) => yamlFault(text, offset, "complex key")),
  ]
    .sort((a, b) => a.offset - b.offset)
    .slice(0, MAX_FAULTS);
}

/** Where a mapping, a list or nothing at all stands as a key, by itself or by an alias. */
function complexKeys(document: Document.Parsed): number[] {
  const anchors = new Map<string, Node>();
  const offsets: number[] = [];
  visit(document, {
    Pair(_, { key }) {
      const meant = isAlias(key) ? anchors.get(key.source) : key;
      const isEmpty = isScalar(key) && key.value === null && key.source === "";
      if ((isCollection(meant) || isEmpty) && isNode(key) && key.range) offsets.push(key.range[0]);
    },
    Node(_, node) {
      if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return offsets;
}

function keyOffset(document: Document.Parsed, path: readonly string[]): number | undefined {
  if (path.length === 0) return document.contents?.range[0] ?? 0;
  let node: unknown = document.contents;
  let key: unknown;
  for (const segment of path) {
    const parent = isAlias(node) ? node.resolve(document) : node;
    // The last of repeated keys is the one that counts.
    const pair = isMap(parent)
      ? parent.items.findLast((item) => isScalar(item.key) && String(item.key.value) === segment)
      : undefined;
    const item = isSeq(parent) ? parent.items[Number(segment)] : undefined;
    [key, node] = pair === undefined ? [item, item] : [pair.key, pair.value];
  }
  return isNode(key) ? key.range?.[0] : undefined;
}
