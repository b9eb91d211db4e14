import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Bench } from "./cases.ts";
import { type Contender, measurePeakMemory, timeAlternately } from "./measure.ts";
import type { Command } from "./process.ts";
import { type Measurement, SUBJECT } from "./targets.ts";
import { DEFINITIONS, writeDefinitions, writeHundred } from "./tree.ts";

type Samples = Measurement["samples"];

/** `validate` as a whole process, against a Python that merely parses the same definitions; `undefined`: there is none. */
export async function validateCold(bench: Bench): Promise<Samples | undefined> {
  if (!hasPyYaml()) return undefined;
  const { packs, report } = await prepare(bench);
  const parsed = join(bench.root, "work", "parsed");
  const validating: Contender<typeof SUBJECT> = {
    name: SUBJECT,
    command: validateCommand(bench, packs, report),
    after: async () => expectValid(report),
  };
  const parsing: Contender<"CSafeLoader"> = {
    name: "CSafeLoader",
    command: { ...validating.command, program: "python3", args: ["-c", PARSE, packs], stdout: parsed },
    after: async () => expectParsed(parsed),
  };
  return await timeAlternately<typeof SUBJECT | "CSafeLoader">([validating, parsing], bench);
}

export async function validateMemory(bench: Bench): Promise<Samples> {
  const { packs, report } = await prepare(bench);
  const after = async () => expectValid(report);
  const contender = { name: SUBJECT, command: validateCommand(bench, packs, report), after } as const;
  return await measurePeakMemory(contender, { ...bench, runs: Math.min(bench.runs, 3) });
}

/** A process that stays looks at the same packs again, and knows what it found. */
export async function validateWarm(bench: Bench): Promise<Samples> {
  const times = await inProcess(bench);
  return new Map([
    [SUBJECT, times.map(({ warm }) => warm)],
    ["own cold", times.map(({ cold }) => cold)],
  ] as const);
}

/** One definition in a pack of 100 files was saved: until the pack is judged again, in a process that stays. */
export async function validateEdit(bench: Bench): Promise<Samples> {
  const times = await inProcess(bench);
  return new Map([[SUBJECT, times.flatMap(({ edits }) => edits)]]);
}

/** What PyYAML's C loader needs for the definitions alone. */
const PARSE = `
import os, sys, yaml
count = 0
for directory, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".yaml"):
            with open(os.path.join(directory, name), "rb") as file:
                yaml.load(file, Loader=yaml.CSafeLoader)
            count += 1
print(count)
`;

function hasPyYaml(): boolean {
  try {
    execFileSync("python3", ["-c", "import yaml; yaml.CSafeLoader"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export async function prepare({ root, abort }: Bench) {
  const packs = join(root, "definitions");
  if (!existsSync(packs)) await writeDefinitions(packs, abort);
  return { packs, report: join(root, "work", "validation.json") };
}

function validateCommand({ root, node, program }: Bench, packs: string, stdout: string): Command {
  return { program: node, args: [program, "validate", packs, "--format", "json"], cwd: join(root, "work"), stdout };
}

function expectValid(report: string): void {
  const { packs, totals } = JSON.parse(readFileSync(report, "utf8"));
  if (packs.length === DEFINITIONS.packs && totals.error + totals.warning + totals.hint === 0) return;
  throw new Error(
    `Expected ${DEFINITIONS.packs} packs without a finding, got ${packs.length}: ${JSON.stringify(totals)}`,
  );
}

function expectParsed(file: string): void {
  const count = Number(readFileSync(file, "utf8"));
  if (count !== DEFINITIONS.files)
    throw new Error(`Expected ${DEFINITIONS.files} definitions to be parsed, got ${count}`);
}

interface InProcess {
  readonly cold: number;
  readonly warm: number;
  readonly edits: readonly number[];
}

/** Each run is a process of its own. */
async function inProcess(bench: Bench): Promise<readonly InProcess[]> {
  const { packs, report } = await prepare(bench);
  const hundred = join(bench.root, "hundred", "bench_hundred");
  writeHundred(hundred);
  const script = resolve(import.meta.dirname, "in-process.ts");
  const command = {
    program: bench.node,
    args: [script, packs, hundred],
    cwd: join(bench.root, "work"),
    stdout: report,
  };
  const found: InProcess[] = [];
  const after = async () => void found.push(JSON.parse(readFileSync(report, "utf8")));
  await timeAlternately([{ name: SUBJECT, command, after }], bench);
  return found.slice(1); // the warm-up
}
