import { useEffect, useMemo, useState } from "preact/hooks";
import { EVENT_KINDS, EVENT_SEVERITIES } from "../../../src/events/event.ts";
import { link, replaceRoute } from "../route.ts";
import { overview } from "../store.ts";
import { plural } from "../text.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, FailureView, Loading } from "../ui/views.tsx";
import { EventList } from "./events/event-list.tsx";
import { TraceView } from "./events/trace-view.tsx";
import { type EventFilter, matches, NO_FILTER } from "./events/traces.ts";
import { useFeed } from "./events/use-feed.ts";
import "./shared.css";
import "./events.css";

/** What happens and happened; one release from the save to the last service that was told. */
export function EventsPage({ query }: { readonly query: URLSearchParams }) {
  const filter = useMemo(() => filterOf(query), [query]);
  const release = query.get("release") ?? "";
  return (
    <article class="events-page">
      <header class="page-head">
        <h1>Events</h1>
      </header>
      {release !== "" && (
        <TraceView release={release} pack={filter.pack} closed={link.events(queryOf({ ...filter }))} />
      )}
      <Filters
        filter={filter}
        onChange={(next) => replaceRoute(link.events({ ...queryOf(next), ...(release !== "" && { release }) }))}
      />
      <Feed filter={filter} />
    </article>
  );
}

function filterOf(query: URLSearchParams): EventFilter {
  const fields = Object.keys(NO_FILTER).map((field) => [field, query.get(field) ?? ""]);
  return { ...NO_FILTER, ...Object.fromEntries(fields) };
}

/** Only what is asked for. */
function queryOf(filter: EventFilter): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ""));
}

function Feed({ filter }: { readonly filter: EventFilter }) {
  const feed = useFeed(filter);
  const [paused, setPaused] = useState<number | undefined>(undefined);
  const isShown = (id: number) => paused === undefined || id <= paused;
  const matching = feed.events.filter((event) => matches(event, filter));
  const shown = matching.filter(({ id }) => isShown(id));
  const news = matching.length - shown.length;
  useEffect(() => setPaused(undefined), [filter]);
  if (feed.state === "loading") return <Loading what="the events" />;
  return (
    <section aria-label="What happened, the newest first" class="feed">
      <p class="controls">
        <Button
          pressed={paused !== undefined}
          onClick={() => setPaused(paused === undefined ? (feed.events[0]?.id ?? 0) : undefined)}
        >
          {paused === undefined ? "Pause" : "Go on"}
        </Button>
        <span class="muted" role="status">
          {paused === undefined ? "" : news === 0 ? "Paused." : `Paused, ${plural(news, "new event")}.`}
        </span>
      </p>
      {feed.failure !== undefined && <FailureView failure={feed.failure} again={feed.again} />}
      {shown.length === 0 && feed.failure === undefined && !feed.hasOlder && (
        <Nothing isFiltered={filter !== NO_FILTER && Object.values(filter).some((each) => each !== "")} />
      )}
      <EventList events={shown} />
      {feed.hasOlder && <Older onReach={feed.older} />}
    </section>
  );
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Empty title={isFiltered ? "No such event" : "Nothing happened yet"} icon={isFiltered ? "search" : "clock"}>
      <p>
        {isFiltered
          ? "What is kept has none that fits all of the above."
          : "What packsync does shows up here as it happens."}
      </p>
    </Empty>
  );
}

/** Reads on when one scrolls near it; it is also a button. */
function Older({ onReach }: { readonly onReach: () => void }) {
  const [place, setPlace] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (place === null) return;
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && onReach(), { rootMargin: "200px" });
    seen.observe(place);
    return () => seen.disconnect();
  }, [place, onReach]);
  return (
    <p ref={setPlace} class="older">
      <Button onClick={onReach}>Older events</Button>
    </p>
  );
}

const GROUPS = [...new Set(EVENT_KINDS.map((kind) => kind.split(".")[0] ?? kind))];

function Filters({
  filter,
  onChange,
}: {
  readonly filter: EventFilter;
  readonly onChange: (filter: EventFilter) => void;
}) {
  const known = overview.value.state === "ready" ? overview.value.value : undefined;
  const packs = [...new Set(known?.packs.map(({ ref }) => ref))];
  const services = known?.daemon.services.map(({ service }) => service) ?? [];
  const change = (field: keyof EventFilter) => (value: string) => onChange({ ...filter, [field]: value });
  const isFiltered = Object.values(filter).some((each) => each !== "");
  return (
    <search class="filters" aria-label="Which events">
      <label class="search">
        <Icon name="search" />
        <span class="sr">Words in them</span>
        <input
          type="search"
          placeholder="Words"
          value={filter.text}
          onInput={({ currentTarget }) => change("text")(currentTarget.value)}
        />
      </label>
      <Choice label="Pack" value={filter.pack} options={packs} onChange={change("pack")} />
      <Choice label="Service" value={filter.service} options={services} onChange={change("service")} />
      <label class="choice">
        <span>Kind</span>
        <select value={filter.kind} onChange={({ currentTarget }) => change("kind")(currentTarget.value)}>
          <option value="">any</option>
          {GROUPS.map((group) => (
            <optgroup key={group} label={group}>
              <option value={group}>{group}: any</option>
              {EVENT_KINDS.filter((kind) => kind.startsWith(`${group}.`)).map((kind) => (
                <option key={kind} value={kind}>
                  {kind}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <Choice label="Severity" value={filter.severity} options={EVENT_SEVERITIES} onChange={change("severity")} />
      {isFiltered && (
        <Button kind="bare" onClick={() => onChange(NO_FILTER)}>
          Show all
        </Button>
      )}
    </search>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
}

/** What is chosen stands there, also if nobody knows it any more. */
function Choice({ label, value, options, onChange }: ChoiceProps) {
  const all = value === "" || options.includes(value) ? options : [value, ...options];
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="">any</option>
        {all.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}
