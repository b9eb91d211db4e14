import { batch, computed, signal } from "@preact/signals";
import { ask, type Failure, isFailure } from "./api.ts";
import type { DaemonStatus, EventPage, LiveEvent, Overview, PackRow, Session, StageRow } from "./documents.ts";
import { hearLive } from "./live.ts";

/** What is asked for: under way, there, or refused. */
export type Load<T> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: T }
  | { readonly state: "failed"; readonly failure: Failure };

export const session = signal<Load<Session>>({ state: "loading" });
export const overview = signal<Load<Overview>>({ state: "loading" });
/** As the last word of the live events has it. */
export const daemon = signal<DaemonStatus | undefined>(undefined);
/** The newest last. */
export const recentEvents = signal<readonly LiveEvent[]>([]);

const KEPT_EVENTS = 500;

export const mayRead = computed(() => session.value.state === "ready" && has(session.value.value, "packs:read"));
export const mayChange = computed(() => session.value.state === "ready" && has(session.value.value, "packs:create"));

function has({ scopes }: Session, scope: string): boolean {
  return scopes.includes(scope);
}

/** How long each stage took the last time that anything was published, or told. */
export const lastTimes = computed<ReadonlyMap<StageRow["stage"], number>>(() => {
  const times = new Map<StageRow["stage"], number>();
  for (const { kind, elapsed_ms, stages = [] } of recentEvents.value) {
    if (kind === "service.told" && elapsed_ms !== undefined) times.set("signal", elapsed_ms);
    for (const { stage, ms } of stages) times.set(stage, ms);
  }
  return times;
});

let live: Disposable | undefined;
let lastEventId = 0;
const listeners = new Set<(event: LiveEvent) => void>();

/** Hears every live event from now on. */
export function onLiveEvent(listener: (event: LiveEvent) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Finds out who looks at the page, and begins to hear what happens. */
export async function begin(): Promise<void> {
  const answer = await ask<Session>("api/v1/session");
  session.value = isFailure(answer)
    ? { state: "failed", failure: answer.failure }
    : { state: "ready", value: answer.data };
  if (!mayRead.value) return;
  // First what happened, then how everything is: what comes in between is heard, and asked for again.
  await readHistory();
  await refresh();
  live?.[Symbol.dispose]();
  live = hearLive({
    after: () => lastEventId,
    onEvent: hearEvent,
    onStatus: (status) => {
      daemon.value = status;
    },
    onGap: () => void refresh(),
    onStranger: () => void end(),
  });
}

/** @returns why not */
export async function signIn(token: string): Promise<Failure | undefined> {
  const answer = await ask<Session>("api/v1/session", { method: "POST", body: { token } });
  if (isFailure(answer)) return answer.failure;
  await begin();
  return undefined;
}

export async function signOut(): Promise<void> {
  await ask("api/v1/session", { method: "DELETE" });
  await end();
}

/** Nothing of what was shown stays. */
async function end(): Promise<void> {
  live?.[Symbol.dispose]();
  live = undefined;
  batch(() => {
    overview.value = { state: "loading" };
    daemon.value = undefined;
    recentEvents.value = [];
  });
  await begin();
}

function hearEvent(event: LiveEvent): void {
  lastEventId = Math.max(lastEventId, event.id);
  recentEvents.value = [...recentEvents.value.slice(1 - KEPT_EVENTS), event];
  for (const listener of listeners) listener(event);
  void refreshSoon();
}

/** So many are known from before. */
const REMEMBERED = 50;

async function readHistory(): Promise<void> {
  const answer = await ask<EventPage>(`api/v1/events/history?limit=${REMEMBERED}`);
  if (isFailure(answer)) return; // news are heard all the same
  recentEvents.value = answer.data.events.toReversed();
  lastEventId = Math.max(lastEventId, recentEvents.value.at(-1)?.id ?? 0);
}

/** Between two looks at everything; where many packs make that dear, it takes a small part of the time. */
const REST_MS = 700;
const SHARE = 10;
let notBefore = Number.NEGATIVE_INFINITY;
let waiting: Promise<void> | undefined;

/** The first event is shown at once; many one after another, now and then. */
function refreshSoon(): Promise<void> {
  waiting ??= new Promise((resolve) => {
    const wait = Math.max(0, notBefore - performance.now());
    setTimeout(() => {
      waiting = undefined;
      void refresh().then(resolve);
    }, wait);
  });
  return waiting;
}

/** Asks for everything anew. What was shown stays until then, and if it fails. */
export async function refresh(): Promise<void> {
  const begun = performance.now();
  notBefore = begun + REST_MS;
  const answer = await ask<Overview>("api/v1/overview");
  notBefore = Math.max(notBefore, begun + SHARE * (performance.now() - begun));
  if (isFailure(answer)) {
    if (answer.failure.status === 401) return void (mayRead.value && (await end()));
    if (overview.value.state !== "ready") overview.value = { state: "failed", failure: answer.failure };
    return;
  }
  const { data } = answer;
  lastEventId = Math.max(lastEventId, data.last_event_id);
  batch(() => {
    overview.value = { state: "ready", value: { ...data, packs: keepSame(packsShown(), data.packs) } };
    daemon.value = data.daemon;
  });
}

function packsShown(): readonly PackRow[] {
  return overview.value.state === "ready" ? overview.value.value.packs : [];
}

/** What did not change is the same value, and is not drawn anew. */
function keepSame(before: readonly PackRow[], now: PackRow[]): PackRow[] {
  const known = new Map(before.map((row) => [keyOf(row), row]));
  return now.map((row) => {
    const old = known.get(keyOf(row));
    return old !== undefined && JSON.stringify(old) === JSON.stringify(row) ? old : row;
  });
}

/** One ref may stand in two sources. */
export function keyOf({ ref, source, directory, state }: PackRow): string {
  return JSON.stringify([ref, source, directory, state === "shadowed"]);
}
