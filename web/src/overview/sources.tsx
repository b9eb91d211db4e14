import type { SourceRow } from "../documents.ts";
import { plural } from "../text.ts";
import { Badge, type Tone } from "../ui/badge.tsx";
import type { IconName } from "../ui/icon.tsx";
import { duration, Time } from "../ui/time.tsx";

export function Sources({ sources }: { readonly sources: readonly SourceRow[] }) {
  return (
    <section class="panel" aria-label="Sources">
      <h2>Sources</h2>
      {sources.length === 0 && <p class="muted">None is configured.</p>}
      <ul class="items">
        {sources.map((source) => (
          <Source key={source.name} {...source} />
        ))}
      </ul>
    </section>
  );
}

interface Shown {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly means: string;
}

const WATCHING: Readonly<Record<NonNullable<SourceRow["watching"]>, Shown>> = {
  events: { tone: "good", icon: "check", means: "Changes announce themselves." },
  polling: { tone: "info", icon: "clock", means: "Changes do not announce themselves here: packsync looks for them." },
  degraded: { tone: "warn", icon: "warning", means: "Not all of it can be watched: packsync looks for changes." },
  vanished: { tone: "bad", icon: "cross", means: "It is not there." },
};

/** Many machines have no source for development, and need none. */
const ABSENT: Shown = { tone: "quiet", icon: "dash", means: "It is not there, and need not be." };

function Source({
  name,
  path,
  kind,
  watching,
  held,
  packs,
  events,
  missed_events,
  rescan_interval_ms,
  last_rescan_at,
}: SourceRow) {
  const isAbsent = watching === "vanished" && kind === "development" && held === null;
  const isPolled = watching === "polling" || watching === "degraded";
  return (
    <li>
      <div class="item-head">
        <strong>{name}</strong>
        {kind === "development" && <span class="muted">development</span>}
        {held !== null && <Badge tone="warn" icon="hand" text="held" title={held} />}
        {watching === null ? (
          <Badge tone="quiet" icon="dash" text="not watched" />
        ) : (
          <Watched {...(isAbsent ? { ...ABSENT, text: "absent" } : { ...WATCHING[watching], text: watching })} />
        )}
      </div>
      <code class="path">{path}</code>
      {held !== null && <p class="why">Held ({held}): nothing of it is removed.</p>}
      <p class="muted">
        {plural(packs, "pack")}, {plural(events, "event")}, {missed_events.toLocaleString("en")} missed
        {isPolled && rescan_interval_ms !== null && <>, looked at every {duration(rescan_interval_ms)}</>}
        {last_rescan_at !== null && (
          <>
            , last rescan <Time at={last_rescan_at} />
          </>
        )}
      </p>
    </li>
  );
}

function Watched({ means, ...shown }: Shown & { readonly text: string }) {
  return <Badge {...shown} title={means} />;
}
