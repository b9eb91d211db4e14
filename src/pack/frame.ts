import type { Diagnostic } from "./diagnostics.ts";

/** How much of a line is shown, in UTF-16 code units. */
const WIDTH = 100;
/** How much of it stands before what is meant, where there is more than fits. */
const BEFORE = 40;

export type Marked = Pick<Diagnostic, "line" | "column" | "endLine" | "endColumn">;

/** A line as it may be shown anywhere: cut where it is long, without what a terminal or a page would obey. */
export interface FrameLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** What is meant of `text`, in UTF-16 code units from 0, the end exclusively; it may lie behind the end. */
  readonly marked: readonly [from: number, to: number] | undefined;
}

/**
 * The lines around a finding; nothing where the file has no such line any more.
 *
 * @param lines of the file, without their ends
 */
export function frameOf(lines: readonly string[], marked: Marked): FrameLine[] {
  const { line, column = 1 } = marked;
  const text = line === undefined ? undefined : lines[line - 1];
  if (line === undefined || text === undefined) return [];
  const cut = cutAround(text, column - 1);
  const from = windowOf(text.slice(0, column - 1), cut).length;
  const to = Math.max(windowOf(text.slice(0, endOf(text, marked)), cut).length, from + 1);
  return [line - 1, line, line + 1].flatMap((number): FrameLine[] => {
    const content = lines[number - 1];
    if (content === undefined || (number > line && number === lines.length && content === "")) return [];
    return [{ line: number, text: windowOf(content, cut), marked: number === line ? [from, to] : undefined }];
  });
}

/** Where the marked text ends in its first line, exclusively, from 0. */
function endOf(text: string, { line = 1, column = 1, endLine = line, endColumn = column }: Marked): number {
  const end = endLine > line ? text.trimEnd().length : endColumn - 1;
  return Math.min(Math.max(end, column), Math.max(text.length, column));
}

/** How many UTF-16 units of each line are left out at its beginning, so that `column` (from 0) is seen. */
function cutAround(text: string, column: number): number {
  return text.length <= WIDTH || column < WIDTH - BEFORE ? 0 : column - BEFORE;
}

function windowOf(text: string, cut: number): string {
  const shown = harmless(text.slice(cut, cut + WIDTH).toWellFormed());
  const before = cut > 0 ? "…" : "";
  return `${before}${shown}${text.length > cut + WIDTH ? "…" : ""}`;
}

/** Nothing that a terminal would obey, and each character as wide as the caret expects it. */
function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (char === "\t") return " ";
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\uFFFD";
  });
}
