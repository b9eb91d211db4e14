import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { environmentFailed } from "./failure.ts";
import { insidePack } from "./inside.ts";

/** A file of a pack that its environment depends on. */
export interface NeededFile {
  /** Relative to the pack. */
  readonly path: string;
  readonly content: Uint8Array;
}

export const REQUIREMENTS = "requirements.txt";

/** Together. */
const MOST_FILES = 100;
const MOST_BYTES = 4 * 2 ** 20;

/**
 * The requirements of a pack: `requirements.txt`, and what it includes by `-r` and `-c`. Included URLs are left to pip.
 *
 * @param root real
 * @throws PacksyncError when one of them is not there, or not in the pack
 */
export function readRequirements(root: string): readonly NeededFile[] {
  const found = new Map<string, NeededFile>();
  let bytes = 0;
  const read = (path: string): void => {
    if (found.has(path)) return;
    const file = join(root, path);
    const stats = statSync(file);
    if (!stats.isFile()) throw environmentFailed(`Expected \`${path}\` to be a file`);
    bytes += stats.size;
    if (found.size >= MOST_FILES || bytes > MOST_BYTES)
      throw environmentFailed(`Expected requirements of at most ${MOST_FILES} files and ${MOST_BYTES} bytes, got more`);
    const content = readFileSync(file);
    found.set(path, { path, content });
    for (const include of includesOf(content.toString("utf8"))) read(insidePack(root, dirname(path), include));
  };
  read(insidePack(root, ".", REQUIREMENTS));
  return [...found.values()];
}

/** As pip reads it: a line may go on in the next one, a comment begins the line or follows a blank. */
export function includesOf(text: string): readonly string[] {
  const lines = text.replaceAll(/\\\r?\n/g, "").split(/\r?\n|\r/);
  return lines.flatMap((line) => {
    const [, path] = INCLUDE.exec(line.replace(/(^|\s)#.*$/, "")) ?? [];
    return path === undefined || /^[a-z][a-z0-9+.-]+:\/\//i.test(path)
      ? []
      : [path.replaceAll(/^(["'])(.*)\1$/g, "$2")];
  });
}

const INCLUDE = /^\s*(?:-[rc]|--requirement|--constraint)(?:\s*=\s*|\s*)(\S.*?)\s*$/;
