import * as z from "zod";
import type { DefinedPack, DescribedPack, PackDefinition } from "../listing.ts";

/** As the platform has packs, and what packsync knows beside it. */
const about = {
  id: z.int().describe("Packsync's own number of it"),
  ref: z.string(),
  label: z.string(),
  description: z.string().nullable(),
  version: z.string(),
  tags: z.array(z.string()),
  runtime_deps: z.array(z.string()),
  is_standard: z.boolean(),
  created: z.string().nullable().describe("ISO time of the first version that was registered"),
  updated: z.string().nullable().describe("ISO time of the newest one"),
  dialect: z.string(),
  release: z.string().describe("The live release"),
  catalogs: z
    .array(
      z.object({
        catalog: z.string(),
        state: z.string(),
        since: z.string().optional(),
        why: z.string().optional(),
      }),
    )
    .describe("Where it is registered"),
};

const counts = z.record(z.string(), z.int()).describe("How many of which kind");

export const summaryPack = z.object({ ...about, components: counts });

const json = z.record(z.string(), z.unknown());
export const describedPack = z.object({
  ...about,
  conf_schema: json,
  config: json,
  meta: json,
  dependencies: z.array(z.string()).describe("Refs of the packs that it needs"),
  component_counts: counts,
  components: z.array(z.object({ kind: z.string(), ref: z.string(), label: z.string().nullable() })),
  versions: z.array(z.object({ version: z.string(), release: z.string().nullable(), since: z.string().nullable() })),
});

export function summaryDocument(pack: DefinedPack): z.infer<typeof summaryPack> {
  return { ...aboutDocument(pack), components: { ...pack.components } };
}

export function describedDocument(pack: DescribedPack): z.infer<typeof describedPack> {
  const { definition, counts, dependencies, components, versions } = pack;
  return {
    ...aboutDocument(pack),
    conf_schema: mappingIn(definition, "conf_schema", "config_schema"),
    config: mappingIn(definition, "config"),
    meta: mappingIn(definition, "meta", "metadata"),
    dependencies: [...dependencies],
    component_counts: { ...counts },
    components: components.map(({ kind, ref, label = null }) => ({ kind, ref, label })),
    versions: versions.map(({ version, release = null, since = null }) => ({ version, release, since })),
  };
}

function aboutDocument(pack: Omit<DefinedPack, "components">) {
  const { id, ref, label, version, definition, dialect, release, created = null, updated = null, catalogs } = pack;
  return {
    ...{ id, ref, label, version, dialect, release, created, updated },
    description: typeof definition["description"] === "string" ? definition["description"] : null,
    tags: textsIn(definition, "tags", "keywords"),
    runtime_deps: textsIn(definition, "runtime_deps"),
    is_standard: definition["is_standard"] === true,
    catalogs: catalogs.map((standing) => ({ ...standing })),
  };
}

function textsIn(definition: PackDefinition, ...names: readonly string[]): string[] {
  const found = names.map((name) => definition[name]).find(Array.isArray) ?? [];
  return found.filter((each) => typeof each === "string");
}

function mappingIn(definition: PackDefinition, ...names: readonly string[]): Record<string, unknown> {
  const found = names.map((name) => definition[name]).find(isMapping);
  return found === undefined ? {} : { ...found };
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
