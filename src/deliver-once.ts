import type { RegistrationReport } from "./catalog/report.ts";
import type { Config } from "./config/config.ts";
import { type Delivery, openDelivery } from "./delivery/delivery.ts";
import { journalIn } from "./delivery/journal.ts";
import { canTell, nobodyToTell } from "./delivery/may-tell.ts";
import { reasonOf } from "./delivery/results.ts";
import type { Log } from "./platform/log.ts";
import type { NotifyReport } from "./requests.ts";
import type { Concerns } from "./routed.ts";
import type { ServiceView } from "./signal/view.ts";
import { layoutOf, type VolumeSession } from "./volume-session.ts";

interface OnceDeps {
  readonly config: Config;
  readonly log: Log;
  readonly registration?: RegistrationReport;
}

/** Where services stand after a run, and what a person should know of whom its changes concern. */
export interface Told {
  readonly services: readonly ServiceView[];
  readonly notes: Concerns["notes"];
}

/** So long a run waits for services. What is not told by then, the daemon or the next run tells. */
const PATIENCE_MS = 20_000;

/** What `--once` does: it remembers whom the changes concern, and tells those that can be told in time. Throws nothing: the publish is over. */
export async function deliverOnce(session: VolumeSession, deps: OnceDeps, abort: AbortSignal): Promise<Told> {
  const notes: Concerns["notes"][number][] = [];
  try {
    await using delivery = await open(session, { ...deps, onNotes: (found) => notes.push(...found) });
    await delivery.look();
    await delivery.settled(AbortSignal.any([abort, AbortSignal.timeout(PATIENCE_MS)]));
    const views = delivery.views();
    await delivery.giveUp(`was not told within ${PATIENCE_MS / 1000} s`);
    return { services: views, notes };
  } catch (error) {
    deps.log.error({ why: reasonOf(error) }, "services could not be told; the next run tries again");
    return { services: [], notes };
  }
}

/** @throws PacksyncError `USAGE` where nobody can be told */
export async function notifyOnce(
  service: string,
  session: VolumeSession,
  deps: OnceDeps,
  abort: AbortSignal,
): Promise<NotifyReport> {
  if (!canTell(deps.config)) throw nobodyToTell();
  await using delivery = await open(session, deps);
  abort.throwIfAborted();
  await delivery.look();
  const { told: _, ...report } = await delivery.notify(service);
  return report;
}

interface Opening extends OnceDeps {
  readonly onNotes?: (notes: Concerns["notes"]) => void;
}

function open({ database }: VolumeSession, { config, log, registration, onNotes }: Opening): Promise<Delivery> {
  return openDelivery({
    config,
    log,
    journal: journalIn(database, config, layoutOf(config)),
    onConcerns: ({ notes }) => {
      for (const { pack, note } of notes) log.warn({ pack }, note);
      onNotes?.(notes);
    },
    onDelivered: ({ service, ending, why }) => log.info({ service, ending, why }, "service"),
    registered: async () => registration,
  });
}
