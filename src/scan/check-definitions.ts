import { kindOf } from "../pack/component.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { definitionDialect, type ParsedDefinition, packDialect } from "../pack/dialect.ts";
import type { Facts } from "../pack/facts.ts";
import type { Dialect } from "../pack/identity.ts";
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

/** With the schemas comes zod: nobody else needs it. To import it again and again would cost as much as to judge. */
let judging: Promise<typeof import("./judge-definition.ts")> | undefined;

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
  judging ??= import("./judge-definition.ts");
  const { judgeDefinition } = await judging;
  return judgeDefinition({ file, kind, dialect: about.dialect, pack: about.pack }, read, bytes);
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
