import { kindOf } from "../pack/component.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { definitionDialect, type ParsedDefinition, packDialect } from "../pack/dialect.ts";
import type { Facts } from "../pack/facts.ts";
import { type Finding, placed } from "../pack/finding.ts";
import type { Dialect } from "../pack/identity.ts";
import type { DefinitionContext } from "../pack/model.ts";
import { readYaml } from "./read-yaml.ts";

/** The bytes of one definition file; `file` is relative to the pack. */
export interface Definition {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** What is to be said of a definition; `facts`: nobody could read it, or nobody reads it. */
export interface CheckedDefinition {
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly facts: Facts | undefined;
}

/** Whose the definitions are; `undefined` dialect: nobody knows, and only their YAML is looked at. */
export interface DefinitionsOf {
  readonly dialect: Dialect | undefined;
  readonly pack: string | undefined;
}

/** The findings of each definition on its own, and what others need to know of it. */
export async function checkDefinitions(
  definitions: readonly Definition[],
  about: DefinitionsOf,
): Promise<readonly CheckedDefinition[]> {
  const checked: CheckedDefinition[] = [];
  for (const definition of definitions) checked.push(await checkOne(definition, about));
  return checked;
}

async function checkOne({ file, bytes }: Definition, about: DefinitionsOf): Promise<CheckedDefinition> {
  const read = await readYaml(bytes, file);
  if (!read.ok) return { file, diagnostics: read.diagnostics, facts: undefined };
  const kind = about.dialect && kindOf(file, read.value, about.dialect);
  if (about.dialect === undefined || kind === undefined) return { file, diagnostics: [], facts: undefined };
  const written = definitionDialect(file, read.value);
  if (written !== undefined && written !== about.dialect) {
    // Whoever wrote it had the other platform in mind: one finding names all of them.
    return { file, diagnostics: [], facts: { kind, written, parameters: [], defines: [], links: [] } };
  }
  const context: DefinitionContext = { file, kind, dialect: about.dialect, pack: about.pack };
  // With the schemas comes zod: nobody else needs it.
  const { checkFile } = await import("../pack/check-file.ts");
  const findings = await checkFile(UTF8.decode(bytes), read.value, context, read.repeats);
  return {
    file,
    diagnostics: findings.length === 0 ? [] : await place(findings, file, bytes),
    facts: await locatedFacts(read.value, context, bytes),
  };
}

/** Whose most of these definitions clearly are, else Attune's. */
export async function likelyDialect(definitions: readonly Definition[]): Promise<Dialect> {
  const parsed: ParsedDefinition[] = [];
  for (const { file, bytes } of definitions) {
    const read = await readYaml(bytes, file);
    if (read.ok) parsed.push({ file, value: read.value });
  }
  return packDialect(undefined, parsed, undefined).dialect;
}

async function place(findings: readonly Finding[], file: string, bytes: Uint8Array): Promise<readonly Diagnostic[]> {
  const { rangeFinder } = await import("../pack/yaml-positions.ts");
  const rangeOf = rangeFinder(bytes);
  return findings.map((finding) => placed(finding, file, rangeOf));
}

const UTF8 = new TextDecoder();

async function locatedFacts(value: unknown, context: DefinitionContext, bytes: Uint8Array): Promise<Facts> {
  const { factsOf } = await import("../pack/facts.ts");
  const { located } = await import("../pack/locate.ts");
  return located(factsOf(value, context), value, UTF8.decode(bytes), async () => {
    const { rangeFinder } = await import("../pack/yaml-positions.ts");
    const rangeOf = rangeFinder(bytes);
    return (path) => rangeOf(path, "value");
  });
}
