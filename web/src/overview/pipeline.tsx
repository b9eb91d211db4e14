import type { StageRow } from "../documents.ts";
import { link } from "../route.ts";
import { lastTimes, recentEvents } from "../store.ts";
import { Icon } from "../ui/icon.tsx";
import { duration, Time } from "../ui/time.tsx";

/** The flow from a save to the services, with what is happening now. A list for who cannot see it. */
export function Pipeline({ stages }: { readonly stages: readonly StageRow[] }) {
  return (
    <section class="pipeline" aria-label="From a save to the services">
      <ol class="stages">
        {stages.map((stage) => (
          <Stage key={stage.stage} {...stage} last_ms={stage.last_ms ?? lastTimes.value.get(stage.stage) ?? null} />
        ))}
      </ol>
      <Lately />
    </section>
  );
}

/** So many are shown. */
const LATELY = 3;

/** What happened last, the newest first. */
function Lately() {
  const events = recentEvents.value.slice(-LATELY).toReversed();
  if (events.length === 0) return null;
  return (
    <ol class="lately" aria-label="What happened last">
      {events.map(({ id, at, severity, text, release, pack = "" }) => (
        <li key={id} class={severity}>
          {severity !== "info" && <Icon name="warning" />}
          {release === undefined ? (
            <span class="what">{text}</span>
          ) : (
            <a class="what" href={link.events({ pack, release })}>
              {text}
            </a>
          )}
          <Time at={at} />
        </li>
      ))}
    </ol>
  );
}

const MEANS: Readonly<Record<StageRow["stage"], string>> = {
  watch: "hears of changes",
  settle: "waits for a quiet moment",
  scan: "reads what changed",
  validate: "looks for errors",
  stage: "builds the next release",
  publish: "makes it live, at once",
  register: "tells the database",
  signal: "tells the services",
};

function Stage({ stage, state, age_ms, last_ms }: StageRow) {
  return (
    <li class={`stage ${state}`} title={MEANS[stage]}>
      <span class="stage-dot" aria-hidden="true" />
      <span class="stage-name">{stage}</span>
      <span class="stage-state">{stateText(state, age_ms)}</span>
      <span class="stage-last">
        {last_ms === null ? (
          <span class="muted">–</span>
        ) : (
          <>
            <span class="sr">took </span>
            {duration(last_ms)}
          </>
        )}
      </span>
    </li>
  );
}

function stateText(state: StageRow["state"], ageMs: number): string {
  switch (state) {
    case "idle":
      return "idle";
    case "busy":
      return ageMs < 1000 ? "busy" : `busy for ${duration(ageMs)}`;
    case "stalled":
      return `stalled for ${duration(ageMs)}`;
    default:
      return state satisfies never;
  }
}
