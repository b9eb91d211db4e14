import { parseArgs } from "node:util";
import { CASES, type Case } from "./targets.ts";
import { SIZES, type Size } from "./tree.ts";

export const USAGE = `npm run bench -- [options]

  --sizes <1k,10k,100k>             trees to measure on (default: all)
  --case <${CASES.join()}>
                                    what to measure (default: all)
  --runs <n>                        measured runs of each program (default: 7)
  --keep                            leave trees and volumes, and say where
  --write                           put the results into docs/performance.md

Measures dist/packsync.js, or the script that PACKSYNC_BENCH_BIN names.
Ends with 1 if a target is missed.
`;

/** What the command line asks for. */
export interface Options {
  readonly sizes: readonly Size[];
  readonly cases: readonly Case[];
  readonly runs: number;
  readonly keep: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

/** Throws with a sentence for the user if an argument is wrong. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sizes: { type: "string", default: Object.keys(SIZES).join() },
      case: { type: "string", default: CASES.join() },
      runs: { type: "string", default: "7" },
      keep: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { keep, write, help } = values;
  return {
    sizes: chosen("--sizes", values.sizes, isSize, Object.keys(SIZES)),
    cases: chosen("--case", values.case, isCase, CASES),
    runs: positive("--runs", values.runs),
    ...{ keep, write, help },
  };
}

/** In the order in which they are known, each once. */
function chosen<T extends string>(
  flag: string,
  list: string,
  isOne: (name: string) => name is T,
  known: readonly string[],
): readonly T[] {
  const names = list.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !isOne(name));
  if (wrong !== undefined) throw new Error(`Expected ${flag} to be of \`${known.join()}\`, got \`${wrong}\``);
  return known.filter((name) => names.includes(name)).filter(isOne);
}

function isSize(name: string): name is Size {
  return Object.hasOwn(SIZES, name);
}

function isCase(name: string): name is Case {
  return CASES.some((one) => one === name);
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`Expected ${flag} to be 1 or more, got \`${text}\``);
  return value;
}
