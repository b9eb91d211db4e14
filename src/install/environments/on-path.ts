import { join } from "node:path";
import { isSystemError } from "../../errors.ts";
import { listNames } from "../../platform/names.ts";

/** All programs on the PATH whose names match, absolute, in its order: the first of a directory is the first by `compare`. */
export function programsOnPath(
  path: string | undefined,
  pattern: RegExp,
  compare: (a: string, b: string) => number = byName,
): readonly string[] {
  const directories = new Set((path ?? "").split(":").filter((directory) => directory.startsWith("/")));
  return [...directories].flatMap((directory) =>
    namesIn(directory)
      .filter((name) => pattern.test(name))
      .sort(compare)
      .map((name) => join(directory, name)),
  );
}

function namesIn(directory: string): readonly string[] {
  try {
    return listNames(directory);
  } catch (error) {
    if (isSystemError(error)) return []; // it is not there, or not for us
    throw error;
  }
}

function byName(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
