import { isAcrossPacks } from "../pack/across-files.ts";
import type { World } from "../pack/check-world.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { isReference, type Outside, packOf } from "../pack/pack-facts.ts";
import { asPackRef } from "../pack/ref.ts";
import type { ForeignPack } from "../scan/foreign.ts";
import type { CycleDeps } from "./deps.ts";
import type { Prepared } from "./prepared.ts";
import type { Survey } from "./survey.ts";

/**
 * What packs need of each other, once all of them are known: the order in which they were scanned does not matter. What
 * is found is part of each report, and remembered with the pack.
 *
 * While no pack changed, only those are looked at that missed something: another hand may have brought it.
 */
export async function judgeWorld(
  prepared: readonly Prepared[],
  found: Survey,
  deps: CycleDeps,
): Promise<readonly Prepared[]> {
  const isChanged = found.gone.length > 0 || prepared.some(({ scanned }) => scanned !== undefined);
  const affected = prepared.filter((pack) => isChanged || misses(pack));
  if (affected.length === 0) return prepared;
  const outsides = new Map(affected.map((pack) => [pack, outsideOf(pack, deps)]));
  const wanted = new Set([...outsides.values()].flatMap((outside) => outside?.wants ?? []).map(packWanted));
  if (wanted.size === 0 && !affected.some(misses)) return prepared;

  const { checkWorld } = await import("../pack/check-world.ts");
  const world = await worldOf(wanted, prepared, found, deps);
  return prepared.map((pack) => {
    const outside = outsides.get(pack);
    return outside === undefined ? pack : withFindings(pack, checkWorld(outside, world), deps);
  });
}

function misses({ report }: Prepared): boolean {
  return report.diagnostics.some(({ code }) => isAcrossPacks(code));
}

function packWanted({ to, target }: Outside["wants"][number]): string {
  return isReference(to) ? packOf(target) : target;
}

function outsideOf({ scanned, report: { source, directory } }: Prepared, { store }: CycleDeps): Outside | undefined {
  return scanned === undefined ? store.outside(source, directory) : scanned.outside;
}

/** What a pack has that somebody needs. */
interface Known {
  readonly version: string | undefined;
  readonly refs: ReadonlySet<string>;
}

/** Only packs that are wanted are looked at: those of the sources by what is known of them, others in the volume. */
async function worldOf(
  wanted: ReadonlySet<string>,
  prepared: readonly Prepared[],
  found: Survey,
  deps: CycleDeps,
): Promise<World> {
  const packs = new Map<string, Known>();
  const isLeaving = (name: string) => found.gone.some((gone) => gone.record.ref === name && retires(gone, prepared));
  for (const name of wanted) {
    const known = ofSources(name, prepared, found, deps) ?? (isLeaving(name) ? undefined : await ofVolume(name, deps));
    if (known !== undefined) packs.set(name, known);
  }
  return {
    has: (kind, ref) => packs.get(packOf(ref))?.refs.has(`${kind} ${ref}`) === true,
    hasPack: (ref) => packs.has(ref),
    versionOf: (ref) => packs.get(ref)?.version,
  };
}

/** Still in the volume, but not for long; a pack whose new name is rejected stays. */
function retires({ record, held }: Survey["gone"][number], prepared: readonly Prepared[]): boolean {
  const successor = prepared.find(
    ({ report: { source, directory } }) => source === record.source && directory === record.directory,
  );
  return held === undefined && !["rejected", "failed"].includes(successor?.report.outcome ?? "");
}

function ofSources(name: string, prepared: readonly Prepared[], { byRef }: Survey, deps: CycleDeps): Known | undefined {
  const ref = asPackRef(name);
  const claim = ref && byRef.get(ref)?.[0];
  const own = prepared.filter((pack) => ref !== undefined && pack.ref === ref);
  if (own.length > 0) {
    const offers = own.flatMap((pack) => outsideOf(pack, deps)?.offers ?? []);
    return { version: own.at(-1)?.report.version, refs: refsOf(offers) };
  }
  if (claim === undefined) return undefined;
  const offers = deps.store.outside(claim.source, claim.directory)?.offers ?? [];
  return { version: claim.look.identity?.version, refs: refsOf(offers) };
}

async function ofVolume(name: string, { scanner, volume }: CycleDeps): Promise<Known | undefined> {
  const ref = asPackRef(name);
  const foreign = ref && volume.isLive(ref) ? await scanner.readForeign(volume.path(ref), ref) : undefined;
  return foreign && { version: foreign.version, refs: refsOf(foreign.offers) };
}

function refsOf(offers: ForeignPack["offers"]): ReadonlySet<string> {
  return new Set(offers.map(({ kind, ref }) => `${kind} ${ref}`));
}

/** Written only when it says something else than the last time. */
function withFindings(pack: Prepared, findings: readonly Diagnostic[], { store }: CycleDeps): Prepared {
  const { report, scanned } = pack;
  const known = scanned?.diagnostics ?? report.diagnostics;
  const own = known.filter(({ code }) => !isAcrossPacks(code));
  const said = [...own, ...findings];
  if (JSON.stringify(said) === JSON.stringify(known)) return pack;
  store.restate({ source: report.source, directory: report.directory, diagnostics: said });
  const others = report.diagnostics.filter(({ code }) => !isAcrossPacks(code));
  return { ...pack, report: { ...report, diagnostics: [...others, ...findings] } };
}
