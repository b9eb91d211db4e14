import { pairwiseRatio, ratioOfTails, type Spread, spreadOf } from "./statistics.ts";
import {
  type Bound,
  judge,
  type Measurement,
  PEERS,
  type Percentile,
  type Reached,
  SUBJECT,
  samplesOf,
} from "./targets.ts";

const HEADER = ["case", "files", SUBJECT, "peers", "must", "reached", "dream", "reached", "verdict"] as const;

/** One row of cells per measurement and target, under a header; the first row of a measurement names the peers. */
export function tableOf(measurements: readonly Measurement[]): readonly (readonly string[])[] {
  return [HEADER, ...measurements.flatMap(rowsOf)];
}

/** A GitHub table, padded so that it reads well in a terminal, too. */
export function renderTable(table: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function rowsOf(measurement: Measurement): readonly (readonly string[])[] {
  const subject = samplesOf(measurement, SUBJECT);
  return judge(measurement).map(({ percentile, must, dream, verdict }, index) => [
    percentile === 50 ? measurement.case : `${measurement.case} p${percentile}`,
    measurement.size,
    inItsUnit(measurement.case, spreadOf(subject, percentile)),
    index === 0 || hasTailsToCompare(measurement) ? peersOf(measurement, subject, percentile) : "",
    ...reachedCells(must),
    ...reachedCells(dream),
    verdict,
  ]);
}

function inItsUnit(name: Measurement["case"], spread: Spread): string {
  if (name.endsWith("memory")) return megabytes(spread);
  if (name === "api: list" || name === "api: pack") return `${spread.middle.toFixed(0)}/s`;
  return name === "idle-cpu" ? `${spread.middle.toFixed(2)} %` : milliseconds(spread);
}

/** Both sides were measured often enough. */
function hasTailsToCompare(measurement: Measurement): boolean {
  return measurement.case === "api: saves" || measurement.case === "listened: saves";
}

/** E.g. `rsync -a 538 ms (0.39×)`. */
function peersOf(measurement: Measurement, subject: readonly number[], percentile: Percentile): string {
  const present = PEERS.filter((name) => measurement.samples.has(name));
  const texts = present.map((name) => {
    const peer = samplesOf(measurement, name);
    const ratio =
      percentile === 50 ? pairwiseRatio(subject, peer).middle : ratioOfTails(subject, peer, percentile).middle;
    return `${name} ${inItsUnit(measurement.case, spreadOf(peer, percentile))} (${ratio.toFixed(2)}×)`;
  });
  return texts.join(", ");
}

function reachedCells(reached: Reached | undefined): readonly [string, string] {
  if (reached === undefined) return ["", ""];
  const { bound, value } = reached;
  const digits = bound.kind === "ratio" || bound.kind === "percent" ? 2 : 0;
  const range = `${value.min.toFixed(digits)}–${value.max.toFixed(digits)}`;
  return [boundText(bound), `${value.middle.toFixed(digits)} (${range})`];
}

function boundText(bound: Bound): string {
  switch (bound.kind) {
    case "ratio":
      return `≤ ${bound.plusMs > 0 ? `${bound.plusMs} ms + ` : ""}${bound.atMost.toFixed(1)} × ${bound.to}`;
    case "milliseconds":
      return `≤ ${bound.atMost} ms`;
    case "megabytes":
      return `≤ ${bound.atMost} MB`;
    case "percent":
      return `≤ ${bound.atMost} %`;
    default:
      return bound satisfies never;
  }
}

function milliseconds({ middle }: Spread): string {
  return `${middle.toFixed(middle < 100 ? 1 : 0)} ms`;
}

function megabytes({ middle }: Spread): string {
  return `${(middle / 1e6).toFixed(0)} MB`;
}
