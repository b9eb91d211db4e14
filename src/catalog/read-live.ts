import { posix } from "node:path";
import { type ComponentKind, kindOf } from "../pack/component.ts";
import { manifestDialect, packDialect } from "../pack/dialect.ts";
import { factsOf } from "../pack/facts.ts";
import type { Dialect } from "../pack/identity.ts";
import { isPythonMapping, type PythonValue, pythonAt } from "../pack/python-value.ts";
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
  /** sha256 of a file that packsync published; `undefined`: it is somebody else's. */
  digestOf(path: string): string | undefined;
  readonly files: LiveFiles;
}

/** What is remembered of the pack's components; files whose bytes are the same are not read again. */
export interface Remembered {
  readonly dialect: Dialect;
  component(file: string): CatalogComponent | undefined;
}

/** The definitions of a live release, each parsed at most once in its life. */
export async function readLive(live: LiveRelease, remembered: Remembered | undefined): Promise<CatalogPack> {
  const parsed = new Map<string, Parsed>();
  for (const file of live.files.definitions) await readInto(parsed, file, live, remembered);
  const dialect = dialectOf(live, parsed, remembered);
  await readWorkflows(parsed, live, remembered);
  const components = [...parsed].map(([file, found]) => componentOf(file, found, { dialect, live })).sort(byFile);
  const { ref, release, version, dependencies } = live;
  return { ref, release, version, dialect, dependencies, digest: digestOf(components), components };
}

type Parsed = Pick<CatalogComponent, "digest" | "definition" | "problem">;

async function readInto(
  parsed: Map<string, Parsed>,
  file: string,
  live: LiveRelease,
  remembered: Remembered | undefined,
): Promise<void> {
  const known = remembered?.component(file);
  const published = live.digestOf(file);
  if (known !== undefined && known.digest === published) return void parsed.set(file, known);
  const bytes = live.files.read(file);
  if (bytes === undefined) return;
  const digest = published ?? sha256(bytes);
  parsed.set(file, known?.digest === digest ? known : { digest, ...(await readDefinition(bytes)) });
}

/** What the pack says, else what was said of it before, else what most of its definitions say. */
function dialectOf(
  live: LiveRelease,
  parsed: ReadonlyMap<string, Parsed>,
  remembered: Remembered | undefined,
): Dialect {
  const manifest = parsed.get("pack.yaml")?.definition;
  const definitions = [...parsed].map(([file, { definition }]) => ({ file, value: definition }));
  const clear = live.dialect ?? manifestDialect(manifest) ?? remembered?.dialect;
  return clear ?? packDialect(manifest, definitions, undefined).dialect;
}

/** Attune's actions name the files of their workflows, which may lie where nobody looks otherwise. */
async function readWorkflows(
  parsed: Map<string, Parsed>,
  live: LiveRelease,
  remembered: Remembered | undefined,
): Promise<void> {
  for (const [file, { definition }] of [...parsed]) {
    const workflow = file.startsWith("actions/") ? workflowFile(definition) : undefined;
    if (workflow !== undefined && !parsed.has(workflow)) await readInto(parsed, workflow, live, remembered);
  }
}

/** Where the workflow of an action lies, relative to the pack; above it begins with `../`. */
export function workflowFile(action: PythonValue | undefined): string | undefined {
  const given = isPythonMapping(action) ? pythonAt(action, "workflow_file") : undefined;
  return typeof given === "string" && given !== "" ? posix.normalize(posix.join("actions", given)) : undefined;
}

interface Whose {
  readonly dialect: Dialect;
  readonly live: LiveRelease;
}

function componentOf(file: string, found: Parsed, { dialect, live }: Whose): CatalogComponent {
  const { digest, definition, problem } = found;
  const kind = kindOf(file, definition, dialect);
  const ref = kind && factsOf(definition, { file, kind, dialect, pack: live.ref }).ref;
  const script = kind && scriptFor(kind, definition, live.files);
  return { file, kind, ref, digest, definition, problem, script };
}

/** In the order in which Attune's loader looks. */
const SCRIPTS: Partial<Readonly<Record<ComponentKind, readonly [directory: string, ...endings: string[]]>>> = {
  action: ["actions", ".sh", ".py"],
  sensor: ["sensors", ".py", ".sh"],
};

function scriptFor(kind: ComponentKind, definition: PythonValue | undefined, files: LiveFiles): string | undefined {
  const [directory, ...endings] = SCRIPTS[kind] ?? [];
  if (directory === undefined || !isPythonMapping(definition)) return undefined;
  const given = pythonAt(definition, "ref") || pythonAt(definition, "name");
  if (typeof given !== "string") return undefined;
  const name = given.slice(given.lastIndexOf(".") + 1);
  return endings.map((ending) => `${directory}/${name}${ending}`).find((path) => files.has(path));
}

function byFile(a: CatalogComponent, b: CatalogComponent): number {
  return a.file < b.file ? -1 : 1;
}

function digestOf(components: readonly CatalogComponent[]): string {
  return sha256(
    components.map(({ file, digest, kind, script }) => `${file}\0${digest}\0${kind}\0${script}`).join("\n"),
  );
}
