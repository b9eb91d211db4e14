import { lstatSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Config } from "./config/config.ts";
import { routePolicyOf } from "./config/routes.ts";
import type { PackFacts } from "./pack/pack-facts.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import { changesBetween } from "./plan/between.ts";
import { labelRules } from "./plan/labels.ts";
import type { PackModel } from "./plan/meaning.ts";
import type { Router } from "./plan/route.ts";
import { type Routing, routerOf, routingOf } from "./plan/routing.ts";
import { transaction } from "./platform/database.ts";
import { livePath, type VolumeLayout } from "./publish/layout.ts";
import { type Manifest, readManifest } from "./publish/manifest.ts";
import { readScanStore } from "./scan/store.ts";
import { type Labels, saveTurns } from "./signal/deliveries.ts";
import { readModel, saveRouted, type Unrouted, unroutedIn } from "./signal/models.ts";
import { MAX_CHANGES, type Turn } from "./signal/turns.ts";

export interface RoutedDeps {
  readonly database: DatabaseSync;
  readonly config: Config;
  readonly layout: VolumeLayout;
  /** What services say of themselves. */
  readonly labels: readonly Labels[];
  readonly now: () => Date;
}

/** What became another since it was routed last (it may concern nobody), and what a person should know of it. */
export interface Concerns {
  readonly turns: readonly Turn[];
  readonly notes: readonly { readonly pack: string; readonly note: string }[];
}

/**
 * Compares what is live with what was routed last, and remembers whom the difference concerns, in one transaction. It depends on nothing but
 * what stands in the volume: whatever a crash interrupts is found again by the next one. What nobody knows any more concerns everybody.
 */
export function routeChanges(deps: RoutedDeps): Concerns {
  const unrouted = unroutedIn(deps.database);
  if (unrouted.length === 0) return { turns: [], notes: [] };
  const router = routerWith(deps);
  return transaction(deps.database, () => {
    let number = lastNumber(deps.database);
    const routed = unrouted.map((each) => {
      const { routing, model, liveAtMs } = routeOne(each, router, deps);
      saveRouted(deps.database, each, model);
      return { turn: turnOf(each, routing, liveAtMs, ++number), notes: routing.notes };
    });
    const turns = routed.map(({ turn }) => turn);
    saveTurns(deps.database, turns);
    return { turns, notes: routed.flatMap(({ turn, notes }) => notes.map((note) => ({ pack: turn.pack, note }))) };
  });
}

function lastNumber(database: DatabaseSync): number {
  const row = database
    .prepare(`SELECT max(number) AS last FROM (SELECT number FROM turn UNION ALL SELECT number FROM told)`)
    .get();
  return Number(row?.["last"] ?? 0);
}

function routerWith({ config, labels }: RoutedDeps): Router {
  const said = labels.flatMap(({ service, when }) => (when === undefined ? [] : [labelRules({ service, when }).rules]));
  return { ...routerOf(routePolicyOf(config)), additional: said };
}

interface RoutedOne {
  readonly routing: Routing;
  readonly model: PackFacts | undefined;
  readonly liveAtMs: number;
}

function routeOne(unrouted: Unrouted, router: Router, deps: RoutedDeps): RoutedOne {
  const { database, config, layout } = deps;
  const ref = asPackRef(unrouted.pack);
  const manifestOf = (release: string | undefined) => ref && release && readManifest(layout, ref, release);
  const [before, after] = [manifestOf(unrouted.before), manifestOf(unrouted.release)].map((each) => each || undefined);
  const model = modelOf(unrouted, after, database);
  const source = (after ?? before)?.source?.name ?? "";
  const changes = changesBetween(before?.files ?? {}, after?.files ?? {});
  const becomes = unrouted.release === undefined ? "retired" : "published";
  const pack = { ref: unrouted.pack, source, changes, becomes, ...model } as const;
  const routing = routingOf(pack, router, routePolicyOf(config));
  return { routing, model: model.after, liveAtMs: liveAt(ref, after, deps) };
}

/** By what its programs were when it was routed last, and by what they are; of a release that came back, by what they were then. */
function modelOf({ pack, before }: Unrouted, after: Manifest | undefined, database: DatabaseSync): PackModel {
  const { source } = after ?? {};
  const scanned = source && readScanStore(database).facts(source.name, source.directory);
  const [was, is] = [readModel(database, pack, before), readModel(database, pack, after?.restores) ?? scanned];
  const isForgotten = was === undefined && is === undefined;
  return {
    dialect: is?.dialect ?? was?.dialect ?? "attune",
    before: was,
    after: is,
    ...(isForgotten && { isForgotten }),
  };
}

/** Going live renames the directory, and that stamps its ctime; a later stamp only makes somebody be told who need not. */
function liveAt(ref: PackRef | undefined, manifest: Manifest | undefined, { layout, now }: RoutedDeps): number {
  const stats = ref && manifest && lstatSync(livePath(layout, ref), { throwIfNoEntry: false });
  if (!stats || manifest === undefined) return now().getTime();
  return Math.max(Date.parse(manifest.publishedAt), stats.ctimeMs);
}

function turnOf({ pack, release }: Unrouted, { targets, changes }: Routing, liveAtMs: number, number: number): Turn {
  const told = changes.filter(({ tells }) => tells.length > 0).slice(0, MAX_CHANGES);
  return {
    number,
    pack,
    release,
    liveAtMs,
    targets: targets.map(({ target }) => target),
    changes: told.map(({ path, meaning: { kind } }) => ({ path, meaning: kind })),
  };
}
