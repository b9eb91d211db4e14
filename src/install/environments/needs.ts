import { join } from "node:path";
import { lstatIfAny } from "../../platform/absence.ts";
import { readManifest } from "../pack-root.ts";
import { environmentFailed } from "./failure.ts";
import { namesPackages, PACKAGE } from "./package-files.ts";
import { REQUIREMENTS } from "./requirements.ts";
import type { Runtime } from "./shelf.ts";
import { ANY_VERSION, type Wanted, wantedVersion } from "./wanted.ts";

/** Which environments a pack needs: it has a file that says what is to be installed. */
export function runtimesOf(root: string): readonly Runtime[] {
  const has = (name: string): boolean => lstatIfAny(join(root, name)) !== undefined;
  return [
    ...(has(REQUIREMENTS) ? (["python"] as const) : []),
    ...(has(PACKAGE) && namesPackages(root) ? (["nodejs"] as const) : []),
  ];
}

/**
 * Which version of a runtime a pack wants: its own word goes before what is `preferred`.
 *
 * @throws PacksyncError for what is no version
 */
export function wantedBy(root: string, runtime: Runtime, preferred: string | undefined): Wanted {
  const own = saidBy(root, runtime);
  const text = own ?? preferred ?? "";
  const wanted = text.trim() === "" ? ANY_VERSION : wantedVersion(text);
  if (wanted !== undefined) return wanted;
  const where = own === undefined ? "the preferred version" : `\`${runtime}\` in pack.yaml`;
  throw environmentFailed(`Expected ${where} to be a version or a range, such as \`>=3.9\`, got \`${text}\``);
}

/** Attune's `python` and `nodejs`; StackStorm's `python_versions`, each of which will do. */
function saidBy(root: string, runtime: Runtime): string | undefined {
  const check = readManifest(root);
  const manifest = check.ok && typeof check.value === "object" && check.value !== null ? check.value : {};
  const { [runtime]: said, python_versions: versions }: Readonly<Record<string, unknown>> = { ...manifest };
  if (typeof said === "string" || typeof said === "number") return String(said);
  if (runtime !== "python" || !Array.isArray(versions) || versions.length === 0) return undefined;
  return versions.map((version) => `${version}.x`).join(" || ");
}
