import { checkPack, type WholePack } from "../../src/pack/check-pack.ts";
import { kindOf } from "../../src/pack/component.ts";
import type { Diagnostic } from "../../src/pack/diagnostics.ts";
import type { ElfInfo } from "../../src/pack/elf.ts";
import { factsOf } from "../../src/pack/facts.ts";
import type { Dialect } from "../../src/pack/identity.ts";
import { isDefinitionFile } from "../../src/pack/layout.ts";
import { scriptFacts } from "../../src/pack/scripts.ts";
import { checkYaml } from "../../src/pack/yaml.ts";

interface Options {
  readonly dialect?: Dialect;
  readonly volume?: readonly string[];
  readonly arch?: readonly string[];
}

/** A pack `demo` from the texts of its files, or from what its binaries are. */
export function wholePack(files: Readonly<Record<string, string | ElfInfo>>, options: Options = {}): WholePack {
  const { dialect = "attune", volume = [], arch = [] } = options;
  const pack = "demo";
  const texts = Object.entries(files).flatMap(([file, content]) =>
    typeof content === "string" ? [[file, content] as const] : [],
  );
  const definitions = texts.flatMap(([file, text]) => {
    const read = isDefinitionFile(file) ? checkYaml(text, file) : undefined;
    const kind = read?.ok === true ? kindOf(file, read.value, dialect) : undefined;
    return read?.ok === true && kind ? [[file, factsOf(read.value, { file, kind, dialect, pack })] as const] : [];
  });
  const scripts = texts.flatMap(([file, text]) => {
    const facts = isDefinitionFile(file) ? undefined : scriptFacts(file, Buffer.from(text));
    return facts === undefined ? [] : [[file, facts] as const];
  });
  const entries = Object.entries(files).map(
    ([file, content]) => [file, typeof content === "string" ? {} : { elf: content }] as const,
  );
  return {
    dialect,
    pack,
    definitions: new Map(definitions),
    scripts: new Map(scripts),
    files: new Map(entries),
    isInVolume: (path) => volume.includes(path),
    arch,
  };
}

/** `severity code file`, of everything that is wrong across its files. */
export function across(files: Readonly<Record<string, string | ElfInfo>>, options?: Options): string[] {
  return checkPack(wholePack(files, options)).map(brief);
}

export function brief({ severity, code, file }: Diagnostic): string {
  return `${severity} ${code} ${file}`;
}
