import type { Diagnostic } from "../pack/diagnostics.ts";
import type { Validation } from "../validate.ts";
import { shownPath } from "./shown-path.ts";

const COMMANDS = { error: "error", warning: "warning", hint: "notice" } as const;

/**
 * Findings as GitHub's workflow commands, which become annotations at their lines.
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands and `command.ts` of actions/toolkit.
 */
export function githubText({ packs, sources }: Validation, cwd: string): string {
  const lines = [...sources, ...packs].flatMap(({ path, diagnostics }) =>
    diagnostics.map((finding) => commandOf(finding, shownPath(fileOf(path, finding), cwd))),
  );
  return lines.map((line) => `${line}\n`).join("");
}

function fileOf(path: string, { file }: Diagnostic): string {
  return file === undefined || file === "." ? path : `${path}/${file}`;
}

function commandOf({ severity, code, message, hint, ...place }: Diagnostic, file: string): string {
  const { line, column, endLine, endColumn } = place;
  // Columns are understood only within one line.
  const columns = endLine === undefined || endLine === line ? { col: column, endColumn } : {};
  const properties = Object.entries({ file, line, endLine, ...columns, title: code });
  const said = properties.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${escapeProperty(value)}`]));
  return `::${COMMANDS[severity]} ${said.join(",")}::${escapeData(hint === undefined ? message : `${message}\n${hint}`)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(value: string | number): string {
  return escapeData(String(value)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
