import { PacksyncError } from "../errors.ts";
import { checkYaml } from "../pack/yaml.ts";
import { monotonicMs } from "../platform/clock.ts";
import { adopt, type Owner, ownerToSet } from "../platform/ownership.ts";
import { scratchDirectory } from "../platform/scratch.ts";
import { readManifestBytes } from "./pack-root.ts";
import type { PackTestResult, TestSuite } from "./stages.ts";
import { testEnvironment } from "./testing/environment.ts";
import { type Place, runSuite } from "./testing/run.ts";
import { readTestPlan, type TestPlan } from "./testing/section.ts";
import { verdictOf } from "./testing/verdict.ts";

/** A pack whose tests are to be run. */
export interface TestOrder {
  /** Its directory, where they run: give them a copy of what must not change. */
  readonly root: string;
  readonly ref: string;
  readonly version: string;
  /** Directories of programs that come first in PATH: the pack's own environments'. */
  readonly envs?: readonly string[] | undefined;
  /** Who they run as; `undefined`: who packsync runs as. */
  readonly owner?: Owner | undefined;
  /** Told each line of output while they run. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Runs the tests that a pack's `testing` section names, one runner after another.
 *
 * @returns `undefined` when it has none, or does not want them run
 * @throws PacksyncError when `pack.yaml` cannot be read, or the reason of the abort
 */
export async function testPack(order: TestOrder, abort: AbortSignal): Promise<PackTestResult | undefined> {
  const plan = planOf(order.root);
  if (plan === undefined) return undefined;
  const executionTime = new Date().toISOString();
  const started = monotonicMs();
  const testSuites = await runSuites(plan, order, abort);
  return {
    packRef: order.ref,
    packVersion: order.version,
    executionTime,
    ...verdictOf(testSuites, plan),
    durationMs: Math.round(monotonicMs() - started),
    testSuites,
  };
}

function planOf(root: string): TestPlan | undefined {
  const check = checkYaml(readManifestBytes(root), "pack.yaml");
  if (check.ok) return readTestPlan(check.value);
  throw new PacksyncError("PACK_FAILED", check.diagnostics[0]?.message ?? "Expected `pack.yaml` to be YAML");
}

async function runSuites(plan: TestPlan, order: TestOrder, abort: AbortSignal): Promise<readonly TestSuite[]> {
  const { root, envs = [], onLine } = order;
  const owner = ownerToSet(order.owner);
  using scratch = scratchDirectory("packsync-tests-");
  adopt(scratch.path, owner);
  // Another user's home is not theirs to use.
  const env = testEnvironment(envs, owner === undefined ? undefined : scratch.path);
  const place: Place = { root, env, owner, scratch: scratch.path, onLine };
  const suites: TestSuite[] = [];
  for (const [index, runner] of plan.runners.entries()) suites.push(await runSuite(runner, index, place, abort));
  return suites;
}
