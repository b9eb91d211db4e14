import { memo } from "preact/compat";
import type { LiveEvent } from "../../documents.ts";
import { link } from "../../route.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { absolute, duration } from "../../ui/time.tsx";

const LOOKS: Readonly<Record<LiveEvent["severity"], readonly [string, IconName]>> = {
  info: ["good", "check"],
  warning: ["warn", "warning"],
  error: ["bad", "cross"],
};

export function EventList({ events }: { readonly events: readonly LiveEvent[] }) {
  return (
    <ol class="event-list" aria-label="Events, the newest first">
      {events.map((event) => (
        <EventRow key={event.id} event={event} />
      ))}
    </ol>
  );
}

const EventRow = memo(({ event }: { readonly event: LiveEvent }) => {
  const { at, kind, severity, text, pack, release, elapsed_ms } = event;
  const [tone, icon] = LOOKS[severity];
  return (
    <li class={`event ${tone}`}>
      <time dateTime={at} title={absolute(at)}>
        {clock(at)}
      </time>
      <span class="event-look">
        <Icon name={icon} />
        <span class="sr">{severity}</span>
      </span>
      <span class="event-kind">{kind}</span>
      <span class="event-text">
        {text} {pack !== undefined && <a href={link.pack(pack)}>{pack}</a>}
        {release !== undefined && (
          <>
            {" "}
            <a class="event-release" href={link.events({ ...(pack !== undefined && { pack }), release })}>
              <span class="sr">trace of </span>
              <code>{release}</code>
            </a>
          </>
        )}
      </span>
      <span class="event-took">{elapsed_ms !== undefined && duration(elapsed_ms)}</span>
    </li>
  );
});

/** To the millisecond: what comes first matters. */
function clock(at: string): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString(undefined, { hour12: false });
  const isToday = Date.now() - date.getTime() < 12 * 3_600_000;
  const day = isToday ? "" : `${date.toLocaleDateString(undefined, { month: "short", day: "numeric" })} `;
  return `${day}${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
