import type { Diagnostic } from "../pack/diagnostics.ts";
import { checkYaml } from "../pack/yaml.ts";
import type { Definition } from "./checker.ts";

/** The findings of each definition on its own; what holds across files comes with the full model. */
export function checkDefinitions(definitions: readonly Definition[]): Diagnostic[] {
  return definitions.flatMap(({ file, bytes }) => {
    const result = checkYaml(bytes, file);
    return result.ok ? [] : result.diagnostics;
  });
}
