import { readFileSync, realpathSync } from "node:fs";
import { ask } from "./ask.ts";
import { readEmbedded } from "./catalog/embedded.ts";
import type { RegistrationReport } from "./catalog/report.ts";
import type { Config } from "./config/config.ts";
import { ExitCode, exitCodeOf, isSystemError, PacksyncError } from "./errors.ts";
import { readPackIdentity } from "./install/pack-root.ts";
import type {
  OnStage,
  PackTestResult,
  RegisteredPack,
  RegisterOrder,
  RegisterReport,
  RegisterStage,
  UnregisteredPack,
} from "./install/stages.ts";
import { type Diagnostic, hasErrors } from "./pack/diagnostics.ts";
import type { PackRef } from "./pack/ref.ts";
import { monotonicMs } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { attuneSettings } from "./registration.ts";
import type { Installed } from "./requests.ts";
import { validate } from "./validate.ts";
import { layoutOf, reading } from "./volume-session.ts";

/** Composition root of the last stage: validates packs, runs their tests, publishes them into the volume and registers them. */

export interface RegisteringOptions {
  readonly config: Config;
  readonly log: Log;
  readonly onStage: OnStage;
}

/**
 * Each pack by itself: one that fails is no reason to leave out the others, and leaves volume and catalogs as they were.
 *
 * @throws PacksyncError when the volume or its lock is not to be had
 */
export async function registerPacks(
  order: RegisterOrder,
  options: RegisteringOptions,
  abort: AbortSignal,
): Promise<RegisterReport> {
  return await registering(order, options, abort, async (pack) => await pack.settle(true));
}

/**
 * All of the packs or none: the first one that fails takes back those before it.
 *
 * @throws PacksyncError as {@link registerPacks}
 */
export async function registerTogether(
  order: RegisterOrder,
  options: RegisteringOptions,
  abort: AbortSignal,
): Promise<RegisterReport> {
  const live: Live[] = [];
  const settleAll = async (keep: boolean) => {
    for (const pack of live.toReversed()) await pack.settle(keep);
  };
  try {
    const report = await registering(order, options, abort, async (pack) => void live.push(pack), "stop");
    const isWhole = report.failed.length === 0;
    await settleAll(isWhole);
    return isWhole ? report : { ...report, registered: [] };
  } catch (error) {
    await settleAll(false);
    throw error;
  }
}

/** A pack that is live and registered; until it is settled it can be taken back. */
interface Live {
  readonly registered: RegisteredPack;
  settle(keep: boolean): Promise<void>;
}

async function registering(
  order: RegisterOrder,
  options: RegisteringOptions,
  abort: AbortSignal,
  onLive: (pack: Live) => Promise<void>,
  onFailure: "go on" | "stop" = "go on",
): Promise<RegisterReport> {
  const started = monotonicMs();
  const registered: RegisteredPack[] = [];
  const failed: UnregisteredPack[] = [];
  for (const packPath of order.packPaths) {
    if (failed.length > 0 && onFailure === "stop") break;
    abort.throwIfAborted();
    const found = await registerPack(packPath, order, options, abort);
    if ("stage" in found) {
      failed.push(found);
      continue;
    }
    await onLive(found);
    registered.push(found.registered);
  }
  const numbered = await withIds(registered, options.config);
  return { registered: numbered, failed, durationMs: Math.round(monotonicMs() - started) };
}

async function registerPack(
  packPath: string,
  order: RegisterOrder,
  options: RegisteringOptions,
  abort: AbortSignal,
): Promise<Live | UnregisteredPack> {
  let packRef = "unknown";
  let stage: RegisterStage = "path";
  const failed = (why: { error: string; hint?: string | undefined }, diagnostics: readonly Diagnostic[] = []) => {
    return { packRef, packPath, stage, error: why.error, hint: why.hint, diagnostics };
  };
  try {
    const root = realpathSync.native(packPath);
    const { ref } = readPackIdentity(root);
    packRef = ref;
    stage = "tests";
    const tests = await testsOf(root, ref, order, options, abort);
    if (tests !== undefined && "refused" in tests) {
      stage = "validation";
      return failed(invalid(ref), tests.refused);
    }
    if (tests?.blocks === true && !order.force) return failed(testsFailed(tests));

    stage = "publish";
    options.onStage({ stage: "register", pack: ref });
    const asked = { pack: ref, path: root, force: order.force, unchecked: order.skipValidation };
    const installed = await ask("install", asked, { ...options, doing: "install" }, abort);
    const { report, release } = installed;
    if (report !== undefined && !["published", "unchanged"].includes(report.outcome)) {
      stage = report.outcome === "rejected" ? "validation" : "publish";
      return failed(invalid(ref), report.diagnostics);
    }
    const settle = settlerOf(installed, options);
    stage = "registration";
    const why = abort.aborted ? "It was given up." : missingRegistration(ref, installed.registration);
    if (why !== undefined || release === undefined) {
      await settle(false);
      return failed({ error: why ?? "It is not live.", hint: "Nothing was changed; try again." });
    }
    return { registered: { ...(await registeredPack(installed, release, options.config)), tests }, settle };
  } catch (error) {
    abort.throwIfAborted();
    if (error instanceof PacksyncError) {
      if (exitCodeOf(error.code) === ExitCode.unusable) throw error;
      if (error.code === "CONFLICT") stage = "conflict";
      return failed({ error: error.message, hint: error.hint });
    }
    if (isSystemError(error)) return failed({ error: error.message });
    throw error;
  }
}

