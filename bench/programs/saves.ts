import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { between, pick, type Random, seeded } from "../random.ts";
import { sleep, waitUntil } from "./polling.ts";

/*
 * A person at work: `node saves.ts <source> <volume> <saves> <who>` saves one file of one pack as editors do (a temporary name,
 * then a rename), waits until the volume has these bytes, pauses, and goes on with another pack. Prints the milliseconds from each
 * rename until then as one JSON document. The same files for everybody; `who` makes the bytes different.
 */

/** Nobody saves four packs within a quarter of a second, and nobody in step with anybody's timer. */
const PAUSE_MS = { min: 300, max: 500 };
const SEED = 20_260_602;

function main([source = "", volume = "", saves = "", who = ""]: readonly string[]): readonly number[] {
  const random = seeded(SEED);
  const packs = readdirSync(source).sort();
  return Array.from({ length: Number(saves) }, (_, index) => {
    sleep(between(random, PAUSE_MS.min, PAUSE_MS.max));
    return save(someFile(packs, random), { source, volume, mark: `\n# save ${index} for ${who}\n` });
  });
}

function someFile([first = "", ...others]: readonly string[], random: Random): string {
  return join(
    pick(random, [first, ...others]),
    "actions",
    `action_${String(between(random, 1, 15)).padStart(2, "0")}.yaml`,
  );
}

interface Where {
  readonly source: string;
  readonly volume: string;
  readonly mark: string;
}

function save(path: string, { source, volume, mark }: Where): number {
  const file = join(source, path);
  const published = join(volume, path);
  const bytes = Buffer.concat([readFileSync(file), Buffer.from(mark)]);
  const temporary = `${file}___jb_tmp___`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, file);
  const saved = performance.now();
  waitUntil(() => readFileSync(published).equals(bytes), `\`${path}\` to be in the volume as it was saved`);
  return performance.now() - saved;
}

process.stdout.write(JSON.stringify(main(process.argv.slice(2))));
