import type { PythonValue } from "../pack/python-value.ts";
import { readSimpleYaml11 } from "../pack/yaml-1-1-simple.ts";

const UTF8 = new TextDecoder();

export interface ReadDefinition {
  readonly definition: PythonValue | undefined;
  readonly problem?: string;
}

/** What the platforms' loaders, which are Python's, read in a definition; js-yaml is loaded with the first that is not simple. */
export async function readDefinition(bytes: Uint8Array): Promise<ReadDefinition> {
  const simple = readSimpleYaml11(UTF8.decode(bytes));
  if (simple !== undefined) return { definition: simple };
  const { readYaml11Document } = await import("../pack/yaml-1-1-document.ts");
  const read = readYaml11Document(bytes);
  return read.ok ? { definition: read.value } : { definition: undefined, problem: read.message };
}
