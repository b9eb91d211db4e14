import { lstatSync } from "node:fs";
import { isSystemError } from "../errors.ts";
import { kindOf } from "../pack/component.ts";
import type { Component } from "../pack/facts.ts";
import { type Dialect, readIdentity } from "../pack/identity.ts";
import { componentDirectories, isDefinitionFile, isLitter } from "../pack/layout.ts";
import { listNames } from "../platform/names.ts";
import { readWhole } from "./read.ts";
import { readYaml } from "./read-yaml.ts";
import type { ScanLimits } from "./walk.ts";

/** A pack of the volume that is in no source: what others may name. */
export interface ForeignPack {
  readonly version: string | undefined;
  readonly offers: readonly Component[];
}

/**
 * Reads the definitions of a pack in the volume, for their names only: whatever is wrong with it is not ours to say.
 *
 * @returns `undefined` when there is no such pack
 */
export async function readForeignPack(
  root: string,
  directory: string,
  limits: ScanLimits,
): Promise<ForeignPack | undefined> {
  const manifest = await readValue(root, "pack.yaml", limits);
  if (manifest === undefined) return undefined;
  const { version, dialect, ref = directory } = readIdentity(manifest.value, { file: "pack.yaml", directory });
  const { factsOf } = await import("../pack/facts.ts");
  const offers: Component[] = [];
  for (const file of definitionsIn(root).slice(0, limits.maxFiles)) {
    const read = await readValue(root, file, limits);
    const kind = read && kindOf(file, read.value, dialect);
    if (kind !== undefined) offers.push(...factsOf(read?.value, { file, kind, dialect, pack: ref }).defines);
  }
  return { version, offers };
}

/** The only kinds that other packs name. */
const NAMED = [
  ...componentDirectories.filter((name) => /^(actions|sensors|triggers|workflows)$/.test(name)),
  "actions/workflows",
];

/** What a pack of the volume says about itself. */
export interface ForeignAbout {
  readonly version: string | undefined;
  readonly dialect: Dialect;
  readonly label: string | undefined;
  readonly description: string | undefined;
}

/** @returns `undefined` when nothing can be read of it */
export async function readForeignAbout(
  root: string,
  directory: string,
  limits: Pick<ScanLimits, "maxDefinitionSize">,
): Promise<ForeignAbout | undefined> {
  const manifest = await readValue(root, "pack.yaml", limits);
  if (manifest === undefined) return undefined;
  const { version, dialect } = readIdentity(manifest.value, { file: "pack.yaml", directory });
  const { label, name, description }: Readonly<Record<string, unknown>> = Object(manifest.value);
  return { version, dialect, label: textOf(label) ?? textOf(name), description: textOf(description) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function definitionsIn(root: string): string[] {
  return NAMED.flatMap((directory) =>
    (ifThere(() => listNames(`${root}/${directory}`)) ?? [])
      .map((name) => `${directory}/${name}`)
      .filter((file) => isDefinitionFile(file) && !isLitter(file.slice(directory.length + 1))),
  );
}

async function readValue(root: string, file: string, { maxDefinitionSize }: Pick<ScanLimits, "maxDefinitionSize">) {
  const real = `${root}/${file}`;
  const bytes = ifThere(() => {
    const stats = lstatSync(real);
    if (!stats.isFile() || stats.size > maxDefinitionSize) return undefined;
    return readWhole({ path: file, real, size: stats.size, executable: false }, undefined).bytes;
  });
  const read = bytes && (await readYaml(bytes, file));
  return read?.ok === true ? { value: read.value } : undefined;
}

/** What others have in the volume comes and goes, and may be closed to us. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}
