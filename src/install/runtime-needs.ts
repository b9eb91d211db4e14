import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isAbsent, isMapping, type Mapping } from "../pack/mapping.ts";
import { versionRange } from "../pack/version-range.ts";
import { lstatIfAny } from "../platform/absence.ts";
import type { RuntimeNeeds } from "./stages.ts";
import { versionText } from "./version-text.ts";
import { expected, readEntries, type Wanted } from "./wanted.ts";

export interface NeedsReading {
  readonly needs: RuntimeNeeds;
  /** What could not be read: a sentence each. */
  readonly problems: readonly string[];
}

/** Of a `package.json`; in bytes. */
const MAX_PACKAGE = 2 ** 20;

/**
 * What a pack needs of runtimes. Of all places that name a version the first one counts: `python` and `nodejs`; the versions that a
 * registry's index has in `dependencies`; StackStorm's `python_versions`; `runtime_deps`; `engines` of `package.json`.
 *
 * @param root the pack's directory
 */
export function readRuntimeNeeds(manifest: Mapping, root: string): NeedsReading {
  const { wanted, problems } = readEntries(manifest["runtime_deps"], "runtime_deps");
  const requirementsFile = fileIn(root, "requirements.txt");
  const packageFile = fileIn(root, "package.json");
  const engines = packageFile === undefined ? undefined : enginesOf(packageFile);
  const python = versionFrom("python", [
    manifest["python"],
    ofIndex(manifest, "python_version"),
    newest(manifest["python_versions"]),
    specOf(wanted, /^python3?$/i),
  ]);
  const nodejs = versionFrom("nodejs", [
    manifest["nodejs"],
    ofIndex(manifest, "nodejs_version"),
    specOf(wanted, /^node(\.?js)?$/i),
    engines?.node,
  ]);
  const hasPython = python.isNamed || requirementsFile !== undefined;
  const hasNode = nodejs.isNamed || packageFile !== undefined || fileIn(root, "package-lock.json") !== undefined;
  return {
    needs: {
      python: hasPython ? { version: python.version, requirementsFile } : undefined,
      nodejs: hasNode ? { version: nodejs.version, packageFile } : undefined,
    },
    problems: [problems, python.problems, nodejs.problems, engines?.problems ?? []].flat(),
  };
}

/** A link may lead out of the pack. */
function fileIn(root: string, name: string): string | undefined {
  const path = join(root, name);
  return lstatIfAny(path)?.isFile() === true ? path : undefined;
}

function ofIndex({ dependencies }: Mapping, key: string): unknown {
  return isMapping(dependencies) ? dependencies[key] : undefined;
}

/** StackStorm names major versions; whoever runs with several gets the newest. */
function newest(given: unknown): unknown {
  return Array.isArray(given)
    ? given
        .flatMap((each) => versionText(each) ?? [])
        .sort()
        .at(-1)
    : given;
}

function specOf(wanted: readonly Wanted[], name: RegExp): string | undefined {
  return wanted.find((each) => name.test(each.name))?.spec;
}

interface Version {
  /** Somebody says that the runtime is needed. */
  readonly isNamed: boolean;
  readonly version: string | undefined;
  readonly problems: readonly string[];
}

function versionFrom(runtime: string, places: readonly unknown[]): Version {
  const named = places.filter((place) => !isAbsent(place) && place !== "");
  const given = named.find((place) => place !== "*");
  if (given === undefined) return { isNamed: named.length > 0, version: undefined, problems: [] };
  const version = versionText(isMapping(given) ? given["version"] : given);
  if (version !== undefined && versionRange(version) !== undefined)
    return { isNamed: true, version: version || undefined, problems: [] };
  const problem = expected(`the version of \`${runtime}\` as text, such as \`">=3.9"\``, given);
  return { isNamed: true, version: undefined, problems: [problem] };
}

function enginesOf(file: string): { readonly node: string | undefined; readonly problems: readonly string[] } {
  try {
    const value: unknown = JSON.parse(readText(file));
    const engines = isMapping(value) ? value["engines"] : undefined;
    const node = isMapping(engines) ? engines["node"] : undefined;
    // npm minds nothing that it cannot read here.
    return { node: typeof node === "string" && versionRange(node) !== undefined ? node : undefined, problems: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { node: undefined, problems: [`Expected \`package.json\` to be JSON, got ${reason.slice(0, 200)}`] };
  }
}

function readText(file: string): string {
  const size = lstatIfAny(file)?.size ?? 0;
  if (size > MAX_PACKAGE) throw new Error(`${size} bytes, more than ${MAX_PACKAGE}`);
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}
