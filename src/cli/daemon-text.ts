import type { Config } from "../config/config.ts";
import type { CycleNews } from "../cycle/news.ts";
import type { PackReport } from "../cycle/report.ts";
import { ALLOW_REMOVALS } from "../cycle/todo.ts";
import type { DaemonEvent } from "../loop/events.ts";
import type { LoopStatus, RootStatus, Watching } from "../loop/status.ts";
import { VERSION } from "../platform/version.ts";
import { environmentLines } from "./environment-text.ts";
import { fileReader, framedFinding } from "./finding-text.ts";
import { registrationEnd, registrationLines } from "./registration-text.ts";
import { deliveredLines, noteLines, quarantineLines } from "./service-text.ts";
import { findingLines, type Paint, plural } from "./text.ts";

/** What the daemon says, for people: one line for each pack and publish. */
export function daemonText(event: DaemonEvent, config: Config, paint: Paint): readonly string[] {
  switch (event.kind) {
    case "started":
      return startedLines(event, config, paint);
    case "pack":
      return packLines(event, config, paint);
    case "registered":
      return [
        `${paint("bold", "packsync")}${registrationEnd(event.report)}`,
        ...registrationLines(event.report, paint),
      ];
    case "root":
      return rootLines(event, paint);
    case "degraded": {
      const { source, code, used, allowed, hint } = event.degraded;
      const limit = allowed === undefined ? "" : `, ${used} of ${allowed} are used`;
      return [
        `${paint("yellow", source)}  not all of it can be watched (${code}${limit}): packsync looks for changes instead`,
        `  ${paint("dim", "→")} ${hint}`,
      ];
    }
    case "missed":
      return [`${paint("yellow", event.source)}  changed without a word: ${event.packs.join(", ")}; found by looking`];
    case "trouble":
      return [
        `${paint("red", "packsync")}  ${event.message}`,
        ...(event.hint === undefined ? [] : [`  ${paint("dim", "→")} ${event.hint}`]),
      ];
    case "recovered":
      return [`${paint("green", "packsync")}  the volume can be used again`];
    case "environments":
      return environmentLines(event.came, paint);
    case "verified":
      return verifiedLines(event.pack, paint);
    case "concerns":
      return noteLines(event.concerns, paint);
    case "delivered":
      return deliveredLines(event.delivered, paint);
    case "quarantined":
      return quarantineLines(event, paint);
    case "released":
      return [`${paint("bold", event.packs.join(", "))}  tried again: ${event.service} is back`];
    case "pending":
    case "rest":
      return [];
    default:
      return event satisfies never;
  }
}

/** What a terminal's last line says. */
export function footerText({ packs, findings, watches, missedEvents, lagMs, trouble, roots }: LoopStatus): string {
  const waiting = trouble === undefined ? (lagMs > 0 ? "waiting for quiet" : "watching") : "in trouble";
  const held = roots.filter((root) => root.held !== undefined).map(({ name }) => `${name} held`);
  const counts = [plural(packs, "pack"), plural(findings, "finding"), plural(watches, "watch", "watches")];
  return [waiting, ...held, ...counts, plural(missedEvents, "missed event")].join(" · ");
}

function startedLines(
  { news, status, tookMs }: Extract<DaemonEvent, { kind: "started" }>,
  { sources, volume }: Config,
  paint: Paint,
): string[] {
  const names = sources.map(({ name }) => name).join(", ");
  const counts = `${plural(status.packs, "pack")}, ${totalsText(news)}`;
  return [
    ...status.roots
      .filter(({ held, watching }) => held !== undefined || watching !== "events")
      .flatMap((root) => standing(root, paint)),
    `${paint("bold", `packsync ${VERSION}`)}  watching ${names} → ${volume}  ${counts} in ${Math.round(tookMs)} ms`,
  ];
}

