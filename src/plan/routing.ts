import { type Channel, type PresetName, presetRules } from "./presets.ts";
import { type RoutedChange, type RoutedPack, type Router, type Rule, routePack } from "./route.ts";

/** Who is told of a pack's changes. */
export interface Routing {
  /** Sorted by path. */
  readonly changes: readonly RoutedChange[];
  /** Each once, with the number of changes that lead there, and the first of them as the reason. */
  readonly targets: readonly Target[];
  /** What a person should know about it. */
  readonly notes: readonly string[];
}

export interface Target {
  /** A glob of services, `register` or `environments`. */
  readonly target: string;
  readonly changes: number;
  /** `actions/echo.yaml: definition of kind action`. */
  readonly because: string;
}

/** The routes as they were configured. */
export interface RoutePolicy {
  readonly preset: PresetName;
  readonly channel: Channel;
  readonly routes: readonly Rule[];
}

/** A pack that goes has nothing left to register, nor to install. */
export interface PackToRoute extends RoutedPack {
  readonly becomes: "published" | "retired";
}

/** The user's rules come first, then those of the preset. */
export function routerOf({ preset, channel, routes }: RoutePolicy): Router {
  const ordered = [
    { name: "packsync.yaml", rules: routes },
    { name: `preset ${preset}`, rules: presetRules(preset, channel) },
  ];
  return { ordered, additional: [] };
}

/** Whom a sync tells of a pack, and why. */
export function routingOf(pack: PackToRoute, router: Router, policy: RoutePolicy): Routing {
  const routed = routePack(pack, router);
  const changes = pack.becomes === "retired" ? routed.map(withoutPlatform) : routed;
  const byTarget = Map.groupBy(
    changes.flatMap(({ path, meaning, tells }) => tells.map(({ target }) => ({ target, path, meaning }))),
    ({ target }) => target,
  );
  const targets = Array.from(byTarget, ([target, [first, ...others]]): Target => {
    return { target, changes: others.length + 1, because: `${first?.path}: ${first?.meaning.why}` };
  });
  return { changes, targets: targets.sort(platformFirst), notes: notes(pack, changes, policy) };
}

/** What is no service, but done at the platform. */
function isPlatformTarget(target: string): target is "register" | "environments" {
  return target === "register" || target === "environments";
}

function withoutPlatform(change: RoutedChange): RoutedChange {
  return { ...change, tells: change.tells.filter(({ target }) => !isPlatformTarget(target)) };
}

/** Registering comes before everything else, as a restarted service reads the database. */
function platformFirst(a: Target, b: Target): number {
  const order = Number(isPlatformTarget(b.target)) - Number(isPlatformTarget(a.target));
  return order || (a.target < b.target ? -1 : 1);
}

function notes({ becomes }: PackToRoute, changes: readonly RoutedChange[], { preset, channel }: RoutePolicy): string[] {
  const isOfDatabase = changes.some(({ meaning: { component } }) => component !== undefined);
  if (!isOfDatabase || preset === "none") return [];
  if (becomes === "retired") return ["the database still has its definitions: remove the pack there"];
  return channel === "no-channel" && preset === "attune" ? [OLD_DEFINITION] : [];
}

const OLD_DEFINITION =
  "the database still has the old definition: set `platform.url` or `database.url` to have it registered";
