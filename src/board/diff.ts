import type { DiffReport, FileDiff } from "../cycle/diff.ts";
import { entryFacts, printableLine, valueText } from "../cycle/diff-text.ts";
import { printableName } from "../platform/names.ts";
import type { DiffDocument } from "./documents.ts";

/** So many changed files are compared. */
export const MAX_COMPARED = 500;
/** Of one file. */
const MAX_KEYS = 500;
const MAX_LINES = 1000;
/** Of one value or line, in characters. */
const MAX_LENGTH = 2000;

export function diffDocument({ from, to, files }: DiffReport): DiffDocument {
  return { from, to, files: files.map(fileDiff) };
}

function fileDiff(file: FileDiff): DiffDocument["files"][number] {
  const { path, kind, before, after, keys = [], lines = [], note } = file;
  const cut = keys.length > MAX_KEYS || lines.length > MAX_LINES ? ["more than is shown here"] : [];
  const notes = [...entryFacts(before, after), ...(note === undefined ? [] : [note]), ...cut];
  return {
    path: printableName(path),
    kind,
    keys: keys.slice(0, MAX_KEYS).map((change) => ({
      path: printableName(change.key),
      before: "before" in change ? valueText(change.before, MAX_LENGTH) : null,
      after: "after" in change ? valueText(change.after, MAX_LENGTH) : null,
    })),
    lines: lines.slice(0, MAX_LINES).map(lineText),
    note: notes.join(", ") || null,
  };
}

function lineText(line: string): string {
  const text = printableLine(line.slice(0, MAX_LENGTH).toWellFormed());
  return line.length > MAX_LENGTH ? `${text}…` : text;
}
