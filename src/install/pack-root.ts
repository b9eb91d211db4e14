import { closeSync, constants, openSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { isSystemError } from "../errors.ts";
import { readIdentity } from "../pack/identity.ts";
import type { PackRef } from "../pack/ref.ts";
import { checkYaml, type YamlCheck } from "../pack/yaml.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { fsPath, listNames, printableName } from "../platform/names.ts";
import { downloadFailed } from "./failure.ts";
import type { Limits } from "./limits.ts";

/** Who a pack is. */
export interface PackIdentity {
  readonly ref: PackRef;
  readonly version: string;
}

/** Of a `pack.yaml`; in bytes. */
const MAX_MANIFEST = 2 ** 20;

/** Where the pack is in what was fetched, as the platform looks for it: here, in `pack`, or in the first directory with a `pack.yaml`. */
export function findPackRoot(directory: string): string {
  const below = listNames(directory)
    .map((name) => join(directory, name))
    .filter((path) => lstatIfAny(path)?.isDirectory());
  const found = [directory, join(directory, "pack"), ...below].find((path) => {
    return lstatIfAny(path)?.isDirectory() && lstatIfAny(join(path, "pack.yaml"))?.isFile();
  });
  if (found !== undefined) return found;
  throw downloadFailed("Expected a `pack.yaml` at the top, in `pack`, or in a directory at the top, got none");
}

/** @throws PacksyncError when `pack.yaml` does not say who the pack is */
export function readPackIdentity(root: string): PackIdentity {
  const check = readManifest(root);
  const { ref, version, diagnostics } = check.ok
    ? readIdentity(check.value, { file: "pack.yaml", directory: basename(root) })
    : { ref: undefined, version: undefined, diagnostics: check.diagnostics };
  if (ref !== undefined && version !== undefined) return { ref, version };
  throw downloadFailed(diagnostics[0]?.message ?? "Expected `pack.yaml` to have `ref` and `version`");
}

/**
 * What `pack.yaml` says, or what keeps it from being read as YAML.
 *
 * @throws PacksyncError when it is too large, and the system's error
 */
export function readManifest(root: string): YamlCheck {
  return checkYaml(readManifestBytes(root), "pack.yaml");
}

/** The bytes of a pack's `pack.yaml`; throws as {@link readManifest} does. */
export function readManifestBytes(root: string): Buffer {
  const path = join(root, "pack.yaml");
  const size = lstatIfAny(path)?.size ?? 0;
  if (size > MAX_MANIFEST)
    throw downloadFailed(`Expected \`pack.yaml\` to have at most ${MAX_MANIFEST} bytes, got ${size}`);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Expects files, directories, and links that stay in the pack, within the limits. */
export function judgePackTree(root: string, { entries: mostEntries, unpackedBytes }: Limits): void {
  const real = realpathSync(root);
  let entries = 0;
  let bytes = 0;
  const visit = (path: string): void => {
    for (const name of listNames(join(root, path))) {
      const inner = join(path, name);
      const stats = lstatIfAny(join(root, inner));
      entries += 1;
      bytes += stats?.isFile() ? stats.size : 0;
      if (entries > mostEntries || bytes > unpackedBytes)
        throw downloadFailed(`Expected a pack of at most ${mostEntries} entries and ${unpackedBytes} bytes, got more`);
      if (stats?.isDirectory()) visit(inner);
      else if (stats?.isSymbolicLink()) judgeLink(root, real, inner);
      else if (!stats?.isFile())
        throw downloadFailed(`Expected files and directories, got \`${printableName(inner)}\``);
    }
  };
  visit("");
}

function judgeLink(root: string, real: string, path: string): void {
  const link = join(root, path);
  const isInside = !readlinkSync(fsPath(link), "utf8").startsWith("/") && targetOf(link)?.startsWith(`${real}/`);
  if (!isInside) throw downloadFailed(`Expected links that stay in the pack, got \`${printableName(path)}\``);
}

function targetOf(link: string): string | undefined {
  try {
    return realpathSync(fsPath(link), "utf8");
  } catch (error) {
    if (isSystemError(error)) return undefined; // it leads nowhere, or in a circle
    throw error;
  }
}
