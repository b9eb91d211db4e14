import type { Facts } from "./facts.ts";
import { valueAt } from "./fields.ts";
import type { ValuePath } from "./finding.ts";
import type { Link } from "./links.ts";
import type { Range } from "./yaml-positions.ts";

/** A line that says `key: value` or `- value`, and nothing else. */
const LINE =
  /^([ \t]*(?:- +)*)(?:([\w-]+):[ \t]+)?(?:"([^"\\]+)"|'([^']+)'|([^\s"'#,[\]{}&*!|>%@`]\S*))[ \t]*(?:#.*)?$/;

type Slowly = () => Promise<(path: ValuePath) => Range | undefined>;

/**
 * The same facts with the places of their links: other files may break them while this one stays as it is, and nobody
 * reads it again then. Nearly all stand on a line of their own, and are found by looking for it.
 *
 * @param value the parsed content
 * @param text as `readYamlText` gives it: what ends a line is the same here as where the file is parsed
 * @param slowly finds the others; it parses the file again
 */
export function located(facts: Facts, value: unknown, text: string, slowly: Slowly): Facts | Promise<Facts> {
  const lines = keyLines(text, facts);
  const own = withOwnPlaces(facts, lines);
  const links = linksAt(lines, facts.links, value);
  return links === undefined ? searched(own, value, text, slowly) : { ...own, links };
}

const FIRST_LETTER = 0x41;
const COLON = 0x3a;

/** A line that says `key: value` from its beginning on; `says`: the value without its quotes. */
interface KeyLine {
  readonly key: string;
  readonly says: string;
  readonly range: Range;
}

/** What a definition is called, and what runs it, stand at the beginning of a line; elsewhere nobody looks for them. */
const REF_KEYS: readonly string[] = ["ref", "name", "class_name"];
const RUNNER_KEY = "runner_type";

/** The lines of a definition's own keys, and of the links beside them. */
function keyLines(text: string, { ref, links }: Facts): readonly KeyLine[] {
  const found: KeyLine[] = [];
  if (ref === undefined && links.length === 0) return found;
  const keys = [...REF_KEYS, RUNNER_KEY, ...links.flatMap(({ path }) => (path.length === 1 ? String(path[0]) : []))];
  let start = 0;
  for (let line = 1; start < text.length; line++) {
    const match = beginsKey(text, start, keys) ? matchAt(KEY_LINE, text, start) : null;
    if (match !== null) {
      found.push(keyLine(match, line));
      line += match[0].split("\n").length - 1; // what is quoted may go on below
    }
    const newline = text.indexOf("\n", start + (match?.[0].length ?? 0));
    start = newline === -1 ? text.length : newline + 1;
  }
  return found;
}

/** Most lines begin with a blank or `#`, and need no second look. */
function beginsKey(text: string, at: number, keys: readonly string[]): boolean {
  if (text.charCodeAt(at) < FIRST_LETTER) return false;
  return keys.some((key) => text.startsWith(key, at) && text.charCodeAt(at + key.length) === COLON);
}

const KEY_LINE = /([\w-]+):[ \t]+("[^"\\]+"|'[^']+'|[^\s"'#,[\]{}&*!|>%@`]\S*)[ \t]*(?:#.*)?\r?$/my;

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

function keyLine({ 0: whole, 1: key = "", 2: written = "" }: RegExpExecArray, line: number): KeyLine {
  const column = whole.indexOf(written, key.length + 1) + 1;
  const says = written.startsWith('"') || written.startsWith("'") ? written.slice(1, -1) : written;
  return { key, says, range: { line, column, endLine: line, endColumn: column + written.length } };
}

function withOwnPlaces(facts: Facts, lines: readonly KeyLine[]): Facts {
  if (facts.ref === undefined) return facts;
  const isRef = ({ key, says }: KeyLine) => REF_KEYS.includes(key) && `.${facts.ref}`.endsWith(`.${says}`);
  // The last of repeated keys is the one that counts.
  const ref = lines.findLast(isRef);
  const runner = lines.findLast(({ key }) => key === RUNNER_KEY);
  return { ...facts, refRange: ref?.range, runnerRange: runner?.range };
}

/** `undefined`: not every link stands on exactly one such line. */
function linksAt(lines: readonly KeyLine[], links: readonly Link[], value: unknown): readonly Link[] | undefined {
  const found: Link[] = [];
  for (const link of links) {
    const [line, another] = lines.filter(({ key }) => link.path.length === 1 && key === link.path[0]);
    if (line === undefined || another !== undefined || line.says !== valueAt(value, link.path)) return undefined;
    found.push({ ...link, range: line.range });
  }
  return found;
}

/** Wherever they stand. */
async function searched(facts: Facts, value: unknown, text: string, slowly: Slowly): Promise<Facts> {
  const values = facts.links.map(({ path }) => String(valueAt(value, path)));
  const written = facts.links.map(({ path }, index) => lineKey(nameOf(path), values[index] ?? ""));
  const expected = Map.groupBy(written, (key) => key);
  const lines = linesOf(text, new Set(values));
  const isPlain = new Set(
    [...expected].filter(([key, { length }]) => lines.get(key)?.length === length).map(([key]) => key),
  );
  const isFound = written.every((key) => isPlain.has(key));
  const finder = isFound ? undefined : await slowly();
  const links = facts.links.map((link, index): Link => {
    const key = written[index] ?? "";
    const range = isPlain.has(key) ? lines.get(key)?.shift() : finder?.(link.path);
    return range === undefined ? link : { ...link, range };
  });
  return { ...facts, links };
}

/** Items of a list have no key. */
function nameOf(path: ValuePath): string {
  const last = path.at(-1);
  return typeof last === "string" ? last : "";
}

function lineKey(name: string, value: string): string {
  return `${name}: ${value}`;
}

/** Where lines with these contents stand, in order. */
function linesOf(text: string, values: ReadonlySet<string>): Map<string, Range[]> {
  const found = new Map<string, Range[]>();
  for (const value of values) for (const [key, range] of linesWith(value, text)) push(found, key, range);
  return found;
}

function* linesWith(wanted: string, text: string): Generator<readonly [key: string, Range]> {
  let [lineStart, number] = [0, 1];
  for (let at = text.indexOf(wanted); at !== -1 && wanted !== ""; at = text.indexOf(wanted, lineStart)) {
    for (let next = text.indexOf("\n", lineStart) + 1; next > 0 && next <= at; next = text.indexOf("\n", next) + 1) {
      lineStart = next;
      number++;
    }
    const newline = text.indexOf("\n", at);
    const line = text.slice(lineStart, newline === -1 ? text.length : newline);
    const [, indent = "", name = "", double, single, plain] = LINE.exec(line.trimEnd()) ?? [];
    const isListed = name !== "" || indent.includes("-");
    if ((double ?? single ?? plain) === wanted && isListed) {
      const quotes = plain === undefined ? 2 : 0;
      const behind = indent.length + (name === "" ? 0 : name.length + 1);
      const column = line.indexOf(wanted, behind) + 1 - quotes / 2;
      const range = { line: number, column, endLine: number, endColumn: column + wanted.length + quotes };
      yield [lineKey(name, wanted), range];
    }
    if (newline === -1) return;
    [lineStart, number] = [newline + 1, number + 1];
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