function totalsText({ totals }: CycleNews): string {
  const parts = Object.entries(totals).flatMap(([outcome, count]) => (count > 0 ? [`${count} ${outcome}`] : []));
  return parts.length === 0 ? "nothing to do" : parts.join(", ");
}

function packLines(
  { report, elapsedMs, registration }: Extract<DaemonEvent, { kind: "pack" }>,
  { sources }: Config,
  paint: Paint,
): string[] {
  const { ref, version, directory, source, diagnostics, fresh, release } = report;
  const took = elapsedMs === undefined ? "" : ` in ${Math.round(elapsedMs)} ms`;
  const isLive = report.outcome === "published" || report.outcome === "unchanged";
  const id = isLive && release !== undefined ? paint("dim", release) : "";
  const others = diagnostics.length - fresh.length;
  const known = others === 0 ? "" : paint("dim", `${plural(others, "finding")} as before`);
  const isRefused = report.outcome === "rejected" || report.outcome === "failed";
  const stays = isRefused && release !== undefined ? `, ${release} stays live` : "";
  const cells = [paint("bold", ref), version, `${outcomeText(report, paint)}${took}${stays}`, id, known];
  const head = cells.filter((cell) => cell !== undefined && cell !== "").join("  ");
  const root = sources.find(({ name }) => name === source)?.path;
  const linesOf = fileReader(`${root}/${directory}`);
  return [
    `${head}${registrationEnd(registration)}`,
    ...fresh.flatMap((finding) => framedFinding(finding, directory, linesOf, paint)),
    ...registrationLines(registration, paint),
  ];
}

function outcomeText({ outcome, changes, ref }: PackReport, paint: Paint): string {
  switch (outcome) {
    case "published": {
      const files = changes.added + changes.replaced + changes.removed;
      return `${files === 0 ? "" : `${plural(files, "file")} `}${paint("green", "live")}`;
    }
    case "unchanged":
      return paint("green", "live");
    case "rejected":
    case "failed":
      return paint("red", outcome);
    case "retired":
      return paint("yellow", "retired");
    case "held":
      return `${paint("yellow", "held")}; end it with ${ALLOW_REMOVALS} ${ref}`;
    case "checked":
      return paint("green", "valid");
    case "waiting":
      return paint("dim", "being written");
    default:
      return outcome satisfies never;
  }
}

function rootLines({ root, before }: Extract<DaemonEvent, { kind: "root" }>, paint: Paint): string[] {
  const isFine = root.watching === "events" && root.held === undefined;
  if (!isFine) return standing(root, paint);
  const what = before.held === undefined ? `${WATCHING[before.watching]} no more` : "is not held any more";
  return [`${paint("green", root.name)}  ${what}`];
}

const WATCHING: Readonly<Record<Watching, string>> = {
  events: "changes announce themselves",
  polling: "changes do not announce themselves here; packsync looks for them",
  degraded: "not all of it can be watched; packsync looks for changes",
  vanished: "is not there",
};

function standing({ name, path, watching, held, rescanIntervalMs }: RootStatus, paint: Paint): string[] {
  const every = watching === "polling" || watching === "degraded" ? ` every ${seconds(rescanIntervalMs)}` : "";
  return [
    ...(watching === "events" ? [] : [`${paint("yellow", name)}  ${path} ${WATCHING[watching]}${every}`]),
    ...(held === undefined
      ? []
      : [`${paint("yellow", name)}  held (${held}): nothing is removed; end it with ${ALLOW_REMOVALS}`]),
  ];
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function verifiedLines(
  { ref, verdict, diagnostics, repair }: Extract<DaemonEvent, { kind: "verified" }>["pack"],
  paint: Paint,
): string[] {
  const done = repair?.release === undefined ? "" : `, repaired as ${repair.release}`;
  return [
    `${paint("bold", ref)}  ${paint("yellow", verdict)}${done}`,
    ...diagnostics.flatMap((finding) => findingLines(ref, finding, paint)),
  ];
}
