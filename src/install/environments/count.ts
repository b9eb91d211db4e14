import { join } from "node:path";
import { lstatIfAny } from "../../platform/absence.ts";
import { listNames } from "../../platform/names.ts";

/** The packages that are installed in a virtual environment, each as `<name>-<version>`. */
export function distributionsIn(environment: string): ReadonlySet<string> {
  const lib = join(environment, "lib");
  const pythons = namesIn(lib).filter((name) => name.startsWith("python"));
  const installed = pythons.flatMap((name) => namesIn(join(lib, name, "site-packages")));
  return new Set(installed.flatMap((name) => /^(.+)\.(dist|egg)-info$/.exec(name)?.[1] ?? []));
}

/** What a virtual environment has from its beginning. */
const SEED = /^(pip|setuptools)-/;

/** Of an environment that somebody else made. */
export function countDistributions(environment: string): number {
  return [...distributionsIn(environment)].filter((name) => !SEED.test(name)).length;
}

/** The packages below a `node_modules`, those that packages have for themselves, too. */
export function countPackages(modules: string): number {
  const names = namesIn(modules).filter((name) => !name.startsWith("."));
  const packages = names.flatMap((name) =>
    name.startsWith("@") ? namesIn(join(modules, name)).map((inner) => join(name, inner)) : [name],
  );
  return packages.reduce((total, name) => {
    const path = join(modules, name);
    if (lstatIfAny(join(path, "package.json")) === undefined) return total;
    // What a link leads to is counted where it is.
    return total + 1 + (lstatIfAny(path)?.isDirectory() === true ? countPackages(join(path, "node_modules")) : 0);
  }, 0);
}

function namesIn(directory: string): readonly string[] {
  return lstatIfAny(directory)?.isDirectory() === true ? listNames(directory) : [];
}
