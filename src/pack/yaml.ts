import {
  CORE_SCHEMA,
  constructFromEvents,
  defineMappingTag,
  EVENT_ID,
  type Event,
  mapTag,
  mergeTag,
  parseEvents,
  YAMLException,
} from "js-yaml";
import type { Diagnostic } from "./diagnostics.ts";
import { parseSimpleYaml, type SimpleYaml } from "./yaml-fast.ts";
import { yamlFault } from "./yaml-messages.ts";
import { type Parsed, secondOpinion } from "./yaml-positions.ts";
import { MAX_REINDENTED, reindentedAt } from "./yaml-reindent.ts";
import { expandedSize, MAX_DEPTH, MAX_NODES } from "./yaml-size.ts";
import { indentingTab } from "./yaml-tabs.ts";
import { positionAt, readYamlText, type YamlFault } from "./yaml-text.ts";

export type YamlCheck =
  | { readonly ok: true; readonly value: unknown /** Of a file that is simple. */; readonly simple?: SimpleText }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** What is known of a file when it has been read by {@link parseSimpleYaml}. */
export interface SimpleText extends Pick<SimpleYaml, "repeats" | "alike"> {
  /** As `readYamlText` would give it. */
  readonly text: string;
}

/** In UTF-16 code units. `yaml` needs up to 10 µs a character where a text is made to annoy it. */
const MAX_SECOND_OPINION = 131_072;

/** An entry without key (`: x`) is YAML 1.2, but neither PyYAML nor libyaml reads it. */
const KEYED_MAP = defineMappingTag(mapTag.tagName, {
  ...mapTag,
  addPair: (map, key, value) => (key === null ? "empty key" : mapTag.addPair(map, key, value)),
});
/** What it cannot decode becomes U+FFFD, which is left to js-yaml. */
const UTF8 = new TextDecoder();

const SCHEMA = CORE_SCHEMA.withTags(mergeTag, KEYED_MAP);

/**
 * Whether a file is one YAML document that the platforms can read (PyYAML's `safe_load`, Rust's serde_yaml), and what
 * it says, by YAML 1.2 with merge keys. An empty file says `null`; of repeated keys the last one counts.
 *
 * Plain files, nearly all, are read by {@link parseSimpleYaml}, and js-yaml, four times slower, decides about the rest.
 * What it refuses is given to `yaml`, ten times slower again, which may accept it after all and otherwise knows where
 * the mistake is.
 *
 * Bounded for any input: in depth, in what aliases make of it, and in time, linear with the size.
 *
 * @param file goes into the diagnostics
 */
export function checkYaml(source: string | Uint8Array, file: string): YamlCheck {
  const simple = parseSimpleYaml(typeof source === "string" ? source : UTF8.decode(source));
  return simple === undefined ? checkYamlSlowly(source, file) : { ok: true, value: simple.value };
}

/** The same without the shortcut for plain files. */
export function checkYamlSlowly(source: string | Uint8Array, file: string): YamlCheck {
  const read = readYamlText(source);
  const parsed = read.ok ? parse(read.text) : { ok: false as const, faults: [read.fault] };
  if (parsed.ok) return parsed;
  return { ok: false, diagnostics: parsed.faults.map((fault) => diagnostic(fault, read.text, file)) };
}

function parse(text: string): Parsed {
  const fast = parseFast(text);
  if (fast.ok || isFinal(fast.says) || text.length > MAX_SECOND_OPINION) return fast;

  const reindented = parseReindented(text, fast);
  if (reindented.ok) return reindented;
  const second = secondOpinion(text, fast.faults[0]);
  return second.ok && expandedSize(second.value) > MAX_NODES ? fast : second;
}

/** Nobody else is asked about limits, which are ours, and about tabs, which `yaml` allows where PyYAML does not. */
function isFinal(says: string): boolean {
  return /^(nesting exceeded|merge keys exceeded|abnormal merge|unbounded|tabs are not)/i.test(says);
}

interface Refusal {
  readonly ok: false;
  readonly says: string;
  readonly faults: readonly [YamlFault];
}

function parseFast(text: string): { readonly ok: true; readonly value: unknown } | Refusal {
  try {
    const events = parseEvents(text, { maxDepth: MAX_DEPTH });
    const tab = indentingTab(text, events);
    if (tab !== undefined) return refusal(text, tab, "Tabs are not allowed as indentation");

    const documents = constructFromEvents(events, { source: text, schema: SCHEMA, json: true });
    if (documents.length > 1) return refusal(text, secondDocument(text, events), "multiple documents");

    const value = documents[0] ?? null;
    const alias = events.find((event) => event.type === EVENT_ID.ALIAS);
    const isEndless = alias !== undefined && expandedSize(value) > MAX_NODES;
    return isEndless ? refusal(text, alias.anchorStart - 1, "unbounded aliases") : { ok: true, value };
  } catch (error) {
    return refusal(text, offsetOf(error), error instanceof YAMLException ? error.reason : String(error));
  }
}

function refusal(text: string, offset: number, says: string): Refusal {
  return { ok: false, says, faults: [yamlFault(text, offset, says)] };
}

/**
 * PyYAML and libyaml do not mind how lines inside quotes and brackets are indented, YAML 1.2 does. Such a line means
 * the same with more indentation, so it gets that, one by one: where a bracket ends is known to the parser only.
 */
function parseReindented(text: string, refused: Refusal): ReturnType<typeof parseFast> {
  let [indented, parsed]: [string, ReturnType<typeof parseFast>] = [text, refused];
  for (let lines = 0; lines < MAX_REINDENTED && !parsed.ok && parsed.says === "deficient indentation"; lines++) {
    indented = reindentedAt(indented, parsed.faults[0].offset);
    parsed = parseFast(indented);
  }
  return parsed.ok ? parsed : refused;
}

function offsetOf(error: unknown): number {
  if (!(error instanceof YAMLException) || error.mark === undefined) return 0;
  const { buffer, position } = error.mark;
  // An alias is told by its name.
  return buffer[position - 1] === "*" ? position - 1 : position;
}

/** Where the second document's content stands; `yaml` will point to its `---`. */
function secondDocument(text: string, events: readonly Event[]): number {
  const [, second] = events.keys().filter((index) => events[index]?.type === EVENT_ID.DOCUMENT);
  for (const event of events.slice(second)) {
    if ("start" in event) return event.start;
    if ("valueStart" in event && event.valueStart >= 0) return event.valueStart;
  }
  return text.length;
}

function diagnostic({ offset, message, hint }: YamlFault, text: string, file: string): Diagnostic {
  return {
    severity: "error",
    code: "metadata.invalid_yaml",
    message,
    file,
    ...positionAt(text, offset),
    ...(hint !== undefined && { hint }),
  };
}
