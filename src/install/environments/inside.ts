import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { isSystemError } from "../../errors.ts";
import { environmentFailed } from "./failure.ts";

/**
 * A path in a pack, after resolving links.
 *
 * @param root real
 * @returns relative to the pack
 * @throws PacksyncError when it is not there, or leads out of the pack
 */
export function insidePack(root: string, from: string, path: string): string {
  const real = realPath(resolve(root, from, path));
  const inside = real === undefined ? ".." : relative(root, real);
  if (real !== undefined && !isAbsolute(inside) && inside !== ".." && !inside.startsWith(`..${sep}`)) return inside;
  const got = real === undefined ? "nothing there" : "what is outside";
  throw environmentFailed(`Expected \`${path}\` to be in the pack, got ${got}`);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
