/** A place in a text file; both count from 1, columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Severity = "error" | "warning" | "hint";

/**
 * One finding of validation. An `error` is what would break at run time and stops the pack; everything else is
 * advice. `code` is stable (`metadata.invalid_yaml`); `message` says what was expected and what came; `file` is
 * relative to the pack; `line` and `column` count from 1, `endLine` and `endColumn` are where it ends, exclusively.
 */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly hint?: string;
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}
