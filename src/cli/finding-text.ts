import { readFileSync } from "node:fs";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { codeFrame } from "./code-frame.ts";
import { findingLines, type Paint } from "./text.ts";

/** One finding with the lines that it is about. @param place how the pack's directory is called @param linesOf see {@link fileReader} */
export function framedFinding(
  finding: Diagnostic,
  place: string,
  linesOf: (file: string) => readonly string[],
  paint: Paint,
): string[] {
  const [head = "", at = "", ...hint] = findingLines(place, finding, paint);
  const frame =
    finding.file === undefined || finding.line === undefined ? [] : codeFrame(linesOf(finding.file), finding, paint);
  return [head, at, ...frame.map((line) => `        ${line}`), ...hint];
}

/** Each file once, and only files that something is wrong with; what cannot be read any more has no lines. */
export function fileReader(root: string): (file: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (file) => {
    const lines = known.get(file) ?? readLines(`${root}/${file}`);
    known.set(file, lines);
    return lines;
  };
}

function readLines(path: string): readonly string[] {
  try {
    return new TextDecoder().decode(readFileSync(path)).split(/\r\n|\n|\r/); // without its byte order mark
  } catch {
    return [];
  }
}
