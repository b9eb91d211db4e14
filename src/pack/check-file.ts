import { checkDefinition } from "./check-definition.ts";
import type { Finding } from "./finding.ts";
import { type DefinitionContext, modelOf } from "./model.ts";
import { isBooleanAt } from "./schema/field-at.ts";
import type { SimpleText } from "./yaml.ts";
import { isSuspect } from "./yaml-suspects.ts";

/**
 * Everything that is wrong with one definition file, looked at by itself: the traps in its YAML, and its content as the
 * dialect's platform reads it.
 *
 * @param value what `text` says by YAML 1.2
 * @param simple what is known of the text if it is simple
 */
export async function checkFile(
  text: string,
  value: unknown,
  about: DefinitionContext,
  simple?: Pick<SimpleText, "repeats" | "alike">,
): Promise<readonly Finding[]> {
  if (simple?.alike === true || !isSuspect(text, simple?.repeats)) return checkDefinition(value, about);
  // With it comes the slow parser: few files need it.
  const { readAsPlatform } = await import("./yaml-traps.ts");
  const schema = modelOf(about.kind, about.dialect)?.schema;
  const isBoolean = (path: Finding["path"]) => schema !== undefined && isBooleanAt(schema, path);
  const reading = readAsPlatform(text, value, { dialect: about.dialect, isBoolean });
  return [...reading.findings, ...checkDefinition(reading.value, about)];
}
