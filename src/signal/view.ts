import type { Deliveries, LastAttempt } from "./deliveries.ts";
import { type Queue, type QueuePolicy, type ServiceState, type ServiceStatus, statusOf, unknownTo } from "./queue.ts";
import { remembered } from "./runner.ts";
import { isOfPlatform, isPattern, names, wantedBy } from "./targets.ts";
import type { Turns } from "./turns.ts";

/** Where a service stands. */
export interface ServiceView {
  readonly service: string;
  readonly state: ServiceStatus;
  /** ISO time of the last attempt's end. */
  readonly since: string | undefined;
  /** Refs of packs that it does not know as they are. */
  readonly waiting: readonly string[];
  /** Since the last success. */
  readonly failures: number;
  /** Of `absent`, `unhealthy`, `failed` and `retrying`. */
  readonly why: string | undefined;
  readonly evidence: readonly string[];
}

/** Services that count as `failed` after so many attempts. */
export const FAILED_AFTER = 10;

type Failing = Pick<QueuePolicy, "failedAfter">;

/** Sorted by name, what is done at the platform first. */
export function viewsOf(
  queue: Queue,
  { turns, last }: Pick<Deliveries, "turns" | "last">,
  policy: Failing,
): readonly ServiceView[] {
  const concerned = [...queue].filter(([, { wanted }]) => wanted.size > 0);
  const nobody = patternsOf(turns).filter((pattern) => ![...queue.keys()].some((service) => names(service)(pattern)));
  const views = concerned.map(([service, state]) => viewOf(service, state, last.get(service), policy));
  return [...views, ...nobody.map(absentView)].sort(inOrder);
}

function inOrder({ service: a }: ServiceView, { service: b }: ServiceView): number {
  return Number(isOfPlatform(b)) - Number(isOfPlatform(a)) || (a < b ? -1 : 1);
}

function absentView(service: string): ServiceView {
  const why = "no service of such a name has a container";
  return { service, state: "absent", since: undefined, waiting: [], failures: 0, why, evidence: [] };
}

function viewOf(service: string, state: ServiceState, last: LastAttempt | undefined, policy: Failing): ServiceView {
  const { failures } = state;
  const waiting = [...unknownTo(state).keys()].filter((pack) => pack !== NOTIFIED);
  const status = statusOf(state, policy);
  const isGood = status === "told" || status === "pending";
  const { since, why, evidence = [] } = last ?? {};
  return { service, state: status, since, waiting, failures, why: isGood ? undefined : why, evidence };
}

/** Stands for a pack where a person asked that a service be told. */
export const NOTIFIED = "";

/** What is known without asking the engine: which services a glob names only the daemon knows. */
export function queueOf({ turns, told, last, labels }: Deliveries): Queue {
  const services = new Set([...literalsOf(turns), ...told.keys(), ...labels.map(({ service }) => service)]);
  return new Map([...services].map((service) => [service, stateOf(service, { turns, told, last })]));
}

/** What a service is to know, and does. */
export function stateOf(
  service: string,
  { turns, told, last }: Pick<Deliveries, "turns" | "told" | "last">,
): ServiceState {
  const known = new Map([...(told.get(service) ?? [])].map(([pack, number]) => [pack, String(number)]));
  return remembered(wantedBy(service, turns), known, last.get(service));
}

/** Targets that are services by their name. */
export function literalsOf(turns: Turns): readonly string[] {
  return targetsOf(turns).filter((target) => !isPattern(target));
}

function patternsOf(turns: Turns): readonly string[] {
  return targetsOf(turns).filter(isPattern);
}

function targetsOf(turns: Turns): readonly string[] {
  return [...new Set([...turns.values()].flatMap((its) => its.flatMap(({ targets }) => targets)))];
}
