import type { Config } from "../config/config.ts";
import { type CycleReport, type Outcome, type PackReport, totalsOf } from "../cycle/report.ts";
import { registrationEnd, registrationLines } from "./registration-text.ts";
import { untoldLines } from "./service-text.ts";
import { columns, countsText, findingLines, type Paint, plural } from "./text.ts";

/** A report, and how long it took. */
export interface TimedReport {
  readonly report: CycleReport;
  /** Milliseconds. */
  readonly durationMs: number;
  readonly dryRun: boolean;
}

/** Packs with nothing to say are a number above so many. */
const QUIET_ABOVE = 20;

/** What a sync did, for people. */
export function syncText({ report, durationMs, dryRun }: TimedReport, config: Config, paint: Paint): string {
  const isQuiet = report.packs.length > QUIET_ABOVE;
  const shown = report.packs.filter(
    (pack) => !(isQuiet && pack.outcome === "unchanged" && pack.diagnostics.length === 0),
  );
  const rows = shown.map((pack) => packRow(pack, dryRun, paint));
  const details = shown.map((pack) =>
    pack.diagnostics.flatMap((finding) => findingLines(pack.directory, finding, paint)),
  );
  const packLines = columns(rows).flatMap((line, index) => [`  ${line}`, ...(details[index] ?? [])]);
  return [
    ...sourceLines(report, config, paint),
    ...packLines,
    ...report.shadowed.map(({ ref, source, by }) => `  ${ref}  ${paint("dim", `of ${source} is shadowed by ${by}`)}`),
    ...registrationLines(report.registration, paint),
    ...untoldLines(report.services, paint),
    summary(report, durationMs, dryRun) + registrationEnd(report.registration),
    "",
  ].join("\n");
}

function sourceLines({ sources }: CycleReport, { volume }: Config, paint: Paint): string[] {
  const line = `${sources.map(({ name }) => name).join(", ")} → ${volume}`;
  const troubles = sources.flatMap(({ name, path, kind, state, held, diagnostics }) => [
    ...(state === "listed" || (state === "absent" && kind === "development" && held === undefined)
      ? []
      : [`  ${paint("red", name)}  ${path} ${state === "absent" ? "does not exist" : "cannot be read"}`]),
    ...(state === "absent" && kind === "production" ? [`    ${paint("dim", "→")} ${MOUNT_IT}`] : []),
    ...(held === undefined
      ? []
      : [`  ${paint("yellow", name)}  held (${held}): nothing is removed; end it with --allow-removals`]),
    ...diagnostics.flatMap((finding) => findingLines(name, finding, paint)),
  ]);
  return [paint("bold", line), ...troubles];
}

const MOUNT_IT = "Make it or mount it there, or name another directory: --packs <dir>.";

const COLORS: Readonly<Record<Outcome, Parameters<Paint>[0]>> = {
  published: "green",
  unchanged: "dim",
  rejected: "red",
  failed: "red",
  retired: "yellow",
  held: "yellow",
  checked: "green",
  waiting: "dim",
};

function packRow(
  { ref, version, source, outcome, release, changes }: PackReport,
  dryRun: boolean,
  paint: Paint,
): string[] {
  const word = dryRun && (outcome === "published" || outcome === "retired") ? `would be ${outcome}` : outcome;
  return [
    paint("bold", ref),
    version ?? "-",
    source,
    paint(COLORS[outcome], word),
    release ?? "-",
    countsText(changes),
  ];
}

function summary({ packs }: CycleReport, durationMs: number, dryRun: boolean): string {
  const totals = Object.entries(totalsOf(packs)).filter(([, count]) => count > 0);
  const parts = totals.map(([outcome, count]) => totalText(outcome, count, dryRun)).join(", ");
  const nothing = dryRun ? "; nothing was changed (dry run)" : "";
  return `${plural(packs.length, "pack")}${parts === "" ? "" : `: ${parts}`} in ${Math.round(durationMs)} ms${nothing}`;
}

function totalText(outcome: string, count: number, dryRun: boolean): string {
  const verb = dryRun ? WOULD[outcome] : undefined;
  return verb === undefined ? `${count} ${outcome}` : `would ${verb} ${count}`;
}

const WOULD: Readonly<Record<string, string>> = { published: "publish", retired: "retire" };
