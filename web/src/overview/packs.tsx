import { signal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import type { PackRow } from "../documents.ts";
import { link } from "../route.ts";
import { keyOf } from "../store.ts";
import { plural } from "../text.ts";
import { Badge, PACK_STANDINGS, StateBadge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { LongTable } from "../ui/table.tsx";
import { Time, useTicking } from "../ui/time.tsx";
import { Empty } from "../ui/views.tsx";
import { countsOf, type Filter, inOrder, isFresh, isUnregistered, matching } from "./pack-filter.ts";

const ALL: Filter = { text: "", state: undefined, source: undefined };
/** Stays while one looks at another page. */
const filter = signal<Filter>(ALL);

const COLUMNS = [
  { id: "state", title: "State" },
  { id: "pack", title: "Pack" },
  { id: "version", title: "Version" },
  { id: "source", title: "Source" },
  { id: "release", title: "Release" },
  { id: "since", title: "Since" },
] as const;

/** Every pack, what waits for a person first. */
export function Packs({ packs }: { readonly packs: readonly PackRow[] }) {
  const sorted = useMemo(() => inOrder(packs), [packs]);
  const { value } = filter;
  const shown = useMemo(() => matching(sorted, value), [sorted, value]);
  return (
    <section class="packs" aria-label="Packs">
      <Toolbar packs={sorted} shown={shown.length} />
      {shown.length === 0 ? (
        <Empty title="No pack is like that" icon="search">
          <Button onClick={() => set(ALL)}>Show all</Button>
        </Empty>
      ) : (
        <LongTable
          label="Packs"
          columns={COLUMNS}
          rows={shown}
          row={(row, index) => <Row key={keyOf(row)} row={row} index={index} />}
        />
      )}
    </section>
  );
}

function set(change: Partial<Filter>): void {
  filter.value = { ...filter.peek(), ...change };
}

function Toolbar({ packs, shown }: { readonly packs: readonly PackRow[]; readonly shown: number }) {
  const { text, state, source } = filter.value;
  const id = useId();
  const states = useMemo(() => countsOf(packs, (pack) => pack.state), [packs]);
  const sources = useMemo(() => countsOf(packs, (pack) => pack.source ?? undefined), [packs]);
  const unregistered = useTicking((now) => packs.filter((pack) => isUnregistered(pack, now)).length, [packs]).value;
  return (
    <div class="toolbar">
      <div class="search">
        <Icon name="search" />
        <label class="sr" for={id}>
          Search packs
        </label>
        <input
          id={id}
          type="search"
          value={text}
          placeholder="Search packs"
          spellcheck={false}
          onInput={({ currentTarget }) => set({ text: currentTarget.value })}
        />
      </div>
      <fieldset class="chips">
        <legend class="sr">States</legend>
        <Chip text="All" count={packs.length} isOn={state === undefined} onClick={() => set({ state: undefined })} />
        {[...states].map(([each, count]) => (
          <Chip
            key={each}
            text={PACK_STANDINGS[each].text}
            count={count}
            tone={PACK_STANDINGS[each].tone}
            isOn={state === each}
            onClick={() => set({ state: state === each ? undefined : each })}
          />
        ))}
        {unregistered > 0 && (
          <Chip
            text="not registered"
            count={unregistered}
            tone="warn"
            isOn={state === "not registered"}
            onClick={() => set({ state: state === "not registered" ? undefined : "not registered" })}
          />
        )}
      </fieldset>
      {sources.size > 1 && (
        <fieldset class="chips">
          <legend class="sr">Sources</legend>
          {[...sources].map(([each, count]) => (
            <Chip
              key={each}
              text={each}
              count={count}
              isOn={source === each}
              onClick={() => set({ source: source === each ? undefined : each })}
            />
          ))}
        </fieldset>
      )}
      <p class="sr" role="status">
        {plural(shown, "pack")} shown
      </p>
    </div>
  );
}

interface ChipProps {
  readonly text: string;
  readonly count: number;
  readonly tone?: string;
  readonly isOn: boolean;
  readonly onClick: () => void;
}

function Chip({ text, count, tone = "quiet", isOn, onClick }: ChipProps) {
  return (
    <button type="button" class={`chip ${tone}`} aria-pressed={isOn} onClick={onClick}>
      {text} <span class="count">{count}</span>
    </button>
  );
}

function Row({ row, index }: { readonly row: PackRow; readonly index: number }) {
  const { ref, label, version, source, directory, dialect, state, release, since, is_registered, origin } = row;
  const isNew = useTicking((now) => isFresh(row, now), [row]).value;
  return (
    <tr aria-rowindex={index + 2} class={isNew ? "fresh" : undefined} data-pack={ref} data-state={state}>
      <td class="cell-state">
        <StateBadge state={state} isFresh={isNew} />
        {is_registered === false && !isNew && <Badge tone="warn" icon="warning" text="not registered" />}
      </td>
      <td class="cell-pack">
        <a href={link.pack(ref)}>{ref}</a>
        {label !== null && label !== ref && <span class="muted label"> {label}</span>}
        <Findings {...row} />
      </td>
      <td class="cell-version">{version ?? "–"}</td>
      <td class="cell-source">
        {origin === "install" ? "installed" : (source ?? "–")}
        {directory !== null && directory !== ref && <span class="muted">/{directory}</span>}
        {dialect !== null && dialect !== "attune" && <span class="muted"> {dialect}</span>}
      </td>
      <td class="cell-release">
        <code title={release ?? undefined}>{release === null ? "–" : short(release)}</code>
      </td>
      <td class="cell-since">
        <Time at={since} />
      </td>
    </tr>
  );
}

function Findings({ ref, errors, warnings }: PackRow) {
  if (errors + warnings === 0) return null;
  const parts = [
    ...(errors > 0 ? [plural(errors, "error")] : []),
    ...(warnings > 0 ? [plural(warnings, "warning")] : []),
  ];
  return (
    <a class={`findings ${errors > 0 ? "bad" : "warn"}`} href={link.pack(ref)}>
      {parts.join(", ")}
    </a>
  );
}

/** Ids begin with when they were made, and end with what tells them apart. */
function short(release: string): string {
  return release.length <= 14 ? release : `…${release.slice(-10)}`;
}
