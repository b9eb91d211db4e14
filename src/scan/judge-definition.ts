import { checkFile } from "../pack/check-file.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { factsOf } from "../pack/facts.ts";
import { type Finding, placed } from "../pack/finding.ts";
import { located } from "../pack/locate.ts";
import type { DefinitionContext } from "../pack/model.ts";
import type { SimpleText } from "../pack/yaml.ts";
import type { Range } from "../pack/yaml-positions.ts";
import { readYamlText } from "../pack/yaml-text.ts";
import type { CheckedDefinition } from "./check-definitions.ts";

/** What a definition says; `simple`: what is known of its text if that is simple. */
interface Read {
  readonly value: unknown;
  readonly simple?: SimpleText;
}

/** The findings of one definition by the rules of its kind, and what others need to know of it. */
export async function judgeDefinition(
  context: DefinitionContext,
  { value, simple }: Read,
  bytes: Uint8Array,
): Promise<CheckedDefinition> {
  const { file } = context;
  const source = simple?.text ?? UTF8.decode(bytes);
  const findings = await checkFile(source, value, context, simple);
  // What ends a line has to be the same there as where the file is parsed.
  const text = simple?.text ?? readYamlText(source).text;
  return {
    file,
    diagnostics: findings.length === 0 ? [] : await place(findings, file, bytes),
    facts: await located(factsOf(value, context), value, text, async () => {
      const rangeOf = await finder(bytes);
      return (path) => rangeOf(path, "value");
    }),
  };
}

const UTF8 = new TextDecoder();

async function place(findings: readonly Finding[], file: string, bytes: Uint8Array): Promise<readonly Diagnostic[]> {
  const rangeOf = await finder(bytes);
  return findings.map((finding) => placed(finding, file, rangeOf));
}

async function finder(bytes: Uint8Array): Promise<(path: Finding["path"], at: Finding["at"]) => Range | undefined> {
  const { rangeFinder } = await import("../pack/yaml-positions.ts");
  return rangeFinder(bytes);
}
