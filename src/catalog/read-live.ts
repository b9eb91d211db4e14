import type { ComponentKind } from "../pack/component.ts";
import { type Described, describeDefinition } from "../pack/described.ts";
import { manifestDialect, packDialect } from "../pack/dialect.ts";
import type { Dialect } from "../pack/identity.ts";
import type { PackRef } from "../pack/ref.ts";
import { sha256 } from "../platform/sha256.ts";
import type { CatalogComponent, CatalogPack } from "./catalog.ts";
import type { LiveFiles } from "./live-files.ts";
import { readDefinition } from "./read-definition.ts";

/** A live release, and what is known of it without reading. */
export interface LiveRelease {
  readonly ref: PackRef;
  readonly release: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  /** Whose rules it was set to follow. */
  readonly dialect: Dialect | undefined;
  /** Where it comes from; `undefined`: nobody knows any more. */
  readonly source?: { readonly name: string; readonly directory: string } | undefined;
  /** sha256 of a file that packsync published; `undefined`: it is somebody else's. */
  digestOf(path: string): string | undefined;
  readonly files: LiveFiles;
}

/** What is known of a pack's definitions by those rules. */
export interface Known {
  readonly dialect: Dialect;
  definition(file: string): KnownDefinition | undefined;
}

/** What a definition with this digest says. */
export type KnownDefinition = Described & Pick<CatalogComponent, "digest" | "definition" | "problem">;

/**
 * The definitions of a live release.
 *
 * @param known of files whose bytes are still the same: they are not read; what was seen last comes first
 */
export async function readLive(live: LiveRelease, known: readonly Known[]): Promise<CatalogPack> {
  const parse = parser(live);
  const dialect = await dialectOf(live, known, parse);
  const valid = known.filter((each) => each.dialect === dialect);
  const found = new Map<string, KnownDefinition>();
  const find = async (file: string): Promise<void> => {
    const same = knownOf(file, live, valid);
    const parsed = same === undefined ? await parse(file) : undefined;
    const about = { dialect, pack: live.ref };
    const definition = same ?? (parsed && { ...describeDefinition(file, parsed.definition, about), ...parsed });
    if (definition !== undefined) found.set(file, definition);
  };
  for (const file of live.files.definitions) await find(file);
  // Attune's actions name the files of their workflows, which may lie where nobody looks otherwise.
  for (const { workflow } of [...found.values()])
    if (workflow !== undefined && !found.has(workflow)) await find(workflow);
  const components = [...found].map(([file, each]) => componentOf(file, each, live.files)).sort(byFile);
  const { ref, release, version, dependencies } = live;
  return { ref, release, version, dialect, dependencies, digest: digestOf(components), components };
}

/** What it says now, if the file is what it was. */
function knownOf(file: string, live: LiveRelease, known: readonly Known[]): KnownDefinition | undefined {
  const digest = live.digestOf(file);
  if (digest === undefined) return undefined;
  return known.map(({ definition }) => definition(file)).find((each) => each?.digest === digest);
}

type Parsed = Pick<CatalogComponent, "digest" | "definition" | "problem">;
type Parse = (file: string) => Promise<Parsed | undefined>;

/** Reads and parses each file at most once. */
function parser(live: LiveRelease): Parse {
  const done = new Map<string, Parsed>();
  return async (file) => {
    const before = done.get(file);
    if (before !== undefined) return before;
    const bytes = live.files.read(file);
    if (bytes === undefined) return undefined;
    const parsed = { digest: live.digestOf(file) ?? sha256(bytes), ...(await readDefinition(bytes)) };
    done.set(file, parsed);
    return parsed;
  };
}

/** What the pack says, else what was said of it before, else what most of its definitions say. */
async function dialectOf(live: LiveRelease, known: readonly Known[], parse: Parse): Promise<Dialect> {
  const manifest = (knownOf("pack.yaml", live, known) ?? (await parse("pack.yaml")))?.definition;
  const clear = live.dialect ?? manifestDialect(manifest) ?? known[0]?.dialect;
  if (clear !== undefined) return clear;
  const definitions: { readonly file: string; readonly value: unknown }[] = [];
  for (const file of live.files.definitions) definitions.push({ file, value: (await parse(file))?.definition });
  return packDialect(manifest, definitions, undefined).dialect;
}

/** In the order in which Attune's loader looks. */
const ENDINGS: Partial<Readonly<Record<ComponentKind, readonly string[]>>> = {
  action: [".sh", ".py"],
  sensor: [".py", ".sh"],
};

function componentOf(file: string, said: KnownDefinition, files: LiveFiles): CatalogComponent {
  const { kind, scriptStem } = said;
  const endings = scriptStem === undefined ? undefined : kind && ENDINGS[kind];
  return { ...said, file, script: endings?.map((ending) => scriptStem + ending).find(files.has) };
}

function byFile(a: CatalogComponent, b: CatalogComponent): number {
  return a.file < b.file ? -1 : 1;
}

function digestOf(components: readonly CatalogComponent[]): string {
  return sha256(
    components.map(({ file, digest, kind, script }) => `${file}\0${digest}\0${kind}\0${script}`).join("\n"),
  );
}
