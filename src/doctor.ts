import type { Config } from "./config/config.ts";
import type { CycleReport, PackReport } from "./cycle/report.ts";
import { checkEntry, checkSame, entryOf, findAction } from "./doctor/action.ts";
import { type Check, failed, ok } from "./doctor/check.ts";
import { checkDocker, checkVersions, checkWatches } from "./doctor/machine.ts";
import { binaryCheck, checkPacks, packCheck } from "./doctor/packs.ts";
import { checkVolume } from "./doctor/volume.ts";
import { PacksyncError } from "./errors.ts";
import { planOnce, type RunOptions } from "./once.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import { type VolumeView, viewVolume } from "./publish/view.ts";
import { scanLive } from "./scan/live.ts";
import { layoutOf, reading } from "./volume-session.ts";

/** Composition root of `packsync doctor`: asks this machine the classic questions; takes no lock. */

export interface DoctorOptions extends RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Can this machine publish, and is everything in the volume that the sources say? */
export async function examine(options: DoctorOptions, abort: AbortSignal): Promise<readonly Check[]> {
  const { config, env } = options;
  const machine = [checkVersions(), checkWatches(config), await checkDocker(env)];
  return [...machine, ...checkVolume(config, layoutOf(config)), ...(await packChecks(options, abort))];
}

async function packChecks(options: DoctorOptions, abort: AbortSignal): Promise<readonly Check[]> {
  const { config } = options;
  const found = await planned({ ...options, config: { ...config, only: [] } }, abort);
  if (!("packs" in found)) return [found];
  return await viewing(config, (view) => checkPacks(found, view, config));
}

/** What a sync would do, or why there is none. */
async function planned(options: DoctorOptions, abort: AbortSignal): Promise<CycleReport | Check> {
  try {
    return await planOnce(options, abort);
  } catch (error) {
    if (!(error instanceof PacksyncError)) throw error;
    return failed("plan", error.message, error.hint);
  }
}

/**
 * Walks one action from its source to the volume, and stops at the first link that is broken: that is the last check.
 *
 * @param name `core.echo`
 * @throws PacksyncError `USAGE` when it is no such name
 */
export async function examineAction(
  options: DoctorOptions,
  name: string,
  abort: AbortSignal,
): Promise<readonly Check[]> {
  const dot = name.indexOf(".");
  const ref = dot < 0 ? undefined : asPackRef(name.slice(0, dot));
  if (ref === undefined) {
    throw new PacksyncError("USAGE", `Expected \`<pack>.<action>\`, got \`${name}\`.`, {
      hint: "For example core.echo.",
    });
  }
  const checks: Check[] = [];
  for await (const check of walk(options, { ref, action: name.slice(dot + 1) }, abort)) {
    checks.push(check);
    if (check.state === "failed") break;
  }
  return checks;
}

interface Wanted {
  readonly ref: PackRef;
  readonly action: string;
}

async function* walk(options: DoctorOptions, { ref, action }: Wanted, abort: AbortSignal): AsyncGenerator<Check> {
  const { config } = options;
  const found = await planned({ ...options, config: { ...config, only: [] } }, abort);
  if (!("packs" in found)) return yield found;
  const pack = winnerOf(found, ref, config);
  if (pack === undefined) return yield noPack(ref, config);
  const root = `${config.sources.find(({ name }) => name === pack.source)?.path}/${pack.directory}`;
  yield ok("source", `The pack ${ref} is in the source ${pack.source}: ${root}`);

  const definition = await findAction(root, ref, action);
  if ("state" in definition) return yield definition;
  yield ok("definition", `${definition.file} defines it.`);

  if (pack.outcome !== "published" && pack.outcome !== "unchanged") return yield packCheck(pack, config);
  yield ok("valid", "Nothing in the pack is an error.");

  const live = await viewing(config, (view) => (view.isLive(ref) ? view.path(ref) : undefined));
  if (live === undefined || pack.release === undefined) {
    return yield failed("published", `${ref} is not in the volume.`, "packsync --once");
  }
  yield ok("published", `${pack.release} is live: ${live}`);

  const entry = entryOf(definition);
  yield checkSame(pack, entry === undefined ? [definition.file] : [definition.file, entry]);
  if (entry === undefined) return yield ok("entry", "It runs no file of the pack.");
  yield* checkEntry(live, entry);
  yield* await viewing(config, (view) => binaryAt(view, ref, entry, config));
}

/** The last source that has it is the one that is published. */
function winnerOf({ packs }: CycleReport, ref: string, { sources }: Config): PackReport | undefined {
  const rank = ({ source }: PackReport) => sources.findIndex(({ name }) => name === source);
  const isThere = ({ outcome }: PackReport) => outcome !== "retired" && outcome !== "held";
  return packs.filter((pack) => pack.ref === ref && isThere(pack)).sort((a, b) => rank(b) - rank(a))[0];
}

function noPack(ref: string, { sources }: Config): Check {
  const places = sources.map(({ name, path }) => `${name} (${path})`).join(", ");
  return failed(
    "source",
    `No source has a pack \`${ref}\`: ${places}`,
    `Put it there, or begin one: packsync new ${ref}`,
  );
}

function binaryAt(view: VolumeView, ref: PackRef, entry: string, { arch }: Config): readonly Check[] {
  const ledger = view.previous(ref)?.files ?? {};
  const file = scanLive({ root: view.path(ref), ledger, inspect: (path) => path === entry })?.files.get(entry);
  return file?.elf === undefined ? [] : [binaryCheck(`${ref}/${entry}`, file, arch)];
}

function viewing<T>(config: Config, work: (view: VolumeView) => T): Promise<T> {
  return reading(config, (database) =>
    work(viewVolume(layoutOf(config), database ? readLedger(database) : emptyLedger)),
  );
}
