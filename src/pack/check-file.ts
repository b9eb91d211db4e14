import { checkDefinition } from "./check-definition.ts";
import type { Finding } from "./finding.ts";
import { type DefinitionContext, modelOf } from "./model.ts";
import { isBooleanAt } from "./schema/field-at.ts";
import { isSuspect } from "./yaml-suspects.ts";

/**
 * Everything that is wrong with one definition file, looked at by itself: the traps in its YAML, and its content as the
 * dialect's platform reads it.
 *
 * @param value what `text` says by YAML 1.2
 * @param repeats whether a key in a block does, if that is known
 */
export async function checkFile(
  text: string,
  value: unknown,
  about: DefinitionContext,
  repeats?: boolean,
): Promise<readonly Finding[]> {
  if (!isSuspect(text, repeats)) return checkDefinition(value, about);
  // With it comes the slow parser: few files need it.
  const { readAsPlatform } = await import("./yaml-traps.ts");
  const schema = modelOf(about.kind, about.dialect)?.schema;
  const isBoolean = (path: Finding["path"]) => schema !== undefined && isBooleanAt(schema, path);
  const reading = readAsPlatform(text, value, { dialect: about.dialect, isBoolean });
  return [...reading.findings, ...checkDefinition(reading.value, about)];
}
