import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { Series } from "../../documents.ts";
import { theme } from "../../theme.ts";
import { type Chart, columnsOf } from "./data.ts";
import "uplot/dist/uPlot.min.css";

const HEIGHT = 150;

interface PlotProps {
  readonly chart: Chart;
  readonly series: Series;
  readonly label: string;
}

/** A picture; who cannot see it reads the label, and the numbers below. */
export function Plot({ chart, series, label }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const look = useLook();
  const data = columnsOf(chart, series) as uPlot.AlignedData;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(chart, series.bucket_ms / 1000, element), data, element);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [chart, look, series.bucket_ms]);
  useEffect(() => plot.current?.setData(data), [series]);
  return <div class="plot" ref={place} role="img" aria-label={label} />;
}

/** Another number whenever the colours of the theme are others: a canvas does not follow them by itself. */
function useLook(): number {
  const [look, setLook] = useState(0);
  const change = () => setLook((before) => before + 1);
  useSignalEffect(() => {
    if (theme.value !== undefined) queueMicrotask(change);
  });
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", change);
    return () => dark.removeEventListener("change", change);
  }, []);
  return look;
}

/** @param bucket in seconds */
function optionsOf(chart: Chart, bucket: number, element: HTMLElement): uPlot.Options {
  const colour = (name: string) => colourOf(name, element);
  const axis = {
    stroke: colour("--muted"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(element).fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_plot, min, max) => [min - bucket / 2, max + bucket / 2] },
      y: { range: (_plot, _min, max) => [0, niceAbove(max)] },
    },
    axes: [
      { ...axis, size: 26, grid: { show: false }, values: (_plot, seconds) => seconds.map(clock) },
      { ...axis, size: 58, values: (_plot, values) => values.map((value) => labelOf(chart, value)) },
    ],
    series: [{}, ...chart.lines.map((line) => lineOf(chart, colour(line.colour)))],
  };
}

/** As the theme has it right now: a canvas knows neither `var()` nor `light-dark()`. */
function colourOf(name: string, element: HTMLElement): string {
  const probe = element.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function lineOf({ style }: Chart, colour: string): uPlot.Series {
  const bars = uPlot.paths.bars?.({ size: [0.7, 24, 2] });
  if (style === "bars" && bars !== undefined)
    return { fill: colour, stroke: colour, width: 0, paths: bars, points: { show: false } };
  return {
    stroke: colour,
    width: 1.5,
    points: { show: true, size: 3.5, fill: colour, stroke: colour },
    spanGaps: true,
  };
}

/** What is nothing all the time is a line at the bottom, not in the middle. */
function niceAbove(max: number | null): number {
  return max === null || max <= 0 ? 1 : max * 1.1;
}

/** Of counts only whole ones. */
function labelOf({ style, format }: Chart, value: number): string {
  return style === "bars" && !Number.isInteger(value) ? "" : format(value);
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
}
