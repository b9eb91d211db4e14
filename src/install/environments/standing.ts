import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isSystemError } from "../../errors.ts";
import { countDistributions, countPackages } from "./count.ts";
import { factsOf, type Place, type Runtime } from "./shelf.ts";

/** What services find for one pack and one runtime. */
export interface Standing {
  readonly isThere: boolean;
  readonly packageCount: number;
  /** `undefined`: somebody else made it. */
  readonly runtimeVersion: string | undefined;
}

/** Reads without the lock: what is used is whole. */
export function readStanding({ envs, ref, runtime }: Place): Standing {
  const path = join(envs, ref, runtime);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return NOTHING;
  const real = realpathSync(path);
  const facts = factsOf(real);
  return {
    isThere: true,
    runtimeVersion: facts?.runtimeVersion,
    packageCount: facts?.packageCount ?? count(real, runtime),
  };
}

const NOTHING: Standing = { isThere: false, packageCount: 0, runtimeVersion: undefined };

function count(environment: string, runtime: Runtime): number {
  return runtime === "python" ? countDistributions(environment) : countPackages(join(environment, "node_modules"));
}

/** Why an environment is not as its pack wants it. */
export interface Failure {
  readonly error: string;
  readonly hint?: string | undefined;
  /** ISO time. */
  readonly since: string;
}

/** Remembers a failure beside the environments until it succeeds, for whoever asks how packs stand. */
export function recordFailure(place: Place, failure: Failure | undefined): void {
  const path = failurePath(place);
  try {
    rmSync(path, { force: true });
    if (failure === undefined) return;
    rmSync(`${path}.tmp`, { force: true });
    writeFileSync(`${path}.tmp`, JSON.stringify(failure), { flag: "wx" });
    renameSync(`${path}.tmp`, path);
  } catch (error) {
    if (!isSystemError(error)) throw error; // there is no place for it: the failure itself says why
  }
}

export function readFailure(place: Place): Failure | undefined {
  try {
    const { error, hint, since } = JSON.parse(readFileSync(failurePath(place), "utf8"));
    return { error: String(error), ...(hint !== undefined && { hint: String(hint) }), since: String(since) };
  } catch {
    return undefined; // there was none
  }
}

function failurePath({ envs, ref, runtime }: Place): string {
  return join(envs, ref, `.${runtime}.failed.json`);
}
