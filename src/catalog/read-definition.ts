import type { PythonValue } from "../pack/python-value.ts";
import { resolveYaml11 } from "../pack/yaml-1-1-scalar.ts";
import { parseSimpleYaml } from "../pack/yaml-fast.ts";
import { OUTSIDE, scalarsBy } from "../pack/yaml-fast-cursor.ts";

const UTF8 = new TextDecoder();

const YAML_11 = scalarsBy((scalar) => {
  const value = resolveYaml11(scalar);
  return value === undefined ? OUTSIDE : value;
});

export interface ReadDefinition {
  readonly definition: PythonValue | undefined;
  readonly problem?: string;
}

/** What the platforms' loaders, which are Python's, read in a definition; js-yaml is loaded with the first that is not simple. */
export async function readDefinition(bytes: Uint8Array): Promise<ReadDefinition> {
  const simple = parseSimpleYaml(UTF8.decode(bytes), YAML_11);
  if (simple !== undefined) return { definition: simple.value as PythonValue };
  const { readYaml11Document } = await import("../pack/yaml-1-1-document.ts");
  const read = readYaml11Document(bytes);
  return read.ok ? { definition: read.value } : { definition: undefined, problem: read.message };
}
