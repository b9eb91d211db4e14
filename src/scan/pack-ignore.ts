import { lstatSync } from "node:fs";
import ignore, { type Ignore } from "ignore";
import { readWhole } from "./read.ts";
import { cannotRead, record, refuse, type Walk } from "./walking.ts";

/**
 * What a pack keeps out of its releases: patterns as in `.gitignore`. One that is no regular file is not opened, and one
 * that cannot be read stops the pack: what it names must not be published.
 */
export function readPackIgnore(walk: Walk): Ignore | undefined {
  const real = `${walk.root}/.packignore`;
  try {
    const stats = lstatSync(real);
    record(walk, real, stats);
    if (stats.isFile() && stats.size <= walk.limits.maxDefinitionSize) {
      const { bytes } = readWhole({ path: ".packignore", real, size: stats.size, executable: false }, undefined);
      return ignore({ ignorecase: false }).add(Buffer.from(bytes).toString("utf8"));
    }
    if (stats.isFile()) refuseSize(walk, stats.size);
    else refuse(walk, ".packignore", "source.unreadable", "expected a regular file", "Make it a regular file.");
  } catch (error) {
    cannotRead(walk, ".packignore", error);
  }
  return undefined;
}

function refuseSize(walk: Walk, size: number): void {
  const problem = `expected at most ${walk.limits.maxDefinitionSize} bytes, got ${size}`;
  refuse(walk, ".packignore", "limits.definition_size", problem, "Name directories instead of files.");
}
