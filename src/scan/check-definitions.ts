import type { Diagnostic } from "../pack/diagnostics.ts";
import { checkYaml } from "../pack/yaml.ts";

/** The bytes of one definition file; `file` is relative to the pack. */
export interface Definition {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** The findings of each definition on its own; what holds across files comes with the full model. */
export function checkDefinitions(definitions: readonly Definition[]): Diagnostic[] {
  return definitions.flatMap(({ file, bytes }) => {
    const result = checkYaml(bytes, file);
    return result.ok ? [] : result.diagnostics;
  });
}
