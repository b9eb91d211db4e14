import type { Facts } from "./facts.ts";
import { valueAt } from "./fields.ts";
import type { ValuePath } from "./finding.ts";
import type { Link } from "./links.ts";
import type { Range } from "./yaml-positions.ts";

/** A line that says `key: value` or `- value`, and nothing else. */
const LINE =
  /^([ \t]*(?:- +)*)(?:([\w-]+):[ \t]+)?(?:"([^"\\]+)"|'([^']+)'|([^\s"'#,[\]{}&*!|>%@`]\S*))[ \t]*(?:#.*)?$/;

/**
 * The same facts with the places of their links: other files may break them while this one stays as it is, and nobody
 * reads it again then. Nearly all stand on a line of their own, and are found by looking for it.
 *
 * @param value the parsed content
 * @param slowly finds the others; it parses the file again
 */
export async function located(
  facts: Facts,
  value: unknown,
  text: string,
  slowly: () => Promise<(path: ValuePath) => Range | undefined>,
): Promise<Facts> {
  if (facts.links.length === 0) return facts;
  const written = facts.links.map(({ path }) => lineKey(nameOf(path), valueAt(value, path)));
  const expected = Map.groupBy(written, (key) => key);
  const lines = linesOf(text, expected);
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

function lineKey(name: string, value: unknown): string {
  return `${name}: ${String(value)}`;
}

/** Where lines with these contents stand, in order. */
function linesOf(text: string, wanted: ReadonlyMap<string, unknown>): Map<string, Range[]> {
  const found = new Map<string, Range[]>();
  for (const [index, line] of text.split("\n").entries()) {
    const [, indent = "", name = "", double, single, plain] = LINE.exec(line.trimEnd()) ?? [];
    const value = double ?? single ?? plain;
    const key = lineKey(name, value);
    if (value === undefined || !wanted.has(key) || (name === "" && !indent.includes("-"))) continue;
    const quotes = plain === undefined ? 2 : 0;
    const behind = indent.length + (name === "" ? 0 : name.length + 1);
    const column = line.indexOf(value, behind) + 1 - quotes / 2;
    const range = { line: index + 1, column, endLine: index + 1, endColumn: column + value.length + quotes };
    const ranges = found.get(key);
    if (ranges === undefined) found.set(key, [range]);
    else ranges.push(range);
  }
  return found;
}
