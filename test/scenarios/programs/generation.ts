import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A text file whose every line names its generation: `lines` of them, so that half a file never looks whole. */
function lines(comment: string, path: string, generation: number, count: number): string {
  return `${comment} generation ${generation} of ${path}\n`.repeat(count);
}

/** Every file that a pack has in this generation. Some are bigger than a page; one, and one in a directory, come and go. */
export function filesOf(ref: string, generation: number): ReadonlyMap<string, string> {
  const text = (path: string, count = 2): [string, string] => [path, lines("#", path, generation, count)];
  return new Map([
    ["pack.yaml", `# generation ${generation} of pack.yaml\nref: ${ref}\nlabel: ${ref}\nversion: 1.0.${generation}\n`],
    ["actions/echo.sh", `#!/bin/sh\n${lines("#", "actions/echo.sh", generation, 20)}`],
    [
      "actions/echo.yaml",
      `# generation ${generation} of actions/echo.yaml\nname: echo\ndescription: Says it.\nrunner_type: shell\nentry_point: echo.sh\n`,
    ],
    text("lib/large.txt", 300),
    text("lib/page.txt", 140),
    text("lib/small.txt"),
    text("sensors/native"),
    text("README.md"),
    text("tests/one.txt"),
    text("tests/two.txt"),
    ...(generation % 2 === 0 ? [text("lib/sometimes.txt", 150)] : []),
    ...(generation % 3 === 0 ? [text("etc/rarely/inside.txt")] : []),
  ]);
}

/** What every generation has. */
export const ALWAYS: readonly string[] = [...filesOf("any", 1).keys()];

/** What somebody else keeps in a pack. */
export const FOREIGN = ".venv/pyvenv.cfg";

/** Which generation a file is of, by its bytes; `undefined` for anything but one whole file of one generation. */
export function generationOf(ref: string, path: string, content: string): number | undefined {
  const generation = Number(/# generation (\d+) of /.exec(content)?.[1]);
  return filesOf(ref, generation).get(path) === content ? generation : undefined;
}

/** Makes a pack's source be this generation. */
export function writeSource(directory: string, ref: string, generation: number): void {
  mkdirSync(directory, { recursive: true });
  for (const gone of ["lib/sometimes.txt", "etc"]) rmSync(`${directory}/${gone}`, { recursive: true, force: true });
  for (const [path, content] of filesOf(ref, generation)) write(`${directory}/${path}`, content);
}

/** Which generation is live, as its `pack.yaml` says. */
export function liveGeneration(pack: string): number {
  return Number(/# generation (\d+) /.exec(readFileSync(`${pack}/pack.yaml`, "utf8"))?.[1]);
}

/** Writes a file, and makes the directories above it. */
export function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** As careful programs write: beside it, then over it in one step. */
export function replaceFile(path: string, content: string | Uint8Array, temporary = `${path}.tmp`): void {
  write(temporary, content);
  renameSync(temporary, path);
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