/** A pack that is invalid is not worth testing: what is wrong with it then. */
async function testsOf(
  root: string,
  ref: PackRef,
  order: RegisterOrder,
  { config, onStage }: RegisteringOptions,
  abort: AbortSignal,
): Promise<PackTestResult | { readonly refused: readonly Diagnostic[] } | undefined> {
  if (order.skipTests || !mayHaveTests(root)) return undefined;
  if (!order.skipValidation) {
    const request = { paths: [root], cwd: "/", dialect: undefined, strict: false, fix: false };
    const { packs } = await validate(config, request);
    const diagnostics = packs.flatMap((each) => each.diagnostics);
    if (hasErrors(diagnostics)) return { refused: diagnostics };
  }
  onStage({ stage: "tests", pack: ref });
  const { testCopy } = await import("./pack-tests.ts");
  return await testCopy(root, config, (line) => onStage({ stage: "tests", pack: ref, line }), abort);
}

/** To read it for good takes longer than all the rest of a small pack. */
function mayHaveTests(root: string): boolean {
  return readFileSync(`${root}/pack.yaml`, "utf8").includes("testing");
}

/** What a source carries, and what was live before, is not ours to take back. */
function settlerOf({ how, ref, release }: Installed, options: RegisteringOptions): Live["settle"] {
  if (how !== "installed" || release === undefined) return async () => {};
  return async (keep) => {
    const never = new AbortController().signal; // whoever gave up wants it settled all the more
    await ask("settle", { pack: ref, release, keep }, { ...options, doing: "install" }, never);
  };
}

/** Why a pack that is live is not registered. */
function missingRegistration(ref: string, report: RegistrationReport | undefined): string | undefined {
  const pending = report?.embedded.pending.find((pack) => pack.ref === ref);
  if (pending !== undefined) return pending.why;
  const attune = report?.attune;
  if (attune === undefined) return undefined;
  if (attune.state !== "registered" && attune.why !== undefined) return `The database: ${attune.why}`;
  const pack = attune.packs.find((each) => each.ref === ref);
  return pack === undefined || pack.state === "registered" ? undefined : (pack.why ?? pack.state);
}

async function registeredPack(
  { how, ref, report }: Installed,
  release: string,
  config: Config,
): Promise<Omit<RegisteredPack, "tests">> {
  return await reading(config, (database) => {
    const catalog = database && readEmbedded(database);
    const components: Record<string, number> = {};
    for (const { kind } of catalog?.entry(ref)?.components ?? []) components[kind] = (components[kind] ?? 0) + 1;
    return {
      packRef: ref,
      packId: catalog?.idOf(ref) ?? 0,
      version: catalog?.summary(ref)?.version ?? report?.version ?? "unknown",
      release,
      storagePath: `${layoutOf(config).root}/${ref}`,
      components,
      outcome: how === "live" ? "registered" : report?.outcome === "published" ? "published" : "unchanged",
      diagnostics: report?.diagnostics ?? [],
    };
  });
}

/** The platform's own ids, where its database is. */
async function withIds(packs: readonly RegisteredPack[], config: Config): Promise<readonly RegisteredPack[]> {
  const settings = attuneSettings(config);
  if (settings === undefined || packs.length === 0) return packs;
  const { packIds } = await import("./catalog/attune/pack-id.ts");
  const ids = await packIds(
    settings,
    packs.map(({ packRef }) => packRef),
  );
  return packs.map((pack) => ({ ...pack, packId: ids.get(pack.packRef) ?? pack.packId }));
}

function invalid(ref: string): { error: string; hint: string } {
  return { error: `Pack '${ref}' is not valid.`, hint: "`packsync validate` shows what is wrong, with its lines." };
}

function testsFailed({ failed, totalTests }: PackTestResult): { error: string; hint: string } {
  const error = "Pack registration failed: tests did not pass. Use force=true to register anyway.";
  return { error, hint: `${failed} of ${totalTests} failed; \`packsync test\` shows them.` };
}
