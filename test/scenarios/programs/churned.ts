import { createHash } from "node:crypto";
import { closeSync, constants, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isLitter } from "../../../src/pack/layout.ts";

/** Where packs are made, and moved to and fro. */
export const SOURCES = ["packs", "packs.dev"] as const;

/** The packs that are one program's own: nobody else moves, removes, or breaks them. */
export function refsOf(index: number): string[] {
  return ["a", "b", "c", "d"].map((letter) => `churn_${index}${letter}`);
}

/** Path → mode and digest of every file below a directory. @throws when one goes meanwhile */
function filesBelow(directory: string): Readonly<Record<string, string>> {
  return entriesBelow(directory, ({ executable }) => executable);
}

/** The same as packsync publishes them: a script is executable, whatever its source says. */
export function publishedFrom(directory: string): Readonly<Record<string, string>> {
  return entriesBelow(directory, ({ executable, content }) => executable || content.subarray(0, 2).toString() === "#!");
}

interface Seen {
  readonly executable: boolean;
  readonly content: Buffer;
}

function entriesBelow(directory: string, isExecutable: (file: Seen) => boolean): Readonly<Record<string, string>> {
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    paths.flatMap((path) => {
      const stats = statSync(`${directory}/${path}`);
      if (!stats.isFile() || path.split("/").some(isLitter)) return [];
      const content = readFileSync(`${directory}/${path}`);
      const mode = isExecutable({ executable: (stats.mode & 0o111) !== 0, content }) ? 0o755 : 0o644;
      return [[path, entry(mode, createHash("sha256").update(content).digest("hex"))]];
    }),
  );
}

function entry(mode: number, digest: string): string {
  return `${mode.toString(8)} ${digest}`;
}

/** All releases of a pack that history remembers, or did when it was asked before. */
export function createHistory(volume: string) {
  const known = new Map<string, Set<string>>();
  const seen = new Set<string>();
  return {
    /** Whether these files are exactly what one release has. */
    has(ref: string, files: Readonly<Record<string, string>>): boolean {
      const releases = known.get(ref) ?? new Set<string>();
      known.set(ref, releases);
      const text = JSON.stringify(files);
      if (!releases.has(text))
        for (const release of readNew(`${volume}/.packsync/releases/${ref}`, seen)) releases.add(release);
      return releases.has(text);
    },
  };
}

function readNew(directory: string, seen: Set<string>): string[] {
  const names = readdirSync(directory).filter((name) => name.endsWith(".json") && !seen.has(`${directory}/${name}`));
  return names.map((name) => {
    const { files }: { files: Record<string, { mode: number; digest: string }> } = JSON.parse(
      readFileSync(`${directory}/${name}`, "utf8"),
    );
    seen.add(`${directory}/${name}`);
    const paths = Object.keys(files).sort();
    return JSON.stringify(
      Object.fromEntries(paths.map((path) => [path, entry(files[path]?.mode ?? 0, files[path]?.digest ?? "")])),
    );
  });
}

/** What stands in a directory that is opened once; `undefined`: there is none. */
export function readThroughHandle(path: string): Readonly<Record<string, string>> | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
  try {
    return filesBelow(`/proc/self/fd/${fd}/.`);
  } finally {
    closeSync(fd);
  }
}
