import type { CatalogPack } from "../../src/catalog/catalog.ts";
import { liveFiles } from "../../src/catalog/live-files.ts";
import { type Known, type LiveRelease, readLive } from "../../src/catalog/read-live.ts";
import { asPackRef, type PackRef } from "../../src/pack/ref.ts";
import { type Content, scratch, type TreeOf, writeTree } from "./trees.ts";

export function packRef(text: string): PackRef {
  const ref = asPackRef(text);
  if (ref === undefined) throw new Error(`Expected a ref, got ${text}`);
  return ref;
}

export interface Written {
  readonly ref?: string;
  readonly release?: string;
  readonly version?: string;
  readonly dependencies?: readonly string[];
}

export function packYaml(ref: string, more = ""): string {
  return `ref: ${ref}\nlabel: ${ref}\nversion: 1.0.0\n${more}`;
}

/** A pack as a catalog is given it, from files as they would stand in the volume; a `pack.yaml` is made where there is none. */
export async function catalogPack(files: TreeOf<Content>, about: Written = {}): Promise<CatalogPack> {
  using directory = scratch();
  const { ref = "demo" } = about;
  const root = `${directory.path}/${ref}`;
  writeTree(root, { "pack.yaml": packYaml(ref), ...files });
  return await readLive(liveRelease(root, about), []);
}

export function liveRelease(root: string, about: Written = {}): LiveRelease {
  const { ref = "demo", release = "1-00000000", version = "1.0.0", dependencies = [] } = about;
  const files = liveFiles(root, 1_000_000);
  return { ref: packRef(ref), release, version, dependencies, dialect: undefined, digestOf: () => undefined, files };
}

export function knownFrom({ dialect, components }: CatalogPack): Known {
  return { dialect, definition: (file) => components.find((each) => each.file === file) };
}
