import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { ExitCode, PacksyncError } from "../errors.ts";
import { type ComponentKind, componentKinds, patternsOf } from "../pack/component.ts";
import type { Dialect } from "../pack/identity.ts";
import { jsonSchemaOf, kindsOf } from "../pack/json-schema.ts";
import type { CommandContext } from "./context.ts";
import { shownPath } from "./shown-path.ts";
import { columns, type Paint, paintFor } from "./text.ts";

export interface SchemaRequest {
  /** `undefined`: all. */
  readonly kind: string | undefined;
  /** A directory to write files into; relative to the working directory. */
  readonly write: string | undefined;
  readonly dialect: Dialect | undefined;
}

/** One kind in one dialect. */
interface Entry {
  readonly dialect: Dialect;
  readonly kind: ComponentKind;
  /** Where its files lie in a pack. */
  readonly files: readonly string[];
}

/** `packsync schema [kind]`: prints the JSON Schema of a kind, lists the kinds, or writes a file for each. */
export async function schemaCommand(context: CommandContext, request: SchemaRequest): Promise<ExitCode> {
  const { stdout } = context;
  const entries = entriesOf(request);
  const [first] = entries;
  if (request.write !== undefined) writeAll(entries, request, request.write, context);
  else if (request.kind !== undefined && first !== undefined) stdout.write(asJson(schemaOf(first)));
  else if (context.loaded.config.format === "json") stdout.write(asJson({ kinds: entries }));
  else stdout.write(listText(entries, paintFor(stdout)));
  return ExitCode.ok;
}

/** @throws PacksyncError `USAGE` for a kind that there is not */
function entriesOf({ kind, dialect }: SchemaRequest): readonly Entry[] {
  const dialects = dialect === undefined ? (["attune", "stackstorm"] as const) : [dialect];
  const all = dialects.flatMap((each) =>
    kindsOf(each).map((kind) => ({ dialect: each, kind, files: patternsOf(kind, each) })),
  );
  const found = kind === undefined ? all : all.filter((entry) => entry.kind === kind);
  if (found.length > 0) return found;
  const isOther = componentKinds.some((each) => each === kind);
  const where = isOther && dialect !== undefined ? ` of the dialect \`${dialect}\`` : "";
  const known = [...new Set(all.map((entry) => entry.kind))].sort().join(", ");
  throw new PacksyncError("USAGE", `Expected a kind of definition${where}, got \`${kind}\`.`, {
    hint: `Kinds: ${known}.`,
  });
}

function schemaOf({ kind, dialect }: Entry): unknown {
  return jsonSchemaOf(kind, dialect);
}

function listText(entries: readonly Entry[], paint: Paint): string {
  const head = ["DIALECT", "KIND", "FILES"].map((cell) => paint("dim", cell));
  const rows = entries.map(({ dialect, kind, files }) => [dialect, paint("bold", kind), files.join(", ")]);
  return `${columns([head, ...rows]).join("\n")}\n`;
}

function writeAll(
  entries: readonly Entry[],
  { dialect = "attune" }: SchemaRequest,
  write: string,
  { cwd, stdout, loaded }: CommandContext,
): void {
  const directory = resolve(cwd, write);
  mkdirSync(directory, { recursive: true });
  const written = entries.map((entry) => {
    const file = `${directory}/${entry.dialect}.${entry.kind}.schema.json`;
    writeFileSync(file, asJson(schemaOf(entry)));
    return { ...entry, file };
  });
  const settings = settingsFor(
    written.filter((entry) => entry.dialect === dialect),
    cwd,
  );
  const shown = written.map(({ file }) => shownPath(file, cwd));
  stdout.write(
    loaded.config.format === "json"
      ? asJson({ files: shown, settings })
      : `${shown.join("\n")}\n\nFor the settings of an editor with yaml-language-server (${dialect}):\n${asJson(settings)}`,
  );
}

/** What makes yaml-language-server use the files; a workspace's paths begin with `./`. */
function settingsFor(written: readonly (Entry & { readonly file: string })[], cwd: string) {
  const pairs = written.map(({ file, files }) => {
    const shown = shownPath(file, cwd);
    return [shown.startsWith("/") ? shown : `./${shown}`, files.map((pattern) => `**/${pattern}`)] as const;
  });
  return { "yaml.schemas": Object.fromEntries(pairs.filter(([, files]) => files.length > 0)) };
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
