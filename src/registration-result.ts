import { readEmbedded } from "./catalog/embedded.ts";
import type { RegistrationReport } from "./catalog/report.ts";
import type { Config } from "./config/config.ts";
import type { PackTestResult, RegisteredPack } from "./install/stages.ts";
import { attuneSettings } from "./registration.ts";
import type { Installed } from "./requests.ts";
import { layoutOf, reading } from "./volume-session.ts";

/** A pack that is live, and what its tests gave. */
export interface LivePack {
  readonly installed: Exclude<Installed, { readonly how: "refused" }>;
  readonly tests: PackTestResult | undefined;
}

/** Why a pack that is live is not registered; `undefined`: it is. */
export function missingRegistration(ref: string, report: RegistrationReport | undefined): string | undefined {
  const pending = report?.embedded.pending.find((pack) => pack.ref === ref);
  if (pending !== undefined) return pending.why;
  const attune = report?.attune;
  if (attune === undefined) return undefined;
  if (attune.state !== "registered" && attune.why !== undefined) return `The database: ${attune.why}`;
  const pack = attune.packs.find((each) => each.ref === ref);
  return pack === undefined || pack.state === "registered" ? undefined : (pack.why ?? pack.state);
}

/** What the catalogs have of packs that were just registered; the ids are the platform's own where its database is. */
export async function registeredPacks(packs: readonly LivePack[], config: Config): Promise<readonly RegisteredPack[]> {
  if (packs.length === 0) return [];
  const ids = await platformIds(packs, config);
  return await reading(config, (database) => {
    const catalog = database && readEmbedded(database);
    return packs.map(({ installed: { how, ref, release = "", report }, tests }) => {
      return {
        packRef: ref,
        packId: ids.get(ref) ?? catalog?.idOf(ref) ?? 0,
        version: catalog?.summary(ref)?.version ?? report?.version ?? "unknown",
        release,
        storagePath: `${layoutOf(config).root}/${ref}`,
        components: catalog?.kinds(ref) ?? {},
        tests,
        outcome: how === "live" ? "registered" : report?.outcome === "published" ? "published" : "unchanged",
        diagnostics: report?.diagnostics ?? [],
      };
    });
  });
}

async function platformIds(packs: readonly LivePack[], config: Config): Promise<ReadonlyMap<string, number>> {
  const settings = attuneSettings(config);
  if (settings === undefined) return new Map();
  const { packIds } = await import("./catalog/attune/pack-id.ts");
  return await packIds(
    settings,
    packs.map(({ installed }) => installed.ref),
  );
}
