import type { PythonValue } from "./python-value.ts";
import { resolveYaml11 } from "./yaml-1-1-scalar.ts";
import { parseSimpleYaml, type SimpleYaml } from "./yaml-fast.ts";
import { OUTSIDE, scalarsBy } from "./yaml-fast-cursor.ts";

const YAML_11 = scalarsBy((scalar) => {
  const value = resolveYaml11(scalar);
  return value === undefined ? OUTSIDE : value;
});

/** Everybody takes it for the same number, but Python keeps that it is not `1`. */
const WHOLE_FLOAT = /[0-9]\.0(?![0-9])/;

/**
 * What PyYAML reads in a plain file; `undefined` outside of what `parseSimpleYaml` reads.
 *
 * @param known what that read in the same text by YAML 1.2: where everybody reads alike, nothing is parsed again
 */
export function readSimpleYaml11(text: string, known?: Pick<SimpleYaml, "value" | "alike">): PythonValue | undefined {
  const isSame = known?.alike === true && !(text.includes(".0") && WHOLE_FLOAT.test(text));
  return (isSame ? known : parseSimpleYaml(text, YAML_11))?.value as PythonValue | undefined; // what YAML_11 resolves
}
