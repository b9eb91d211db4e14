import { lstatSync, realpathSync } from "node:fs";
import { isSystemError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { manifestDialect } from "../pack/dialect.ts";
import { type Dialect, readIdentity } from "../pack/identity.ts";
import { attunePackRef } from "../pack/ref.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { readWhole } from "./read.ts";
import { readYaml } from "./read-yaml.ts";
import type { PackIdentity } from "./store.ts";
import type { ScanLimits } from "./walk.ts";

export interface IdentityResult {
  readonly identity: PackIdentity | undefined;
  /** `undefined`: `pack.yaml` does not tell. */
  readonly dialect: Dialect | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** The version that a development pack without `pack.yaml` gets. */
export const BARE_VERSION = "0.0.0-dev";

/** A pack by its own `pack.yaml`. Where a finding stands is looked up for findings only. */
export async function identifyManifest(
  bytes: Uint8Array,
  directory: string,
  set: Dialect | undefined,
): Promise<IdentityResult> {
  const parsed = await readYaml(bytes, "pack.yaml");
  if (!parsed.ok) return { identity: undefined, dialect: set, diagnostics: parsed.diagnostics };
  const dialect = set ?? manifestDialect(parsed.value);
  const about = { file: "pack.yaml", directory, dialect } as const;
  const { ref, version, dependencies, diagnostics } = readIdentity(parsed.value, about);
  const identity = ref === undefined || version === undefined ? undefined : { ref, version, dependencies };
  if (diagnostics.length === 0) return { identity, dialect, diagnostics };
  const { keyPosition } = await import("../pack/yaml-positions.ts");
  const positionOf = (path: readonly string[]) => keyPosition(bytes, path);
  return { identity, dialect, diagnostics: readIdentity(parsed.value, { ...about, positionOf }).diagnostics };
}

/** A development pack without `pack.yaml`: its directory's name is its ref. */
export function identifyBare(directory: string, mustHaveManifest: boolean): IdentityResult {
  if (mustHaveManifest) return { identity: undefined, dialect: undefined, diagnostics: [MISSING] };
  const ref = attunePackRef(directory);
  const identity = ref && { ref, version: BARE_VERSION, dependencies: [] };
  return { identity, dialect: "attune", diagnostics: identity === undefined ? [unnameable(directory)] : [] };
}

const MISSING: Diagnostic = {
  severity: "error",
  code: "manifest.missing",
  message: "expected a `pack.yaml`, got none",
  file: "pack.yaml",
  hint: "Write it (`packsync validate --fix` does), or remove the whole directory to retire the pack.",
};

function unnameable(directory: string): Diagnostic {
  return {
    severity: "error",
    code: "manifest.invalid_ref",
    message: `expected a directory name like \`[a-z][a-z0-9_-]+\` for a pack without \`pack.yaml\`, got \`${directory}\``,
    hint: "Rename the directory, or write a pack.yaml with a `ref`.",
  };
}

/**
 * A pack's own `pack.yaml`, for a first look. One that may not or cannot be read says what it said before: the scan
 * says why. `gone`: the pack's directory is none any more.
 */
export function readManifest(root: string, limits: ScanLimits): Uint8Array | "as before" | "gone" | undefined {
  const path = `${root}/pack.yaml`;
  try {
    if (lstatIfAny(root)?.isSymbolicLink() === true) return "as before";
    const stats = lstatIfAny(path);
    if (stats === undefined) return lstatIfAny(root)?.isDirectory() === true ? undefined : "gone";
    const real = stats.isSymbolicLink() ? realpathSync.native(path) : path;
    const target = lstatSync(real);
    const isInside = real === path || real.startsWith(`${realpathSync.native(root)}/`);
    if (!isInside || !target.isFile() || target.size > limits.maxDefinitionSize) return "as before";
    return readWhole({ path: "pack.yaml", real, size: target.size, executable: false }, undefined).bytes;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return "as before";
  }
}
