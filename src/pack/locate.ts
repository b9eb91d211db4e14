import type { Facts } from "./facts.ts";
import { valueAt } from "./fields.ts";
import type { ValuePath } from "./finding.ts";
import type { Link } from "./links.ts";
import type { Range } from "./yaml-positions.ts";
import { positionAt } from "./yaml-text.ts";

/** A line that says `key: value` or `- value`, and nothing else. */
const LINE =
  /^([ \t]*(?:- +)*)(?:([\w-]+):[ \t]+)?(?:"([^"\\]+)"|'([^']+)'|([^\s"'#,[\]{}&*!|>%@`]\S*))[ \t]*(?:#.*)?$/;

/**
 * The same facts with the places of their links: other files may break them while this one stays as it is, and nobody
 * reads it again then. Nearly all stand on a line of their own, and are found by looking for it.
 *
 * @param value the parsed content
 * @param text as `readYamlText` gives it: what ends a line is the same here as where the file is parsed
 * @param slowly finds the others; it parses the file again
 */
export async function located(
  facts: Facts,
  value: unknown,
  text: string,
  slowly: () => Promise<(path: ValuePath) => Range | undefined>,
): Promise<Facts> {
  const own = withOwnPlaces(facts, text);
  if (facts.links.length === 0) return own;
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
  return { ...own, links };
}

/** What a definition is called, and what runs it, stand at the beginning of a line; elsewhere nobody looks for them. */
const OWN_LINE =
  /(ref|name|class_name|runner_type):[ \t]+("[^"\\]+"|'[^']+'|[^\s"'#,[\]{}&*!|>%@`]\S*)[ \t]*(?:#.*)?\r?$/my;

/** Most lines begin otherwise, and need no regular expression. */
const OWN_BEGINNINGS = "rnc";

function withOwnPlaces(facts: Facts, text: string): Facts {
  if (facts.ref === undefined) return facts;
  const found = ownLines(text);
  const isRef = ({ 1: key, 2: written = "" }: RegExpExecArray) =>
    key !== "runner_type" && `.${facts.ref}`.endsWith(`.${written.replace(/^["']|["']$/g, "")}`);
  // The last of repeated keys is the one that counts.
  const ref = found.findLast(isRef);
  const runner = found.findLast(({ 1: key }) => key === "runner_type");
  return {
    ...facts,
    ...(ref && { refRange: valueRange(text, ref) }),
    ...(runner && { runnerRange: valueRange(text, runner) }),
  };
}

function ownLines(text: string): readonly RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (let start = 0; start < text.length; ) {
    const match = OWN_BEGINNINGS.includes(text.charAt(start)) ? matchAt(OWN_LINE, text, start) : null;
    if (match !== null) found.push(match);
    const newline = text.indexOf("\n", start + (match?.[0].length ?? 0));
    start = newline === -1 ? text.length : newline + 1;
  }
  return found;
}

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

function valueRange(text: string, { index, 0: whole, 1: key = "", 2: written = "" }: RegExpExecArray): Range {
  const start = positionAt(text, index + whole.indexOf(written, key.length + 1));
  return { ...start, endLine: start.line, endColumn: start.column + written.length };
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
