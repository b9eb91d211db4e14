import type { StageRow } from "../documents.ts";
import { duration } from "../ui/time.tsx";

/** The flow from a save to the services, with what is happening now. A list for who cannot see it. */
export function Pipeline({ stages }: { readonly stages: readonly StageRow[] }) {
  return (
    <section class="pipeline" aria-label="From a save to the services">
      <ol>
        {stages.map((stage) => (
          <Stage key={stage.stage} {...stage} />
        ))}
      </ol>
    </section>
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
