import type { Diagnostic, Severity } from "./diagnostics.ts";
import type { Range } from "./yaml-positions.ts";

/** Keys and list positions that lead to a value in a parsed document; empty: the whole document. */
export type ValuePath = readonly (string | number)[];

/** What is wrong with a definition, before anybody looked where it stands. */
export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  /** What was expected, and what came. */
  readonly message: string;
  readonly hint?: string;
  readonly path: ValuePath;
  /** What is marked: the key at the end of `path`, or the value there. */
  readonly at: "key" | "value";
  /** Where that is, if whoever found it knows. */
  readonly range?: Range;
}

/** @param rangeOf where it stands; called for findings only, for it is slow */
export function placed(
  { path, at, range, ...finding }: Finding,
  file: string,
  rangeOf: (path: ValuePath, at: Finding["at"]) => Range | undefined,
): Diagnostic {
  const { severity, code, message, hint } = finding;
  return { severity, code, message, file, ...(range ?? rangeOf(path, at)), ...(hint !== undefined && { hint }) };
}
