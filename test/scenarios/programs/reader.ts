// Reads packs for ever and judges what it sees: node reader.ts <mode> <volume> <ref>…
import { closeSync, constants, openSync, readdirSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { setImmediate } from "node:timers/promises";
import { ALWAYS, FOREIGN, filesOf, generationOf } from "./generation.ts";
import { serve } from "./serve.ts";

/** `chdir` and `handle` open the pack's directory once and must see one release; `path` walks by absolute path. */
export type ReaderMode = "chdir" | "handle" | "path";

export interface Seen {
  readonly reads: number;
  /** How many different generations it met. */
  readonly generations: number;
  readonly violations: readonly string[];
}

setPriority(10); // two cores have to do: the publisher comes first

const [mode, volume = "", ...refs] = process.argv.slice(2);
const violations: string[] = [];
const met = new Set<string>();
let reads = 0;
let isStopped = false;

serve(async (question: "start" | "stop"): Promise<Seen> => {
  isStopped = question === "stop";
  if (question === "start") void readOn();
  return { reads, generations: met.size, violations: violations.slice(0, 20) };
});

async function readOn(): Promise<void> {
  while (!isStopped) {
    for (const ref of refs) readOnce(ref);
    await setImmediate();
  }
}

function readOnce(ref: string): void {
  if (mode === "path") {
    readByPath(ref);
    return;
  }
  const started = performance.now();
  const found = mode === "chdir" ? readInside(ref) : readThroughHandle(ref);
  if (performance.now() - started < SAFE_MS) violations.push(...found);
}

/** History lets go of trees after four seconds (see publisher.ts): whoever was not run for nearly as long has no promise. */
const SAFE_MS = 3000;

function readInside(ref: string): string[] {
  process.chdir(`${volume}/${ref}`);
  const found = readRelease(ref, ".");
  process.chdir(volume);
  return found;
}

function readThroughHandle(ref: string): string[] {
  const fd = openSync(`${volume}/${ref}`, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return readRelease(ref, `/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

/** Everything in the tree, which must be one generation: each file whole, none missing, none too many. */
function readRelease(ref: string, directory: string): string[] {
  const first = attempt(() => readFileSync(`${directory}/pack.yaml`, "utf8"));
  const generation = first === undefined ? undefined : generationOf(ref, "pack.yaml", first);
  if (generation === undefined) return [`${ref}: pack.yaml is ${JSON.stringify(first)}`];
  met.add(`${ref} ${generation}`);
  const expected = filesOf(ref, generation);
  const names = attempt(() => readdirSync(`${directory}/lib`).sort()) ?? [];
  const wanted = [...expected.keys()]
    .filter((path) => path.startsWith("lib/"))
    .map((path) => path.slice("lib/".length));
  const found = names.join() === wanted.sort().join() ? [] : [`${ref} ${generation}: lib/ has ${names}`];
  for (const [path, content] of expected) {
    reads++;
    const there = attempt(() => readFileSync(`${directory}/${path}`, "utf8"));
    if (there !== content) found.push(`${ref} ${generation}: ${path} is ${describe(there)}`);
  }
  return found;
}

const latest = new Map<string, number>();

function readByPath(ref: string): void {
  for (const path of [...ALWAYS, FOREIGN]) {
    reads++;
    const content = attempt(() => readFileSync(`${volume}/${ref}/${path}`, "utf8"));
    if (content === undefined) violations.push(`${ref}/${path} was missing`);
    else if (path !== FOREIGN) judge(ref, path, content);
  }
}

function judge(ref: string, path: string, content: string): void {
  const generation = generationOf(ref, path, content);
  const before = latest.get(ref) ?? 0;
  if (generation === undefined) violations.push(`${ref}/${path} was no whole file: ${describe(content)}`);
  else if (generation < before) violations.push(`${ref}/${path} went back from ${before} to ${generation}`);
  else latest.set(ref, generation);
  met.add(`${ref} ${generation}`);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function describe(content: string | undefined): string {
  return content === undefined ? "missing" : `${content.length} characters: ${JSON.stringify(content.slice(0, 60))}`;
}
