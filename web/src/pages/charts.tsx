import { useEffect, useState } from "preact/hooks";
import type { Series } from "../documents.ts";
import { Button } from "../ui/button.tsx";
import { Scroll } from "../ui/scroll.tsx";
import { absolute } from "../ui/time.tsx";
import { Loaded } from "../ui/views.tsx";
import { useLoad, useNews } from "../use-load.ts";
import { CHARTS, type Chart, summaryOf, tableRows } from "./charts/data.ts";
import { Plot } from "./charts/plot.tsx";
import "./shared.css";
import "./charts.css";

const WINDOWS = [
  { id: "hour", title: "Last hour" },
  { id: "day", title: "Last day" },
] as const;
type Window = (typeof WINDOWS)[number]["id"];

/** Also when nothing happens, time goes on. */
const REFRESH_MS = 15_000;

export function ChartsPage() {
  const [chosen, setChosen] = useState<Window>("hour");
  const news = useNews(() => true);
  const [load, again] = useLoad<Series>(`api/v1/series?window=${chosen}`, news);
  useEffect(() => {
    const timer = setInterval(again, REFRESH_MS);
    return () => clearInterval(timer);
  }, [again]);
  return (
    <article class="charts-page">
      <header class="page-head">
        <h1>Charts</h1>
        <fieldset class="buttons" aria-label="Which time">
          {WINDOWS.map(({ id, title }) => (
            <Button key={id} pressed={id === chosen} onClick={() => setChosen(id)}>
              {title}
            </Button>
          ))}
        </fieldset>
      </header>
      <Loaded load={load} what="the charts" again={again}>
        {(series) => (
          <div class="charts">
            {CHARTS.map((chart) => (
              <Figure key={chart.id} chart={chart} series={series} />
            ))}
          </div>
        )}
      </Loaded>
    </article>
  );
}

function Figure({ chart, series }: { readonly chart: Chart; readonly series: Series }) {
  const summary = summaryOf(chart, series);
  const rows = tableRows(chart, series);
  return (
    <figure class="chart" id={`chart-${chart.id}`}>
      <figcaption>
        <h2>{chart.title}</h2>
        <p class="chart-summary">{summary}</p>
        <p class="muted">{chart.about}.</p>
      </figcaption>
      <Plot chart={chart} series={series} label={`${chart.title}: ${summary}`} />
      {chart.lines.length > 1 && <Legend chart={chart} />}
      <details>
        <summary>
          In numbers<span class="sr">: {chart.title}</span>
        </summary>
        {rows.length === 0 ? (
          <p class="muted">Nothing happened in this time.</p>
        ) : (
          <Numbers chart={chart} rows={rows} />
        )}
      </details>
    </figure>
  );
}

function Legend({ chart }: { readonly chart: Chart }) {
  return (
    <p class="legend" aria-hidden="true">
      {chart.lines.map(({ label, colour }) => (
        <span key={label}>
          <i style={{ background: `var(${colour})` }} /> {label}
        </span>
      ))}
    </p>
  );
}

function Numbers({ chart, rows }: { readonly chart: Chart; readonly rows: ReturnType<typeof tableRows> }) {
  return (
    <Scroll class="chart-numbers" label={`${chart.title} in numbers`}>
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {chart.lines.map(({ label }) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...rows].reverse().map(([at, ...values]) => (
            <tr key={at}>
              <th scope="row">{absolute(at)}</th>
              {values.map((value, index) => (
                <td key={chart.lines[index]?.label}>{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
