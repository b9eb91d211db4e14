import type { Diagnostic } from "../pack/diagnostics.ts";
import { VERSION } from "../platform/version.ts";
import type { Validation } from "../validate.ts";
import { shownPath } from "./shown-path.ts";

const LEVELS = { error: "error", warning: "warning", hint: "note" } as const;
const ROOT = "%SRCROOT%";

/**
 * Findings in the Static Analysis Results Interchange Format, 2.1.0.
 * Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifDocument({ packs, sources }: Validation, cwd: string) {
  const findings = [...sources, ...packs].flatMap(({ path, diagnostics }) =>
    diagnostics.map((finding) => ({ finding, path })),
  );
  const codes = [...new Set(findings.map(({ finding }) => finding.code))].sort();
  const driver = { name: "packsync", semanticVersion: VERSION, rules: codes.map((id) => ({ id })) };
  const run = {
    tool: { driver },
    columnKind: "utf16CodeUnits",
    originalUriBaseIds: { [ROOT]: { uri: `file://${uriOf(cwd)}/` } },
    results: findings.map(({ finding, path }) => resultOf(finding, path, codes, cwd)),
  };
  return { $schema: SCHEMA, version: "2.1.0", runs: [run] };
}

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

function resultOf(finding: Diagnostic, path: string, codes: readonly string[], cwd: string) {
  const { severity, code, message, hint, file } = finding;
  const place = file === undefined || file === "." ? path : `${path}/${file}`;
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: LEVELS[severity],
    message: { text: hint === undefined ? message : `${message}\n${hint}` },
    locations: [{ physicalLocation: { artifactLocation: artifactOf(place, cwd), ...regionOf(finding) } }],
  };
}

function artifactOf(path: string, cwd: string) {
  const shown = shownPath(path, cwd);
  return shown.startsWith("/") ? { uri: `file://${uriOf(shown)}` } : { uri: uriOf(shown), uriBaseId: ROOT };
}

function uriOf(path: string): string {
  return path.toWellFormed().split("/").map(encodeURIComponent).join("/");
}

/** `endColumn` is exclusive there, too. */
function regionOf({ line, column, endLine, endColumn }: Diagnostic) {
  if (line === undefined) return {};
  const start = { startLine: line, ...(column !== undefined && { startColumn: column }) };
  if (endLine === undefined || endColumn === undefined) return { region: start };
  return { region: { ...start, endLine, endColumn } };
}
