import { checkDefinition } from "../../src/pack/check-definition.ts";
import type { ComponentKind } from "../../src/pack/component.ts";
import type { Finding } from "../../src/pack/finding.ts";
import type { Dialect } from "../../src/pack/identity.ts";

/** Where a definition of each kind may stand in the pack `demo`. */
const FILES: Partial<Record<ComponentKind, string>> = {
  pack: "pack.yaml",
  permission_set: "permission_sets/one.yaml",
  policy: "policies/one.yaml",
  workflow: "actions/workflows/one.workflow.yaml",
};

/** Everything that is wrong with one definition of the pack `demo`. */
export function findingsIn(kind: ComponentKind, value: unknown, dialect: Dialect = "attune"): readonly Finding[] {
  return findingsAt(FILES[kind] ?? `${kind}s/one.yaml`, kind, value, dialect);
}

/** The same of a definition that stands in another place. */
export function findingsAt(file: string, kind: ComponentKind, value: unknown, dialect: Dialect = "attune") {
  return checkDefinition(value, { file, kind, dialect, pack: "demo" });
}

/** What a finding is about, without a word of prose: `error action.entrypoint entry_point`. */
export function brief({ severity, code, path }: Finding): string {
  return [severity, code, ...(path.length > 0 ? [path.join(".")] : [])].join(" ");
}
