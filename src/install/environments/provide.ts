import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError, PacksyncError } from "../../errors.ts";
import type { Owner } from "../../platform/ownership.ts";
import { sha256 } from "../../platform/sha256.ts";
import type { Environment } from "../stages.ts";
import type { Machine } from "./interpreters.ts";
import { wantedBy } from "./needs.ts";
import { nodejsRecipe } from "./nodejs.ts";
import { readPackageFiles } from "./package-files.ts";
import { type Running, runProgram } from "./program.ts";
import { pythonRecipe } from "./python.ts";
import type { Recipe } from "./recipe.ts";
import { readRequirements } from "./requirements.ts";
import { type Facts, factsOf, keepFor, OWN, openShelf, type Place, type Shelf } from "./shelf.ts";

/** What somebody wants to be there. */
export interface Wish extends Place {
  /** The pack's directory, real. */
  readonly root: string;
  readonly preferred: string | undefined;
  readonly rebuild: boolean;
}

export interface Means {
  readonly machine: Machine;
  readonly running: Running;
  /** Who owns what is made. */
  readonly owner: Owner | undefined;
}

/** An environment that is whole, and not used yet. */
export interface Provided extends Omit<Environment, "path" | "runtime"> {
  readonly directory: string;
}

/** What this is built of; another one makes what was built before useless. */
const FORMAT = 1;

/**
 * Builds an environment at its final path, for it cannot be moved; or finds the one that was built for the same.
 *
 * @returns `undefined` when the pack needs none
 */
export async function provideEnvironment(wish: Wish, means: Means, abort: AbortSignal): Promise<Provided | undefined> {
  const recipe = await recipeFor(wish, means, abort);
  if (recipe === undefined) return undefined;
  for (const note of recipe.notes) means.running.onLine(note);
  const digest = sha256(JSON.stringify([FORMAT, recipe.identity])).slice(0, 16);
  using shelf = await openShelf(wish, means.owner, abort);
  const found = wish.rebuild ? undefined : shelf.find(digest);
  if (found !== undefined) return reused(found, recipe);
  const directory = await shelf.begin(digest);
  try {
    return { directory, outcome: "built", ...(await build(directory, { recipe, shelf }, means, abort)) };
  } catch (error) {
    await shelf.abandon(directory);
    throw error;
  }
}

function reused(directory: string, { runtimeVersion }: Recipe): Provided {
  keepFor(directory);
  return { directory, outcome: "reused", packageCount: 0, runtimeVersion, ...factsOf(directory) };
}

interface Building {
  readonly recipe: Recipe;
  readonly shelf: Shelf;
}

async function build(directory: string, { recipe, shelf }: Building, means: Means, abort: AbortSignal): Promise<Facts> {
  const env = { ...means.running.env, TMPDIR: join(directory, OWN, "tmp") };
  const running: Running = { ...means.running, env, lock: shelf.lock };
  const facts = await recipe.build(directory, running, abort);
  await makeDurable(directory, running, abort);
  await rm(env.TMPDIR, { recursive: true, force: true });
  shelf.complete(directory, facts);
  return facts;
}

/** What is said to be whole has to be so after a power cut, too. By a program: nobody waits for the disk. */
async function makeDurable(directory: string, running: Running, abort: AbortSignal): Promise<void> {
  try {
    await runProgram(
      { file: "sync", args: ["-f", directory], cwd: directory },
      { ...running, onLine: () => {} },
      abort,
    );
  } catch (error) {
    if (abort.aborted || !(error instanceof PacksyncError)) throw error; // there is no such program
  }
}

async function recipeFor(wish: Wish, means: Means, abort: AbortSignal): Promise<Recipe | undefined> {
  const { root, runtime, preferred } = wish;
  const { machine, owner } = means;
  switch (runtime) {
    case "python": {
      const requirements = readRequirements(root);
      const interpreter = await machine.python(wantedBy(root, runtime, preferred), abort);
      return pythonRecipe({ root, requirements, interpreter, uv: await machine.uv(abort), owner });
    }
    case "nodejs": {
      const packages = readPackageFiles(root);
      if (packages === undefined) return undefined;
      const interpreter = await machine.nodejs(wantedBy(root, runtime, preferred), abort);
      return nodejsRecipe({ root, packages, interpreter, owner });
    }
    default:
      return runtime satisfies never;
  }
}

/** Whether an error is about this one environment, and no reason to leave out the others. */
export function isAboutOne(error: unknown): error is Error {
  return error instanceof PacksyncError || isSystemError(error);
}
