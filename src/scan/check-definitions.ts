import type { Diagnostic } from "../pack/diagnostics.ts";
import { readYaml } from "./read-yaml.ts";

/** The bytes of one definition file; `file` is relative to the pack. */
export interface Definition {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** The findings of each definition on its own; what holds across files comes with the full model. */
export async function checkDefinitions(definitions: readonly Definition[]): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { file, bytes } of definitions) {
    const result = await readYaml(bytes, file);
    if (!result.ok) found.push(...result.diagnostics);
  }
  return found;
}
