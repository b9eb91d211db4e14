import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { errnoOf } from "../errors.ts";
import { withoutSecrets } from "../install/shown-url.ts";
import { Refusal } from "./refusal.ts";

/** Which directories requests may mean. */
export interface RootSettings {
  /** Said by a person: links among them count as where they lead. */
  readonly directories: readonly string[];
  /** Where anybody may make a link: it must be none. */
  readonly temporary: readonly string[];
  /** Packsync's own, below others. */
  readonly closed: readonly string[];
}

export interface Roots {
  /**
   * Where a path leads, without links. It need not be there.
   *
   * RACE: who may write below a root can make a link of what was none a moment ago; they could write there anyway.
   *
   * @param name as the request calls it
   * @throws Refusal 400 for one that is not below a root
   */
  inside(path: string, name: string): string;
}

export function openRoots(settings: RootSettings): Roots {
  return {
    inside(path, name) {
      const real = isAbsolute(path) && !path.includes("\0") ? realPath(resolve(path)) : undefined;
      if (real !== undefined && isInside(real, settings)) return real;
      const roots = [...settings.directories, ...settings.temporary].map((root) => `\`${root}\``).join(", ");
      const got = JSON.stringify(withoutSecrets(path).slice(0, 200)).slice(1, -1);
      throw new Refusal(
        400,
        `Expected \`${name}\` to be an absolute path below one of ${roots}, got \`${got}\`.`,
        HINT,
      );
    },
  };
}

const HINT = "`server.roots` says which directories requests may use.";

function isInside(real: string, { directories, temporary, closed }: RootSettings): boolean {
  const roots = [...directories.map((root) => realPath(resolve(root))), ...temporary.map(withoutLastLink)];
  const isBelow = (roots: readonly (string | undefined)[]) =>
    roots.some((root) => root !== undefined && contains(root, real));
  return isBelow(roots) && !isBelow(closed.map((path) => realPath(resolve(path))));
}

function withoutLastLink(path: string): string | undefined {
  const parent = realPath(dirname(path));
  return parent === undefined ? undefined : join(parent, basename(path));
}

function contains(outer: string, inner: string): boolean {
  const way = relative(outer, inner);
  return way !== ".." && !way.startsWith("../");
}

/** @returns `undefined` where a link leads nowhere, or nobody lets us look */
function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" || isThere(path)) return undefined;
    const parent = dirname(path);
    const real = parent === path ? undefined : realPath(parent);
    return real === undefined ? undefined : join(real, basename(path));
  }
}

/** A link that leads nowhere: what is made by its name appears elsewhere. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
