import { readFileSync, realpathSync } from "node:fs";
import { ask } from "./ask.ts";
import type { Config } from "./config/config.ts";
import { isSystemError, PacksyncError } from "./errors.ts";
import { readPackIdentity } from "./install/pack-root.ts";
import type {
  OnStage,
  PackTestResult,
  RegisteredPack,
  RegisterOrder,
  RegisterReport,
  UnregisteredPack,
} from "./install/stages.ts";
import { type Diagnostic, hasErrors } from "./pack/diagnostics.ts";
import type { PackRef } from "./pack/ref.ts";
import { isAbsence } from "./platform/absence.ts";
import { monotonicMs } from "./platform/clock.ts";
import { fromFailure } from "./platform/failures.ts";
import type { Log } from "./platform/log.ts";
import { type LivePack, missingRegistration, registeredPacks } from "./registration-result.ts";
import type { Installed, InstallReport, SettleRequest } from "./requests.ts";
import { validate } from "./validate.ts";

/** Composition root of the last stage: validates packs, runs their tests, publishes them into the volume and registers them. */

export interface RegisteringOptions {
  readonly config: Config;
  readonly log: Log;
  readonly onStage: OnStage;
}

/** So many packs are published by one cycle: a save that comes meanwhile waits for no more. */
const AT_ONCE = 64;

/**
 * `each`: one that fails is no reason to leave out the others, and leaves volume and catalogs as they were. `together`: all of them or none.
 *
 * @throws PacksyncError when the volume or its lock is not to be had
 */
export async function registerPacks(
  order: RegisterOrder & { readonly how: "each" | "together" },
  options: RegisteringOptions,
  abort: AbortSignal,
): Promise<RegisterReport> {
  const started = monotonicMs();
  const registered: RegisteredPack[] = [];
  const failed: UnregisteredPack[] = [];
  const unsettled: Settling[] = [];
  const isOver = () => order.how === "together" && failed.length > 0;
  try {
    for (let from = 0; from < order.packPaths.length && !isOver(); from += AT_ONCE) {
      abort.throwIfAborted();
      const batch = await registerBatch(order.packPaths.slice(from, from + AT_ONCE), order, options, abort);
      failed.push(...batch.failed);
      unsettled.push(...batch.live.flatMap(({ installed }) => settlingOf(installed)));
      registered.push(...(await registeredPacks(batch.live, options.config)));
      if (order.how === "each") await settle(unsettled.splice(0), true, options);
    }
    await settle(unsettled.splice(0), !isOver(), options);
  } catch (error) {
    await settle(unsettled, false, options);
    throw error;
  }
  return { registered: isOver() ? [] : registered, failed, durationMs: Math.round(monotonicMs() - started) };
}

interface Batch {
  readonly live: readonly LivePack[];
  readonly failed: readonly UnregisteredPack[];
}

/** What failed is as it was; what is live waits to be settled. */
async function registerBatch(
  packPaths: readonly string[],
  order: RegisterOrder,
  options: RegisteringOptions,
  abort: AbortSignal,
): Promise<Batch> {
  const ready: Ready[] = [];
  const failed: UnregisteredPack[] = [];
  for (const packPath of packPaths) {
    const found = await prepare(packPath, order, options, abort);
    if ("error" in found) failed.push(found);
    else ready.push(found);
  }
  const { packs, registration } = await install(ready, order, options, abort);
  const live: LivePack[] = [];
  const lost: Settling[] = [];
  for (const [index, installed] of packs.entries()) {
    const pack = ready[index];
    if (pack === undefined) continue;
    const failure = failureOf(installed, pack) ?? unregistered(pack, registration);
    if (failure !== undefined) failed.push(failure);
    if (failure !== undefined || installed.how === "refused") lost.push(...settlingOf(installed));
    else live.push({ installed, tests: pack.tests });
  }
  failed.sort((a, b) => packPaths.indexOf(a.packPath) - packPaths.indexOf(b.packPath));
  await settle(lost, false, options);
  if (!abort.aborted) return { live, failed };
  await settle(
    live.flatMap(({ installed }) => settlingOf(installed)),
    false,
    options,
  );
  throw abort.reason;
}

/** A pack that nothing speaks against so far. */
interface Ready {
  readonly ref: PackRef;
  readonly packPath: string;
  readonly root: string;
  readonly tests: PackTestResult | undefined;
}

