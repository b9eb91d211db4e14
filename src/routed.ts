import { lstatSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Config } from "./config/config.ts";
import { routePolicyOf } from "./config/routes.ts";
import { mountedSources } from "./delivery/may-tell.ts";
import type { PackFacts } from "./pack/pack-facts.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import type { FileEntry } from "./pack/snapshot.ts";
import { changesBetween } from "./plan/between.ts";
import { labelRules } from "./plan/labels.ts";
import type { PackModel } from "./plan/meaning.ts";
import type { Router } from "./plan/route.ts";
import { type Routing, routerOf, routingOf } from "./plan/routing.ts";
import { transaction } from "./platform/database.ts";
import { livePath, type VolumeLayout } from "./publish/layout.ts";
import { type Manifest, readManifest } from "./publish/manifest.ts";
import { readMountedAs } from "./scan/mounted.ts";
import { readScanStore } from "./scan/store.ts";
import { type Labels, saveTurns } from "./signal/deliveries.ts";
import {
  type RoutedMounted,
  readModel,
  readRoutedMounted,
  saveRouted,
  saveRoutedMounted,
  type Unrouted,
  unroutedIn,
} from "./signal/models.ts";
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
  const unrouted = unroutedIn(deps.database, mountedSources(deps.config));
  if (unrouted.length === 0) return { turns: [], notes: [] };
  const router = routerWith(deps);
  return transaction(deps.database, () => {
    let number = lastNumber(deps.database);
    const routed = unrouted.map((each) => {
      const { routing, model, liveAtMs, mounted } = routeOne(each, router, deps);
      saveRouted(deps.database, each, model);
      saveRoutedMounted(deps.database, each.pack, mounted);
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
  /** What is to be remembered of a pack that services read in its source. */
  readonly mounted: RoutedMounted | undefined;
}

function routeOne(unrouted: Unrouted, router: Router, deps: RoutedDeps): RoutedOne {
  const [before, after] = [stateBefore(unrouted, deps), stateAfter(unrouted, deps)];
  const model = modelOf(unrouted, after, deps.database);
  const source = (after ?? before)?.source?.name ?? "";
  const changes = changesBetween(before?.files ?? {}, after?.files ?? {});
  const becomes = unrouted.release === undefined ? "retired" : "published";
  const pack = { ref: unrouted.pack, source, changes, becomes, ...model } as const;
  const routing = routingOf(pack, router, routePolicyOf(deps.config));
  const mounted = after?.isMounted ? { source, files: after.files } : undefined;
  return { routing, model: model.after, liveAtMs: after?.liveAtMs ?? deps.now().getTime(), mounted };
}

/** A pack as it is live, in the volume or in a source that services read where it is. */
interface LiveState {
  readonly files: Readonly<Record<string, FileEntry>>;
  readonly source: { readonly name: string; readonly directory: string } | undefined;
  readonly restores: string | undefined;
  readonly liveAtMs: number | undefined;
  readonly isMounted: boolean;
}

function stateBefore({ pack, before }: Unrouted, deps: RoutedDeps): LiveState | undefined {
  const mounted = before === undefined ? undefined : readRoutedMounted(deps.database, pack);
  if (mounted === undefined) return publishedState(pack, before, deps);
  const source = { name: mounted.source, directory: pack };
  return { files: mounted.files, source, restores: undefined, liveAtMs: undefined, isMounted: true };
}

function stateAfter({ pack, release }: Unrouted, deps: RoutedDeps): LiveState | undefined {
  const mounted = release === undefined ? undefined : readMountedAs(deps.database, pack, release);
  if (mounted === undefined) return publishedState(pack, release, deps);
  const { files, source: name, directory, seenAtMs: liveAtMs } = mounted;
  return { files, source: { name, directory }, restores: undefined, liveAtMs, isMounted: true };
}

function publishedState(pack: string, release: string | undefined, deps: RoutedDeps): LiveState | undefined {
  const ref = asPackRef(pack);
  const manifest = ref && release && readManifest(deps.layout, ref, release);
  if (!ref || !manifest) return undefined;
  const { files, source, restores } = manifest;
  return { files, source, restores, liveAtMs: liveAt(ref, manifest, deps), isMounted: false };
}

/** By what its programs were when it was routed last, and by what they are; of a release that came back, by what they were then. */
function modelOf({ pack, before }: Unrouted, after: LiveState | undefined, database: DatabaseSync): PackModel {
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
function liveAt(ref: PackRef, manifest: Manifest, { layout }: RoutedDeps): number | undefined {
  const stats = lstatSync(livePath(layout, ref), { throwIfNoEntry: false });
  return stats && Math.max(Date.parse(manifest.publishedAt), stats.ctimeMs);
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
