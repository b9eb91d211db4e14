import type { styleText } from "node:util";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { printableName } from "../platform/names.ts";

type Format = Parameters<typeof styleText>[0];

/** Paints text, or does not: `NO_COLOR`, pipes and files get none. */
export type Paint = (format: Format, text: string) => string;

export function paintFor(stream: NodeJS.WriteStream): Paint {
  if (!stream.isTTY) return plain;
  const { styleText } = process.getBuiltinModule("node:util"); // not loaded where there is nothing to paint
  return (format, text) => styleText(format, text, { stream });
}

export const plain: Paint = (_, text) => text;

/** Rows as columns two blanks apart; the last column is not padded. */
export function columns(
  rows: readonly (readonly string[])[],
  widthOf: (cell: string) => number = visibleWidth,
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, widthOf(row[column] ?? "")), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, column, row, widths, widthOf))
      .join("  ")
      .trimEnd(),
  );
}

function pad(
  cell: string,
  column: number,
  row: readonly string[],
  widths: readonly number[],
  widthOf: (cell: string) => number,
): string {
  return column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - widthOf(cell));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters
const ESCAPES = /\u001b\[[0-9;]*m/g;

function visibleWidth(cell: string): number {
  return cell.replaceAll(ESCAPES, "").length;
}

/** One finding: where, how bad, what, which code, and what to do. */
export function findingLines(pack: string, finding: Diagnostic, paint: Paint): string[] {
  const { severity, code, message, file, line, column, hint } = finding;
  const place = [pack + (file === undefined ? "" : `/${file}`), line, column]
    .filter((part) => part !== undefined)
    .join(":");
  const color = severity === "error" ? "red" : severity === "warning" ? "yellow" : "cyan";
  const head = `    ${paint(color, severity)} ${printableName(message)} ${paint("dim", `[${code}]`)}`;
  const lines = [head, `      ${paint("dim", "at")} ${printableName(place)}`];
  return hint === undefined ? lines : [...lines, `      ${paint("dim", "→")} ${printableName(hint)}`];
}

/** `1 added, 2 removed`: what there is none of is left out. */
export function countsText(counts: object): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}
