import type { Diagnostic } from "../pack/diagnostics.ts";
import { frameOf } from "../pack/frame.ts";
import { printableName } from "../platform/names.ts";
import { readJudgedFile } from "../scan/judged-file.ts";
import type { KnownPack } from "../scan/store.ts";
import type { FindingRow } from "./documents.ts";

/** More than anybody reads; the lines around each cost room. */
const MAX_FINDINGS = 1000;
const MAX_FRAMES = 200;
/** In bytes; of longer files nothing is shown. */
const MAX_FILE = 1024 * 1024;

/** Findings with the lines that they are about. @param linesOf of a file, relative to the pack */
export function findingRows(
  findings: readonly Diagnostic[],
  linesOf: (file: string) => readonly string[],
): FindingRow[] {
  return findings.slice(0, MAX_FINDINGS).map((finding, index) => {
    const { severity, code, message, file, line, column, endLine, endColumn, hint } = finding;
    const lines = file === undefined || line === undefined || index >= MAX_FRAMES ? [] : linesOf(file);
    return {
      severity,
      code,
      message: printableName(message),
      file: file === undefined ? null : printableName(file),
      line: line ?? null,
      column: column ?? null,
      end_line: endLine ?? null,
      end_column: endColumn ?? null,
      hint: hint === undefined ? null : printableName(hint),
      frame: frameOf(lines, finding).map(({ marked, ...shown }) => {
        return { ...shown, marked: marked === undefined ? null : [marked[0], marked[1]] };
      }),
    };
  });
}

/** The lines of the files that were judged: those of others would be about something else. @param root the pack in its source */
export function judgedLines(
  root: string | undefined,
  known: Pick<KnownPack, "fingerprint"> | undefined,
): (file: string) => readonly string[] {
  const read = new Map<string, readonly string[]>();
  return (file) => {
    const lines = read.get(file) ?? linesIn(root, file, known);
    read.set(file, lines);
    return lines;
  };
}

function linesIn(
  root: string | undefined,
  file: string,
  known: Pick<KnownPack, "fingerprint"> | undefined,
): readonly string[] {
  if (root === undefined || known?.fingerprint === undefined) return [];
  const bytes = readJudgedFile(root, file, known.fingerprint, MAX_FILE);
  return bytes === undefined ? [] : new TextDecoder().decode(bytes).split(/\r\n|\n|\r/); // without its byte order mark
}
