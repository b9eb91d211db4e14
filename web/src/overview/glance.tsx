import type { ComponentChildren } from "preact";
import type { DaemonStatus, Overview, PackRow } from "../documents.ts";
import { Icon } from "../ui/icon.tsx";
import { duration, plural, Time, useTicking } from "../ui/time.tsx";
import { needsAttention } from "./pack-filter.ts";

interface GlanceProps {
  readonly packs: readonly PackRow[];
  readonly status: DaemonStatus;
  readonly volume: string;
  readonly database: Overview["database"];
}

/** One sentence that says whether everything is live. */
export function Glance({ packs, status, volume, database }: GlanceProps) {
  const waiting = useTicking((now) => packs.filter((pack) => needsAttention(pack, now)).length, [packs]).value;
  const services = status.services.filter(({ state }) => state !== "told").length;
  const isFine = waiting === 0 && status.trouble === null && status.is_running && services === 0;
  return (
    <section class="glance" aria-label="At a glance">
      <h1 class={isFine ? "good" : status.trouble === null ? "warn" : "bad"}>
        <Icon name={isFine ? (packs.length === 0 ? "box" : "check") : "warning"} />
        {sentence(packs, waiting, services, status)}
      </h1>
      <dl class="facts">
        <Fact name="Volume">
          <code>{volume}</code>
        </Fact>
        {database !== null && (
          <Fact name="Database">
            {database.state}
            {database.why !== null && <span class="muted">: {database.why}</span>}
          </Fact>
        )}
        <Fact name="Watches">
          {status.watches.toLocaleString("en")}
          {status.watches_allowed !== null && (
            <span class="muted"> of {status.watches_allowed.toLocaleString("en")}</span>
          )}
        </Fact>
        <Fact name="Missed events">{status.missed_events.toLocaleString("en")}</Fact>
        {status.lag_ms > 0 && <Fact name="Lag">{duration(status.lag_ms)}</Fact>}
        <Fact name="Last cycle">
          <Time at={status.last_cycle_at} />
        </Fact>
        <Fact name={`packsync ${status.version}`}>
          {status.since === null ? "no daemon" : <Time at={status.since} />}
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function sentence(
  packs: readonly PackRow[],
  waiting: number,
  services: number,
  { is_running, trouble }: DaemonStatus,
): string {
  if (!is_running) return "No daemon is running";
  if (trouble !== null) return "The volume cannot be used";
  if (packs.length === 0) return "Nothing was published yet";
  if (waiting > 0) return `${waiting} of ${plural(packs.length, "pack")} ${waiting === 1 ? "needs" : "need"} a look`;
  if (services > 0)
    return `All packs are live; ${plural(services, "service")} ${services === 1 ? "does" : "do"} not know yet`;
  return packs.length === 1 ? "The pack is live" : `All ${plural(packs.length, "pack")} are live`;
}
