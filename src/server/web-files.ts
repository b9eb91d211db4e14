import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { errnoOf } from "../errors.ts";
import { sha256 } from "../platform/sha256.ts";

/** A built file of the dashboard, as it is and compressed. */
export interface WebFile {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
}

/** By its path below the directory: `index.html`, `assets/index-CcCqNkEA.js`. */
export type WebFiles = ReadonlyMap<string, WebFile>;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/**
 * All of them, a few hundred kilobytes: what is asked for is looked up among names that are known, and no path of a request ever meets the file system.
 *
 * @returns `undefined`: nobody has built them
 */
export function readWebFiles(directory: URL): WebFiles | undefined {
  const names = namesIn(directory);
  if (!names.includes("index.html")) return undefined;
  const read = (name: string): Buffer => readFileSync(new URL(name, directory));
  const compressed = (name: string): Buffer | undefined => (names.includes(name) ? read(name) : undefined);
  return new Map(
    names.flatMap((name) => {
      const type = TYPES[extname(name)];
      if (type === undefined) return [];
      const plain = read(name);
      const etag = `"${sha256(plain).slice(0, 32)}"`;
      return [[name, { type, etag, plain, br: compressed(`${name}.br`), gzip: compressed(`${name}.gz`) }] as const];
    }),
  );
}

function namesIn(directory: URL): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}
