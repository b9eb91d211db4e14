import type { ComponentChildren } from "preact";
import type { DaemonStatus, Overview, PackRow } from "../documents.ts";
import { Icon } from "../ui/icon.tsx";
import { duration, Time, useTicking } from "../ui/time.tsx";
import { verdictOf } from "./verdict.ts";

interface GlanceProps {
  readonly packs: readonly PackRow[];
  readonly status: DaemonStatus;
  readonly volume: string;
  readonly database: Overview["database"];
}

/** One sentence that says whether everything is live. */
export function Glance({ packs, status, volume, database }: GlanceProps) {
  const text = useTicking((now) => verdictOf(packs, status, now).text, [packs, status]).value;
  const tone = useTicking((now) => verdictOf(packs, status, now).tone, [packs, status]).value;
  return (
    <section class="glance" aria-label="At a glance">
      <h1 class={tone}>
        <Icon name={tone === "good" ? (packs.length === 0 ? "box" : "check") : "warning"} />
        {text}
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
