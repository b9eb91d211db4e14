import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Makes, moves, fills and removes directories at random below a source, as do others at the same time. */
const [root = ".", seed = "1", count = "300"] = process.argv.slice(2);
let state = Number(seed);

function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % below;
}

function anyDirectory(): string {
  let path = `${root}/p${random(6)}`;
  for (let depth = random(4); depth > 0; depth--) path += `/d${random(3)}`;
  return path;
}

const operations = [
  () => mkdirSync(anyDirectory(), { recursive: true }),
  () => mkdirSync(anyDirectory(), { recursive: true }),
  () => renameSync(anyDirectory(), anyDirectory()),
  () => writeFileSync(`${anyDirectory()}/f${random(3)}`, "text"),
  () => rmSync(anyDirectory(), { recursive: true, force: true }),
  () => readdirSync(root),
];

for (let done = 0; done < Number(count); done++) {
  try {
    operations[random(operations.length)]?.();
  } catch {
    // Somebody else was faster, or there is no such directory.
  }
}
