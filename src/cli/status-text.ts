import type { Config } from "../config/config.ts";
import type { DaemonStatus } from "../control/protocol.ts";
import type { PackState, Status } from "../cycle/status.ts";
import { ALLOW_REMOVALS } from "../cycle/todo.ts";
import type { EnvironmentStanding } from "../environments-built.ts";
import { stalls } from "../health.ts";
import { printableName } from "../platform/names.ts";
import type { ServiceView } from "../signal/view.ts";
import { environmentTrouble } from "./environment-text.ts";
import { servicesLines } from "./service-text.ts";
import { standingText } from "./standing-text.ts";
import { columns, findingLines, type Paint, plural } from "./text.ts";

const COLORS: Readonly<Record<PackState, Parameters<Paint>[0]>> = {
  live: "green",
  pinned: "yellow",
  invalid: "red",
  rejected: "red",
  held: "yellow",
  shadowed: "dim",
  missing: "red",
  retired: "dim",
  mounted: "green",
};

/** `daemon`: what the one that is running says; `undefined`: none is. */
export interface StatusSeen extends Status {
  readonly daemon: DaemonStatus | undefined;
  readonly services: readonly ServiceView[];
  readonly environments: readonly EnvironmentStanding[];
}

/** Where every pack stands, for people. */
export function statusText(
  { sources, packs, database, daemon, services, environments }: StatusSeen,
  { volume }: Config,
  paint: Paint,
): string {
  const head = ["PACK", "VERSION", "SOURCE", "RELEASE", "STATE", "SINCE", "REGISTERED", "FINDINGS"].map((cell) =>
    paint("dim", cell),
  );
  const rows = packs.map(({ ref, version, source, release, state, since, findings, catalogs }) => [
    paint("bold", ref),
    version ?? "-",
    source ?? "-",
    release ?? "-",
    paint(COLORS[state], state),
    since ?? "-",
    catalogs.map((standing) => standingText(standing, paint)).join(", ") || "-",
    findings.length === 0 ? "-" : plural(findings.length, "finding"),
  ]);
  const lines = columns([head, ...rows]);
  const details = packs.map(({ ref, directory, findings }) =>
    findings.flatMap((finding) => findingLines(directory ?? ref, finding, paint)),
  );
  const whys = packs.flatMap(({ ref, catalogs }) =>
    catalogs.flatMap(({ state, why }) =>
      state === "failed" && why !== database?.why ? [`${ref}: ${printableName(why ?? "")}`] : [],
    ),
  );
  const held = sources.filter((source) => source.held !== undefined);
  return [
    paint("bold", volume),
    ...(daemon === undefined
      ? [paint("dim", "  no daemon is running: as of the last sync")]
      : daemonLines(daemon, paint)),
    ...held.map((source) => `${source.name}: held (${source.held}); end it with ${ALLOW_REMOVALS}`),
    ...(database === undefined || database.state === "reachable"
      ? []
      : [`database ${database.state} since ${database.since}: ${printableName(database.why ?? "")}`]),
    ...lines.flatMap((line, index) => [`  ${line}`, ...(index === 0 ? [] : (details[index - 1] ?? []))]),
    ...servicesLines(services, paint).map((line) => `  ${line}`),
    ...environmentTrouble(environments, paint).map((line) => `  ${line}`),
    ...whys.map((why) => `  ${paint("red", "not registered")}  ${why}`),
    "",
  ].join("\n");
}

/** What only the daemon knows: how it watches, and how far behind it is. */
function daemonLines(daemon: DaemonStatus, paint: Paint): string[] {
  const { version, pid, since, lastCycle, lagMs, missedEvents, watches, watchesAllowed, trouble, roots, stages } =
    daemon;
  const cycle = lastCycle === undefined ? "" : `, last cycle ${lastCycle.at} in ${Math.round(lastCycle.durationMs)} ms`;
  const allowed = watchesAllowed === undefined ? "" : ` of ${watchesAllowed}`;
  const rows = roots.map(({ name, path, watching, held, events, missedEvents: missed, rescanIntervalMs }) => [
    name,
    path,
    paint(watching === "events" ? "green" : "yellow", held === undefined ? watching : `${watching}, held (${held})`),
    `${plural(events, "event")}, ${missed} missed`,
    `looked at every ${seconds(rescanIntervalMs)}`,
  ]);
  const waiting = stages.filter(({ ageMs }) => ageMs >= SLOW_MS);
  return [
    `  daemon ${version}, process ${pid}, since ${since}${cycle}`,
    `  lag ${lagMs} ms, ${plural(missedEvents, "missed event")}, ${plural(watches, "watch", "watches")}${allowed}`,
    ...(trouble === undefined ? [] : [`  ${paint("red", trouble)}`]),
    ...waiting.map(({ name, ageMs }) => `  ${paint("yellow", name)}  nothing came of it for ${seconds(ageMs)}`),
    ...stalls({ ...daemon, stages: [] }).map((stall) => `  ${paint("red", printableName(stall))}`),
    ...columns(rows).map((line) => `  ${line}`),
  ];
}

/** Stages that are at it so long already are worth a line. */
const SLOW_MS = 2000;

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
