import { useEffect, useState } from "preact/hooks";
import { ask, isFailure } from "../../api.ts";
import type { EventPage, LiveEvent } from "../../documents.ts";
import { link } from "../../route.ts";
import { type Load, onLiveEvent } from "../../store.ts";
import { Icon } from "../../ui/icon.tsx";
import { duration, Time } from "../../ui/time.tsx";
import { Empty, Loaded } from "../../ui/views.tsx";
import { concerns, type Trace, traceOf } from "./traces.ts";

interface TraceViewProps {
  readonly release: string;
  /** Its pack; "": nobody said. */
  readonly pack: string;
  /** Where one goes who has seen enough. */
  readonly closed: string;
}

/** One release, from the save to the last acknowledgement. */
export function TraceView({ release, pack, closed }: TraceViewProps) {
  const load = useEventsOf(release, pack);
  return (
    <section class="trace" aria-labelledby="trace">
      <header class="trace-head">
        <h2 id="trace">
          Release <code>{release}</code>
        </h2>
        <a href={closed}>Close</a>
      </header>
      <Loaded load={load} what="its events">
        {(events) => {
          const trace = traceOf(release, pack, events);
          return trace === undefined ? <Unknown /> : <Steps trace={trace} />;
        }}
      </Loaded>
    </section>
  );
}

function Unknown() {
  return (
    <Empty title="No events of this release are kept" icon="clock">
      <p>It is older than what is kept, or was published by a run of its own.</p>
    </Empty>
  );
}

function Steps({ trace }: { readonly trace: Trace }) {
  const { pack, version, savedAt, steps, stages, waiting, totalMs } = trace;
  return (
    <>
      <p>
        {pack !== undefined && <a href={link.pack(pack)}>{pack}</a>} {version}, saved{" "}
        <Time at={new Date(savedAt).toISOString()} />.{" "}
        {waiting.length === 0 ? <>All done after {duration(totalMs)}.</> : <>Still to be told: {waiting.join(", ")}.</>}
      </p>
      {stages.length > 0 && <StageBar stages={stages} />}
      <ol class="steps" aria-label="What became of it">
        {steps.map(({ event, sinceMs }) => (
          <li key={event.id} class={event.severity}>
            <span class="since">+{duration(sinceMs)}</span>
            <span class="event-kind">{event.kind}</span>
            <span>{event.text}</span>
          </li>
        ))}
        {waiting.map((service) => (
          <li key={service} class="waiting">
            <span class="since">
              <Icon name="clock" />
            </span>
            <span class="event-kind">service</span>
            <span>{service} was not told yet</span>
          </li>
        ))}
      </ol>
    </>
  );
}

/** How the time was spent: longer stages are wider, and each says how long it took. */
function StageBar({ stages }: { readonly stages: Trace["stages"] }) {
  return (
    <ol class="stage-bar" aria-label="How long each stage took">
      {stages.map(({ stage, ms }) => (
        <li key={stage} class={`stage-${stage}`} style={{ flexGrow: Math.max(1, Math.sqrt(ms)) }}>
          <span>{stage}</span> <b>{duration(ms)}</b>
        </li>
      ))}
    </ol>
  );
}

const PAGES = 10;

/** What is kept of its pack and of services, back to when it was published; and what happens from now on. */
function useEventsOf(release: string, pack: string): Load<readonly LiveEvent[]> {
  const [load, setLoad] = useState<Load<readonly LiveEvent[]>>({ state: "loading" });
  useEffect(() => {
    const stop = new AbortController();
    setLoad({ state: "loading" });
    void readBack(release, pack, stop.signal).then((found) => stop.signal.aborted || setLoad(found));
    const stopHearing = onLiveEvent(
      (event) =>
        concerns(event, release, pack) &&
        setLoad((was) => (was.state === "ready" ? { state: "ready", value: [...was.value, event] } : was)),
    );
    return () => {
      stop.abort();
      stopHearing();
    };
  }, [release, pack]);
  return load;
}

async function readBack(release: string, pack: string, signal: AbortSignal): Promise<Load<readonly LiveEvent[]>> {
  const events: LiveEvent[] = [];
  const isBegun = () =>
    events.some(
      (event) => event.kind === "pack.published" && event.release === release && (pack === "" || event.pack === pack),
    );
  for (let page = 0, before = ""; page < PAGES && !isBegun(); page++) {
    const answer = await ask<EventPage>(`api/v1/events/history?limit=200${before}`, { signal });
    if (isFailure(answer)) return { state: "failed", failure: answer.failure };
    events.push(...answer.data.events);
    if (answer.data.next === null) break;
    before = `&before=${answer.data.next}`;
  }
  return { state: "ready", value: events };
}