async function prepare(
  packPath: string,
  order: RegisterOrder,
  { config, onStage }: RegisteringOptions,
  abort: AbortSignal,
): Promise<Ready | UnregisteredPack> {
  let packRef: string = UNKNOWN;
  try {
    const root = directoryOf(packPath);
    const { ref } = readPackIdentity(root);
    packRef = ref;
    const about = { ref, packPath, root, tests: undefined };
    if (order.skipTests || !mayHaveTests(root)) return about;
    const found = order.skipValidation ? [] : await findingsOf(root, config);
    if (hasErrors(found)) return invalid(about, found);
    onStage({ stage: "tests", pack: ref });
    const { testCopy } = await import("./pack-tests.ts");
    const onLine = (line: string) => onStage({ stage: "tests", pack: ref, line });
    const tests = await testCopy(root, config, { onLine, programs: order.programs?.get(ref) }, abort);
    return tests?.blocks === true && !order.force ? testsFailed(about, tests) : { ...about, tests };
  } catch (error) {
    abort.throwIfAborted();
    if (!(error instanceof PacksyncError) && !isSystemError(error)) throw error;
    const hint = error instanceof PacksyncError ? error.hint : undefined;
    return { ...NOTHING, packRef, packPath, stage: packRef === UNKNOWN ? "path" : "tests", error: error.message, hint };
  }
}

function directoryOf(packPath: string): string {
  try {
    return realpathSync.native(packPath);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    const hint = "It has to be there for packsync itself: in another container are other directories.";
    throw new PacksyncError("USAGE", "Expected the directory of a pack, but nothing is there.", { hint });
  }
}

const UNKNOWN = "unknown";
const NOTHING = { diagnostics: [] as readonly Diagnostic[] };

/** To read it for good takes longer than all the rest of a small pack. */
function mayHaveTests(root: string): boolean {
  return readFileSync(`${root}/pack.yaml`, "utf8").includes("testing");
}

/** A pack that is invalid is not worth testing. */
async function findingsOf(root: string, config: Config): Promise<readonly Diagnostic[]> {
  const request = { paths: [root], cwd: "/", dialect: undefined, strict: false, fix: false };
  return (await validate(config, request)).packs.flatMap(({ diagnostics }) => diagnostics);
}

async function install(
  ready: readonly Ready[],
  { force, skipValidation: unchecked }: RegisterOrder,
  options: RegisteringOptions,
  abort: AbortSignal,
): Promise<InstallReport> {
  if (ready.length === 0) return { packs: [] };
  for (const { ref } of ready) options.onStage({ stage: "register", pack: ref });
  const packs = ready.map(({ ref, root }) => ({ pack: ref, path: root }));
  return await ask("install", { packs, force, unchecked }, { ...options, doing: "install" }, abort);
}

function failureOf(installed: Installed, pack: Ready): UnregisteredPack | undefined {
  if (installed.how === "rejected") return invalid(pack, installed.report.diagnostics, installed.report.outcome);
  if (installed.how !== "refused") return undefined;
  const error = fromFailure(installed.why);
  const [code, hint] = error instanceof PacksyncError ? [error.code, error.hint] : [];
  const stage = code === "CONFLICT" ? "conflict" : "publish";
  return { ...NOTHING, packRef: pack.ref, packPath: pack.packPath, stage, error: error.message, hint };
}

function unregistered({ ref, packPath }: Ready, report: InstallReport["registration"]): UnregisteredPack | undefined {
  const error = missingRegistration(ref, report);
  if (error === undefined) return undefined;
  return { ...NOTHING, packRef: ref, packPath, stage: "registration", error, hint: "Nothing was changed; try again." };
}

function invalid({ ref, packPath }: Ready, diagnostics: readonly Diagnostic[], outcome = "rejected"): UnregisteredPack {
  const hint = "`packsync validate` shows what is wrong, with its lines.";
  if (outcome === "rejected")
    return { packRef: ref, packPath, stage: "validation", error: `Pack '${ref}' is not valid.`, hint, diagnostics };
  const error = diagnostics[0]?.message ?? `Pack '${ref}' could not be published.`;
  return { packRef: ref, packPath, stage: "publish", error, hint: undefined, diagnostics };
}

function testsFailed({ ref, packPath }: Ready, { failed, totalTests }: PackTestResult): UnregisteredPack {
  const error = "Pack registration failed: tests did not pass. Use force=true to register anyway.";
  const hint = `${failed} of ${totalTests} failed; \`packsync test\` shows them.`;
  return { ...NOTHING, packRef: ref, packPath, stage: "tests", error, hint };
}

type Settling = SettleRequest["packs"][number];

/** What a source carries, and what was live before, is not ours to take back. */
function settlingOf(installed: Installed): Settling[] {
  if (installed.how !== "installed" || installed.release === undefined) return [];
  return [{ pack: installed.ref, release: installed.release }];
}

/** It is not cut short: whoever gave up wants it settled all the more. */
async function settle(packs: readonly Settling[], keep: boolean, options: RegisteringOptions): Promise<void> {
  if (packs.length === 0) return;
  await ask("settle", { packs, keep }, { ...options, doing: "install" }, new AbortController().signal);
}
