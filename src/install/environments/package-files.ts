import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { isSystemError, PacksyncError } from "../../errors.ts";
import { lstatIfAny } from "../../platform/absence.ts";
import { sha256 } from "../../platform/sha256.ts";
import { treeChecksum } from "../tree-checksum.ts";
import { environmentFailed } from "./failure.ts";
import { insidePack } from "./inside.ts";
import type { NeededFile } from "./requirements.ts";

export const PACKAGE = "package.json";

/** What npm reads of a pack. */
export interface PackageFiles {
  /**
   * `package.json` comes without the pack's own scripts, which are about its files, and those are not where its packages are. The
   * development's packages only count where a lock has to agree with them.
   */
  readonly files: readonly NeededFile[];
  /** What packages come from, relative to the pack: archives, directories. */
  readonly local: readonly { readonly path: string; readonly digest: string }[];
  readonly isLocked: boolean;
  /** Lock files of other tools, which npm does not read. */
  readonly unread: readonly string[];
}

const LOCKS = ["npm-shrinkwrap.json", "package-lock.json"];
const OTHER_LOCKS = ["yarn.lock", "pnpm-lock.yaml", "bun.lock"];
const WANTED = ["dependencies", "optionalDependencies", "peerDependencies"];
/** Of each file. */
const MOST_BYTES = 32 * 2 ** 20;

/**
 * @param root real
 * @returns `undefined` when the pack needs no packages
 * @throws PacksyncError when `package.json` cannot be read, or what it names is not in the pack
 */
export function readPackageFiles(root: string): PackageFiles | undefined {
  const manifest = readManifest(root);
  const specs = specsIn(manifest);
  if (specs.length === 0) return undefined;
  const { scripts: _, devDependencies, ...rest } = manifest;
  const has = (name: string): boolean => lstatIfAny(join(root, name)) !== undefined;
  const lock = LOCKS.find(has);
  const kept = lock === undefined ? rest : { ...rest, ...(devDependencies !== undefined && { devDependencies }) };
  const beside = [lock, ".npmrc"].filter((name) => name !== undefined && has(name));
  const local = specs.flatMap(localPath).map((path) => localOf(root, path));
  return {
    files: [
      { path: PACKAGE, content: Buffer.from(JSON.stringify(kept, null, 2)) },
      ...beside.map((name) => ({ path: String(name), content: readFile(root, String(name)) })),
    ],
    local,
    isLocked: lock !== undefined,
    unread: lock === undefined ? OTHER_LOCKS.filter(has) : [],
  };
}

/** Whether there is anything to install; what cannot be read may. */
export function namesPackages(root: string): boolean {
  try {
    return specsIn(readManifest(root)).length > 0;
  } catch (error) {
    if (error instanceof PacksyncError || isSystemError(error)) return true;
    throw error;
  }
}

type Manifest = Readonly<Record<string, unknown>>;

function readManifest(root: string): Manifest {
  try {
    const value: unknown = JSON.parse(
      readFile(root, PACKAGE)
        .toString("utf8")
        .replace(/^\uFEFF/, ""),
    );
    if (isMapping(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw environmentFailed("Expected `package.json` to be a JSON object, got something else");
}

function readFile(root: string, name: string): Buffer {
  const file = join(root, insidePack(root, ".", name));
  const stats = lstatIfAny(file);
  if (stats?.isFile() === true && stats.size <= MOST_BYTES) return readFileSync(file);
  throw environmentFailed(`Expected \`${name}\` to be a file of at most ${MOST_BYTES} bytes`);
}

function specsIn(manifest: Manifest): readonly string[] {
  return WANTED.flatMap((section) => specsOf(manifest[section]));
}

function specsOf(section: unknown): readonly string[] {
  return isMapping(section) ? Object.values(section).map(String) : [];
}

/** As npm-package-arg tells a path from all else. */
function localPath(spec: string): readonly string[] {
  if (/^(file|link):/i.test(spec)) return [spec.replace(/^(file|link):(\/\/(?=[./]))?/i, "")];
  return /^(\.{1,2}(\/|$)|\/|~\/)/.test(spec) || /^[^:@]*\.(tgz|tar\.gz|tar)$/i.test(spec) ? [spec] : [];
}

function localOf(root: string, spec: string) {
  const real = join(root, insidePack(root, ".", spec));
  const path = relative(root, resolve(root, spec));
  if (path === "" || path.startsWith("..") || real === root)
    throw environmentFailed(`Expected \`${spec}\` to be a package in the pack, got another place`);
  const isDirectory = lstatIfAny(real)?.isDirectory() === true;
  const digest = isDirectory ? treeChecksum(real).hex : sha256(readFileSync(real));
  return { path, digest };
}

function isMapping(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
