import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { lstatIfAny } from "../platform/absence.ts";
import { fsPath, listNames } from "../platform/names.ts";
import type { Checksum } from "./checksum.ts";

/** Of a directory as the platform has it: sha256 over each file's path and bytes, in order of the paths. A link counts with its target. */
export function treeChecksum(root: string): Checksum {
  const hash = createHash("sha256");
  for (const path of filesIn(root, "").sort()) {
    const file = fsPath(join(root, path));
    hash.update(fsPath(path));
    hash.update(lstatIfAny(join(root, path))?.isSymbolicLink() ? readlinkSync(file, "buffer") : readFileSync(file));
  }
  return { algorithm: "sha256", hex: hash.digest("hex") };
}

function filesIn(root: string, directory: string): string[] {
  return listNames(join(root, directory)).flatMap((name) => {
    const path = join(directory, name);
    return lstatIfAny(join(root, path))?.isDirectory() ? filesIn(root, path) : [path];
  });
}
