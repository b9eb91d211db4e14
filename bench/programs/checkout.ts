import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "./polling.ts";

/*
 * A branch switch: `node checkout.ts <source> <volume> <generation>` replaces every file of a source by another one, as git does (the
 * old one is unlinked, the new one written), and waits until all of them are in the volume. Prints the milliseconds from the last
 * write until then.
 *
 * It looks at the file of each pack that was written last: a release that has it was made of what all others are by then.
 */

interface NewFile {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Buffer;
}

function main([source = "", volume = "", generation = ""]: readonly string[]): number {
  const packs = readdirSync(source).sort();
  const files = packs.map((pack) => filesIn(source, pack).map((path) => nextOf(source, path, generation)));
  for (const { path, mode, bytes } of files.flat()) {
    rmSync(join(source, path));
    writeFileSync(join(source, path), bytes, { mode });
  }
  const written = performance.now();
  for (const last of files.flatMap((each) => each.slice(-1))) {
    const published = join(volume, last.path);
    waitUntil(
      () => readFileSync(published).equals(last.bytes),
      `\`${last.path}\` to be in the volume as it was written`,
    );
  }
  return performance.now() - written;
}

/** In git's order. */
function filesIn(source: string, pack: string): readonly string[] {
  const entries = readdirSync(join(source, pack), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(source.length + 1)).sort();
}

function nextOf(source: string, path: string, generation: string): NewFile {
  const file = join(source, path);
  const bytes = Buffer.concat([readFileSync(file), Buffer.from(`\n# branch ${generation}\n`)]);
  return { path, mode: statSync(file).mode, bytes };
}

process.stdout.write(JSON.stringify(main(process.argv.slice(2))));
