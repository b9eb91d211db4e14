import { kindOf } from "../pack/component.ts";
import { type Described, describeDefinition } from "../pack/described.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { definitionDialect, type ParsedDefinition, packDialect } from "../pack/dialect.ts";
import type { Facts } from "../pack/facts.ts";
import type { Dialect } from "../pack/identity.ts";
import { encodePython } from "../pack/python-value.ts";
import type { YamlCheck } from "../pack/yaml.ts";
import { readSimpleYaml11 } from "../pack/yaml-1-1-simple.ts";
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
  /** `undefined`: the file is not plain, or nobody knows whose rules it follows. */
  readonly said?: SaidDefinition | undefined;
}

/** What a plain definition is to a catalog. */
export interface SaidDefinition extends Described {
  /** All of a `pack.yaml`, by `encodePython`. */
  readonly definition?: string;
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
  for (const definition of definitions) {
    const read = await readYaml(definition.bytes, definition.file);
    const found = await checkOne(definition, read, about);
    checked.push({ ...found, said: saidIn(definition, read, about) });
  }
  return checked;
}

function saidIn({ file }: Definition, read: YamlCheck, { dialect, pack }: DefinitionsOf): SaidDefinition | undefined {
  if (dialect === undefined || !read.ok || read.simple === undefined) return undefined;
  const { text, alike } = read.simple;
  const definition = readSimpleYaml11(text, { value: read.value, alike });
  if (definition === undefined) return undefined;
  const described = describeDefinition(file, definition, { dialect, pack });
  return file === "pack.yaml" ? { ...described, definition: encodePython(definition) } : described;
}

/** With the schemas comes zod: nobody else needs it. To import it again and again would cost as much as to judge. */
let judging: Promise<typeof import("./judge-definition.ts")> | undefined;

async function checkOne(
  { file, bytes }: Definition,
  read: YamlCheck,
  about: DefinitionsOf,
): Promise<CheckedDefinition> {
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
