import type { RegistrationReport } from "../catalog/report.ts";
import { inOneLine, PacksyncError } from "../errors.ts";
import type { Deliveries, Finished, Ready } from "../signal/deliveries.ts";
import type { Notice, Outcome } from "../signal/driver.ts";
import type { Releases } from "../signal/queue.ts";
import type { Ended, Result } from "../signal/runner.ts";
import { liveAtMs, liveOf, packNotices, type Told } from "../signal/turns.ts";
import { NOTIFIED } from "../signal/view.ts";

/** What a service is told. Who was asked for by a person is told everything, whenever it has started. */
export function noticeFor(service: string, unknown: Releases, { turns, told }: Deliveries): Notice {
  if (unknown.has(NOTIFIED)) {
    const live = [...turns.values()].flatMap((its) =>
      its.at(-1)?.release === undefined ? [] : [its.at(-1)?.pack ?? ""],
    );
    const packs = packNotices(live, new Map(), turns).map((pack) => ({ ...pack, changes: [] }));
    return { service, packs };
  }
  const packs = packNotices(unknown.keys(), told.get(service) ?? new Map(), turns);
  return { service, packs, liveAtMs: liveAtMs(unknown.keys(), turns) };
}

export function resultOf(outcome: Outcome): Result {
  switch (outcome.kind) {
    case "told":
      return { ending: "told", why: undefined, evidence: outcome.evidence };
    case "absent":
      return { ending: "absent", why: outcome.why, evidence: [] };
    case "unhealthy":
      return { ending: "unhealthy", why: outcome.why, evidence: outcome.evidence };
    default:
      return outcome satisfies never;
  }
}

export function failedBy(error: unknown): Result {
  return { ending: "failed", why: reasonOf(error), evidence: [] };
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = error instanceof PacksyncError ? error.hint : undefined;
  return inOneLine(error.message, hint);
}

/** What came of registering in the platform's database, as an attempt to tell it. */
export function databaseResult(report: RegistrationReport | undefined): Result {
  const { attune } = report ?? {};
  if (attune?.state === "registered") return { ending: "told", why: undefined, evidence: ["the database has them"] };
  return { ending: "failed", why: attune?.why ?? `the database is ${attune?.state ?? "not asked yet"}`, evidence: [] };
}

/** An attempt as it is remembered: what the service knows since, what it was told, and what it is ready with. */
export function finishedOf(ended: Ended, deliveries: Deliveries, now: Date): Finished {
  const { told, ...about } = ended;
  const { service, ending } = about;
  const { turns } = deliveries;
  const known: Told = new Map(
    [...told].flatMap(([pack, number]) => (pack === NOTIFIED ? [] : [[pack, Number(number)]])),
  );
  const packs = [...known.keys()].map((ref) => ({ ref, release: liveOf(ref, turns) }));
  const before = deliveries.ready.get(service);
  const all = new Set([...(deliveries.told.get(service)?.keys() ?? []), ...known.keys()]);
  const ready = [...all].flatMap((pack): [string, string][] => {
    const release = liveOf(pack, turns);
    return ending !== "told" || release === undefined || before?.get(pack) === release ? [] : [[pack, release]];
  });
  return { ...about, at: now.toISOString(), told: known, packs, ready: new Map(ready) };
}

/** What is remembered after an attempt. */
export function afterwards(deliveries: Deliveries, finished: Finished): Deliveries {
  const { service, ending, failures, at: since, why, evidence } = finished;
  const told: Told = new Map([...(deliveries.told.get(service) ?? []), ...finished.told]);
  const ready: Ready = new Map([...(deliveries.ready.get(service) ?? []), ...finished.ready]);
  const last = { service, ending, failures, since, why, evidence };
  return {
    ...deliveries,
    told: new Map([...deliveries.told, [service, told]]),
    ready: new Map([...deliveries.ready, [service, ready]]),
    last: new Map([...deliveries.last, [service, last]]),
  };
}
