import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, runCase } from "./cases.ts";
import { writeBetweenMarkers } from "./document.ts";
import { describeEnvironment } from "./environment.ts";
import { type BenchFilesystem, createFilesystem, howToRemove } from "./filesystem.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { run } from "./process.ts";
import { renderTable, tableOf } from "./report.ts";
import { type Case, judge, type Measurement } from "./targets.ts";
import { type Size, writeTree } from "./tree.ts";

const PROJECT = resolve(import.meta.dirname, "..");
const GIB = 1024 ** 3;

/** Times of files younger than this prove nothing about their content; everybody who trusts times reads them again. */
const RACY_MS = 1_100;

/** @returns the exit code: 1 if a target was missed */
async function main(args: readonly string[], abort: AbortSignal): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  process.umask(0o022);
  const programs = findPrograms();
  const filesystem = await createFilesystem(options.sizes.includes("100k") ? 6 * GIB : 2 * GIB, abort);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => (options.keep ? announce(filesystem) : filesystem[Symbol.asyncDispose]()));

  const environment = [...describeEnvironment(filesystem.description, programs.node), protocol(options)];
  process.stdout.write(`${environment.join("\n")}\n\n`);
  const measurements = await measureAll(options, { ...programs, root: filesystem.root, runs: options.runs, abort });
  const table = renderTable(tableOf(measurements));
  process.stdout.write(`${table}\n`);
  if (options.write) writeBetweenMarkers(join(PROJECT, "docs/performance.md"), document(table, environment));
  return measurements.some((one) => judge(one).some(({ verdict }) => verdict === "MISS")) ? 1 : 0;
}

/** A size's tree is made, measured and removed before the next one. */
async function measureAll(options: Options, common: Omit<Bench, "size" | "source">): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = [];
  for (const size of options.sizes) {
    const source = join(common.root, `source-${size}`);
    say(`${size}: writing the tree`);
    await writeTree(source, size, common.abort);
    await sleep(RACY_MS, undefined, { signal: common.abort });
    for (const name of casesAt(size, options)) {
      say(`${size}: ${name}`);
      const measured = await runCase(name, { ...common, size, source });
      if (measured === undefined)
        say(`${size}: ${name} is left out: it needs ${NEEDS[name] ?? "PyYAML (Debian: python3-yaml)"}`);
      else measurements.push(...measured);
    }
    if (!options.keep) await run({ program: "rm", args: ["-rf", source], cwd: "/" }, common.abort);
  }
  return measurements;
}

/** `memory` only in the largest tree, others only where they have a target; in order, `edit` after those who compare with the untouched tree does no harm. */
function casesAt(size: Size, { cases, sizes }: Options): readonly Case[] {
  return cases.filter((name) => (name === "memory" ? size === sizes.at(-1) : (ONLY_AT[name] ?? [size]).includes(size)));
}

const NEEDS: Readonly<Partial<Record<Case, string>>> = {
  "register-attune": "PostgreSQL's server (Debian: postgresql)",
  signal: "root, and an engine to start (Debian: docker.io, busybox-static)",
};

const ONLY_AT: Readonly<Partial<Record<Case, readonly Size[]>>> = {
  rollback: ["1k"],
  start: ["10k", "100k"],
  "idle-memory": ["10k", "100k"],
  "idle-cpu": ["10k"],
  live: ["10k"],
  signal: ["10k"],
  switch: ["10k"],
  revalidate: ["10k"],
  save: ["10k"],
  validate: ["10k"],
  "validate-memory": ["10k"],
  register: ["10k"],
  "register-attune": ["10k"],
  "register-batch": ["10k"],
  api: ["10k"],
  listened: ["10k"],
};

/** The Node that the lock file brought, not the one that happens to run this; no link, which npm could change meanwhile. */
function findPrograms(): Pick<Bench, "node" | "program"> {
  const program = resolve(PROJECT, process.env["PACKSYNC_BENCH_BIN"] ?? "dist/packsync.js");
  if (!existsSync(program)) throw new Error(`Expected packsync at ${program}, found nothing: \`npm run build\` first`);
  const locked = join(PROJECT, "node_modules/.bin/node");
  return { program, node: existsSync(locked) ? realpathSync(locked) : process.execPath };
}

function protocol({ runs }: Options): string {
  const date = new Date().toISOString().slice(0, 10);
  return `protocol: ${date}, ${runs} rounds after one warm-up, medians; ratios pairwise, with the least and the greatest`;
}

function document(table: string, environment: readonly string[]): string {
  return `${table}\n\n${environment.map((line) => `- ${line}`).join("\n")}`;
}

async function announce(filesystem: BenchFilesystem): Promise<void> {
  say(`kept in ${filesystem.root}; to remove it: ${howToRemove(filesystem)}`);
}

/** Progress; the results alone go to stdout. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => interrupted.abort(new Error(`${signal}: stopped and cleaned up`)));
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => interrupted.abort(error)); // `npm run bench | head`: unheard, it would end us uncleaned
}
try {
  process.exitCode = await main(process.argv.slice(2), interrupted.signal);
} catch (error) {
  const cause: unknown = interrupted.signal.aborted ? interrupted.signal.reason : error;
  say(`bench: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exitCode = interrupted.signal.aborted ? 130 : 2;
}
