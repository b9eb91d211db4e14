import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Config, SourceConfig } from "./config/config.ts";
import { PacksyncError } from "./errors.ts";
import { attunePackRef } from "./pack/ref.ts";
import { packTemplate } from "./pack/template.ts";
import { lstatIfAny } from "./platform/absence.ts";
import { unusable } from "./platform/unusable.ts";

/** A pack that was made: its absolute path, and its files, relative to it. */
export interface NewPack {
  readonly ref: string;
  readonly path: string;
  readonly files: readonly string[];
}

/**
 * Makes a development pack in the last source of such packs. It appears as a whole: a sync that runs meanwhile sees
 * nothing of it, or all.
 *
 * @throws PacksyncError `USAGE` for a name that cannot be a ref, or that is taken
 */
export function makePack({ sources }: Config, name: string): NewPack {
  const ref = attunePackRef(name);
  if (ref === undefined) throw badName(name);
  const source = sources.findLast(({ kind }) => kind === "development");
  if (source === undefined) throw noSource();
  const path = `${source.path}/${ref}`;
  if (lstatIfAny(path) !== undefined) throw taken(ref, path);
  const files = packTemplate(ref);
  try {
    writeWhole(source, path, files);
  } catch (error) {
    throw unusable(`the source ${source.path}`, error);
  }
  return { ref, path, files: files.map((file) => file.path) };
}

function writeWhole(source: SourceConfig, path: string, files: ReturnType<typeof packTemplate>): void {
  mkdirSync(source.path, { recursive: true });
  const temporary = mkdtempSync(`${source.path}/.new-`); // dot-directories are no packs
  try {
    const tree = `${temporary}/pack`;
    for (const file of files) {
      mkdirSync(dirname(`${tree}/${file.path}`), { recursive: true });
      writeFileSync(`${tree}/${file.path}`, file.text, { mode: file.mode });
    }
    renameSync(tree, path);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function badName(name: string): PacksyncError {
  const near = attunePackRef(
    name
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, "_")
      .replace(/^[^a-z]+|_+$/g, ""),
  );
  return new PacksyncError(
    "USAGE",
    `Expected a name of lower-case letters, digits, \`_\` and \`-\` that begins with a letter and has at least two, got \`${name}\`.`,
    { hint: near === undefined ? "Write for example `packsync new my_pack`." : `Write \`packsync new ${near}\`.` },
  );
}

function noSource(): PacksyncError {
  return new PacksyncError("USAGE", "Expected a source of development packs, got none.", {
    hint: "Name one with --packs-dev <dir>.",
  });
}

function taken(ref: string, path: string): PacksyncError {
  return new PacksyncError("USAGE", `Expected a name that is free, got \`${ref}\`: ${path} is there already.`, {
    hint: "Take another name, or remove what is there.",
  });
}
