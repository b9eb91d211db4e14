/** Codes of findings that need more than one file: each scan finds them anew, and they are not remembered as their file's own. */
const ACROSS_FILES: ReadonlySet<string> = new Set([
  "action.entrypoint_missing",
  "action.workflow_missing",
  "component.directory",
  "component.duplicate_ref",
  "pack.mixed_dialects",
  "reference.missing_local_target",
  "script.crlf_shebang",
  "script.invalid_shebang",
  "script.no_shebang",
  "script.parameter_not_in_environment",
  "script.runner_mismatch",
  "sensor.entrypoint_missing",
]);

/** Codes of findings that need other packs: they come and go while their own pack stays as it is. */
const ACROSS_PACKS: ReadonlySet<string> = new Set([
  "pack.dependency_missing",
  "pack.dependency_version",
  "reference.unknown",
]);

/** Whether a finding is about one file alone, and stays while the file does. */
export function isOfFileAlone(code: string): boolean {
  return !ACROSS_FILES.has(code) && !isAcrossPacks(code) && !code.startsWith("binary.");
}

export function isAcrossPacks(code: string): boolean {
  return ACROSS_PACKS.has(code);
}
