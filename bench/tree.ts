import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { staticElf } from "./content/elf.ts";
import { markdown, pythonScript, shellScript } from "./content/scripts.ts";
import { actionYaml, packYaml, ruleYaml, triggerYaml } from "./content/yaml.ts";
import { type Random, seeded } from "./random.ts";

/** How many packs make a tree of that many files. */
export const SIZES = { "1k": 20, "10k": 200, "100k": 2_000 } as const;
export type Size = keyof typeof SIZES;

export const FILES_PER_PACK = 50;

/** Changing it changes every file of every tree. */
const SEED = 20_260_601;

/** One file to write: `path` inside the pack, `mode` 0o644 or 0o755. */
interface TreeFile {
  readonly path: string;
  readonly mode: number;
  readonly content: string | Buffer;
}

/**
 * Writes the tree of a size below `root`: the same bytes for the same size, and a pack is the same in every size.
 *
 * The files are as young as the call: wait more than a second before measuring anything that looks at their times.
 */
export async function writeTree(root: string, size: Size, abort: AbortSignal): Promise<void> {
  for (let index = 0; index < SIZES[size]; index += 1) {
    writePack(join(root, packRef(index)), packFiles(index));
    await nextTurn(); // lets a signal through
    abort.throwIfAborted();
  }
}

/**
 * Changes one action definition in place (same inode, other bytes, still valid), in another pack for each `edit`.
 *
 * @returns the ref of the pack that is different now
 */
export function editOneFile(root: string, size: Size, edit: number): string {
  const ref = packRef((edit * 37) % SIZES[size]);
  const file = join(root, ref, "actions", "action_03.yaml");
  const before = readFileSync(file, "utf8");
  const after = before.replace(/^description: .*$/m, `description: "Edited by the bench, ${edit}"`);
  if (after === before) throw new Error(`Expected \`${file}\` to have a description other than that of edit ${edit}`);
  writeFileSync(file, after);
  return ref;
}

export const LARGE_PACK = "bench_large";
const LARGE_PACK_PARTS = 20;

/** One pack of 1,000 files, in which every file but `pack.yaml` is another one in another `generation`. */
export function writeLargePack(root: string, generation: number): void {
  const parts = Array.from({ length: LARGE_PACK_PARTS }, (_, index) => packFiles(index).slice(1));
  const files = parts.flatMap((part, index) =>
    part.map(({ path, mode, content }) => {
      const bytes = Buffer.concat([Buffer.from(content), Buffer.from(`\n${generation}\n`)]);
      return { path: `data/${index}/${path}`, mode, content: bytes };
    }),
  );
  writePack(join(root, LARGE_PACK), [plain("pack.yaml", packYaml(seeded(SEED), LARGE_PACK)), ...files]);
}

/** What `validate` is measured on. */
export const DEFINITIONS = { packs: 1_000, files: 10_000 } as const;

/** 1,000 packs of 10 definitions each: `pack.yaml`, 7 actions with their scripts, a trigger and a rule. */
export async function writeDefinitions(root: string, abort: AbortSignal): Promise<void> {
  for (let index = 0; index < DEFINITIONS.packs; index += 1) {
    const random = seeded(SEED + index * 7_919);
    const pack = packRef(index);
    writePack(join(root, pack), definitionFiles(random, pack, 7, 1));
    await nextTurn();
    abort.throwIfAborted();
  }
}

/** One pack of 100 files: `pack.yaml`, 44 actions with their scripts, 5 triggers, 5 rules and a page. */
export function writeHundred(root: string): void {
  const random = seeded(SEED);
  const pack = "bench_hundred";
  const page = plain("README.md", markdown(random, pack));
  writePack(root, [...definitionFiles(random, pack, 44, 5), page]);
}

function definitionFiles(random: Random, pack: string, actions: number, events: number): readonly TreeFile[] {
  return [
    plain("pack.yaml", packYaml(random, pack)),
    ...numbered(actions).flatMap((n) => actionFiles(random, pack, n)),
    ...numbered(events).flatMap((n) => eventFiles(random, pack, n)),
  ];
}

function writePack(root: string, files: readonly TreeFile[]): void {
  for (const directory of new Set(files.map(({ path }) => dirname(join(root, path))))) {
    mkdirSync(directory, { recursive: true });
  }
  for (const { path, mode, content } of files) writeFileSync(join(root, path), content, { mode });
}

function packRef(index: number): string {
  return `bench_${String(index).padStart(4, "0")}`;
}

/** 20 YAML files, 25 scripts, 5 pages; in one pack of forty a static binary stands in for a page. */
function packFiles(index: number): readonly TreeFile[] {
  const random = seeded(SEED + index * 7_919);
  const pack = packRef(index);
  return [
    { path: "pack.yaml", mode: 0o644, content: packYaml(random, pack) },
    ...numbered(15).flatMap((n) => actionFiles(random, pack, n)),
    ...numbered(2).flatMap((n) => eventFiles(random, pack, n)),
    ...numbered(6).map((n) => plain(`lib/module_${n}.py`, pythonScript(random, undefined))),
    ...numbered(4).map((n) => executable(`tests/test_${n}.py`, pythonScript(random, PYTHON))),
    plain("README.md", markdown(random, pack)),
    plain("CHANGELOG.md", markdown(random, `Changes of ${pack}`)),
    ...numbered(2).map((n) => plain(`docs/page_${n}.md`, markdown(random, `Page ${n}`))),
    index % 40 === 7
      ? executable(`bin/${pack}-agent`, staticElf(random))
      : plain("docs/page_03.md", markdown(random, "Page 3")),
  ];
}

const PYTHON = "#!/usr/bin/env python3";

function actionFiles(random: Random, pack: string, n: string): readonly TreeFile[] {
  const name = `action_${n}`;
  const isPython = random() < 0.5;
  const entryPoint = `${name}.${isPython ? "py" : "sh"}`;
  return [
    plain(`actions/${name}.yaml`, actionYaml(random, { pack, name }, entryPoint)),
    executable(`actions/${entryPoint}`, isPython ? pythonScript(random, PYTHON) : shellScript(random)),
  ];
}

function eventFiles(random: Random, pack: string, n: string): readonly TreeFile[] {
  const trigger = `trigger_${n}`;
  const rule = ruleYaml(random, { pack, name: `rule_${n}` }, trigger, `action_${n}`);
  return [
    plain(`triggers/${trigger}.yaml`, triggerYaml(random, { pack, name: trigger })),
    plain(`rules/rule_${n}.yaml`, rule),
  ];
}

/** `01`, `02`, … */
function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1).padStart(2, "0"));
}

function plain(path: string, content: string): TreeFile {
  return { path, mode: 0o644, content };
}

function executable(path: string, content: string | Buffer): TreeFile {
  return { path, mode: 0o755, content };
}
