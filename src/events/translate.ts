import type { RegistrationReport } from "../catalog/report.ts";
import type { PackNews } from "../cycle/news.ts";
import type { Verified } from "../cycle/verified.ts";
import type { Delivered } from "../delivery/delivery.ts";
import type { DaemonEvent } from "../loop/events.ts";
import type { RootStatus } from "../loop/status.ts";
import { STAGES } from "./event.ts";
import { sentence } from "./event-text.ts";
import type { Known } from "./known.ts";
import type { News } from "./recorder.ts";

/** Longer lists are for `packsync validate`. */
const MOST_FINDINGS = 100;
const MOST_PATHS = 100;

/** What happened, as it is kept and sent: the daemon's words are translated here and nowhere else. @param known what was told before */
export function eventsOf(event: DaemonEvent, known: Known): readonly News[] {
  return saying(event, known).map(printable);
}

function saying(event: DaemonEvent, known: Known): readonly News[] {
  switch (event.kind) {
    case "started":
      return [started(event)];
    case "pack":
      return packNews(event.report, event.elapsedMs, known);
    case "registered":
      return registrationNews(event.report, known);
    case "root":
      return [rootNews(event.root)];
    case "degraded": {
      const { source, ...data } = event.degraded;
      const text = `Not all of ${source} can be watched (${data.code}): packsync looks for changes instead. ${data.hint}`;
      return [{ kind: "source.degraded", severity: "warning", text, source, data }];
    }
    case "missed": {
      const { source, packs } = event;
      const text = `${source} changed without a word: ${packs.join(", ")}; found by looking.`;
      return [{ kind: "source.missed", severity: "warning", text, source, data: { packs } }];
    }
    case "trouble": {
      const data = event.hint === undefined ? {} : { data: { hint: event.hint } };
      return [{ kind: "daemon.trouble", severity: "error", text: event.message, ...data }];
    }
    case "recovered":
      return [{ kind: "daemon.recovered", severity: "info", text: "The volume can be used again." }];
    case "environments":
      return environmentNews(event);
    case "verified":
      return verifiedNews(event.pack);
    case "concerns":
      return [];
    case "pending":
      return event.services.map(({ service, packs }) => ({
        kind: "service.pending",
        severity: "info",
        text: `${service} is to be told of ${packs.map(({ pack }) => pack).join(", ")}.`,
        service,
        ...onlyOne(packs),
        data: { packs },
      }));
    case "delivered":
      return [deliveredNews(event.delivered)];
    case "quarantined":
      return quarantineNews(event);
    case "released":
      return event.packs.map((pack) => ({
        kind: "pack.released",
        severity: "info",
        text: `${pack} is tried again: ${event.service} is back.`,
        pack,
        service: event.service,
      }));
    case "rest":
      return [];
    default:
      return event satisfies never;
  }
}

function printable(news: News): News {
  return { ...news, text: sentence(news.text) };
}

function started({ news, status, tookMs }: Extract<DaemonEvent, { kind: "started" }>): News {
  const refused = news.totals.rejected + news.totals.failed;
  const sources = news.sources.map(({ name }) => name);
  const but = refused === 0 ? "" : `, ${refused} of them refused`;
  const text = `packsync watches ${sources.join(", ")}: ${status.packs} ${status.packs === 1 ? "pack" : "packs"}${but}.`;
  const data = { sources, totals: news.totals, watches: status.watches };
  return { kind: "daemon.started", severity: "info", text, elapsed_ms: rounded(tookMs), data };
}

/** @param how unset: it was found by the daemon itself */
export function packNews(report: PackNews, elapsedMs: number | undefined, known: Known): readonly News[] {
  const { ref, version, release, source, outcome, diagnostics, changes } = report;
  const about = {
    pack: ref,
    source,
    ...(version !== undefined && { version }),
    ...(release !== undefined && { release }),
    ...(elapsedMs !== undefined && { elapsed_ms: rounded(elapsedMs) }),
    ...stagesOf(report.timings),
  };
  const name = version === undefined ? ref : `${ref} ${version}`;
  const stays = release === undefined ? "" : `; ${release} stays live`;
  switch (outcome) {
    case "published": {
      const data = { origin: "sync", changes, ...(diagnostics.length > 0 && { codes: codesOf(diagnostics) }) };
      return [{ kind: "pack.published", severity: "info", text: `${name} is live.`, ...about, data }];
    }
    case "retired":
      return [
        { kind: "pack.retired", severity: "warning", text: `${ref} is retired.`, ...about, data: { origin: "sync" } },
      ];
    case "rejected":
    case "failed": {
      const text = `${name} ${outcome === "rejected" ? "is rejected" : "could not be published"}: ${whyOf(diagnostics)}${stays}.`;
      return [{ kind: `pack.${outcome}`, severity: "error", text, ...about, data: findingsData(diagnostics) }];
    }
    case "held": {
      const text = `${ref} is held: it left its source. End it with packsync sync --allow-removals ${ref}`;
      return [{ kind: "pack.held", severity: "warning", text, ...about }];
    }
    case "unchanged":
    case "checked":
      return known.isRefused(ref)
        ? [
            {
              kind: "pack.valid",
              severity: "info",
              text: `${name} is valid again.`,
              ...about,
              data: findingsData(diagnostics),
            },
          ]
        : [];
    case "waiting":
      return [];
    default:
      return outcome satisfies never;
  }
}

/** In the order of the flow. */
function stagesOf(timings: PackNews["timings"]): Pick<News, "stages"> {
  const stages = STAGES.flatMap((stage) => {
    const ms = timings?.[stage];
    return ms === undefined ? [] : [{ stage, ms: rounded(ms) }];
  });
  return stages.length === 0 ? {} : { stages };
}

type Findings = PackNews["diagnostics"];

function whyOf(diagnostics: Findings): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (first === undefined) return "nobody knows why";
  const place = first.file === undefined ? "" : ` (${first.file}${first.line === undefined ? "" : `:${first.line}`})`;
  const more = errors.length === 1 ? "" : `, and ${errors.length - 1} more`;
  return `${first.message.replace(/\.$/, "")}${place}${more}`;
}

function findingsData(diagnostics: Findings) {
  return { findings: diagnostics.slice(0, MOST_FINDINGS), total: diagnostics.length, codes: codesOf(diagnostics) };
}

function codesOf(diagnostics: Findings): Readonly<Record<string, number>> {
  const byCode = Map.groupBy(diagnostics, ({ code }) => code);
  return Object.fromEntries([...byCode].map(([code, found]) => [code, found.length]));
}

/** What the catalogs have since, and what keeps them from it, each once. */
function registrationNews({ embedded, attune, tookMs }: RegistrationReport, known: Known): readonly News[] {
  const own = "packsync";
  const took = stagesOf(tookMs === undefined ? {} : { register: tookMs });
  const registered = (ref: string, catalog: string, release: string | undefined): News => ({
    ...registeredIn(ref, catalog, release),
    ...took,
  });
  return [
    ...embedded.registered.map((ref) => registered(ref, own, known.liveOf(ref))),
    ...embedded.unregistered.map((ref) => unregistered(ref, own)),
    ...embedded.pending.flatMap(({ ref, why }) => notRegistered({ ref, state: "pending", why }, own, known)),
    ...(attune?.packs ?? []).flatMap(({ ref, state, release, why, changed }) => {
      if (state !== "registered") return notRegistered({ ref, state, why }, "attune", known);
      if (!changed) return [];
      return [release === undefined ? unregistered(ref, "attune") : registered(ref, "attune", release)];
    }),
  ];
}

function registeredIn(pack: string, catalog: string, release: string | undefined): News {
  const data = { catalog, state: "registered" };
  const text = `${pack} is registered (${catalog}).`;
  return { kind: "pack.registered", severity: "info", text, pack, ...(release !== undefined && { release }), data };
}

function unregistered(pack: string, catalog: string): News {
  const text = `${pack} is not registered any more (${catalog}).`;
  return { kind: "pack.unregistered", severity: "info", text, pack, data: { catalog, state: "unregistered" } };
}

function notRegistered(
  { ref, state, why }: { readonly ref: string; readonly state: "pending" | "failed"; readonly why: string | undefined },
  catalog: string,
  known: Known,
): readonly News[] {
  if (known.standingOf(ref, catalog) === state) return [];
  const severity = state === "failed" ? "error" : "warning";
  const text = `${ref} is not registered${state === "failed" ? "" : " yet"} (${catalog}): ${why ?? "nobody knows why"}`;
  const release = known.liveOf(ref);
  const data = { catalog, state, ...(why !== undefined && { why }) };
  return [{ kind: "pack.registered", severity, text, pack: ref, ...(release !== undefined && { release }), data }];
}

function rootNews({ name, path, watching, held }: RootStatus): News {
  const isFine = watching === "events" && held === undefined;
  const how = held === undefined ? WATCHING[watching] : `is held (${held}): nothing is removed`;
  const text = `${name} ${how}.`;
  const data = { watching, held: held ?? null, path };
  return { kind: "source.changed", severity: isFine ? "info" : "warning", text, source: name, data };
}

const WATCHING = {
  events: "is watched: its changes announce themselves",
  polling: "does not announce its changes: packsync looks for them",
  degraded: "cannot be watched wholly: packsync looks for changes",
  vanished: "is not there",
} as const satisfies Record<RootStatus["watching"], string>;

function environmentNews({ came }: Extract<DaemonEvent, { kind: "environments" }>): readonly News[] {
  return [
    ...came.built.map(
      ({ pack, runtime, packageCount, runtimeVersion }): News => ({
        kind: "environments.built",
        severity: "info",
        text: `The ${runtime} environment of ${pack} is built: ${packageCount} packages.`,
        pack,
        data: { runtime, packageCount, runtimeVersion: runtimeVersion ?? null },
      }),
    ),
    ...came.failed.map(
      ({ pack, runtime, error, hint }): News => ({
        kind: "environments.failed",
        severity: "error",
        text: `The ${runtime} environment of ${pack} could not be built: ${error}`,
        pack,
        data: { runtime, error, hint: hint ?? null },
      }),
    ),
  ];
}

export function verifiedNews({ ref, release, verdict, drift, repair }: Verified): readonly News[] {
  if (verdict !== "drifted") return [];
  const live = release === undefined ? {} : { release };
  const data = { paths: drift.paths.slice(0, MOST_PATHS), total: drift.paths.length };
  const text = `Somebody changed what is live of ${ref}: ${drift.paths.slice(0, 3).join(", ")}${drift.paths.length > 3 ? ", …" : ""}.`;
  const drifted: News = { kind: "pack.drifted", severity: "warning", text, pack: ref, ...live, data };
  if (repair?.release === undefined) return [drifted];
  const mended = `${ref} is repaired: it is as it was published.`;
  return [drifted, { kind: "pack.repaired", severity: "info", text: mended, pack: ref, release: repair.release }];
}

/** Who is not there has nothing to forget: it counts as told, as `data.ending` says. */
function deliveredNews({ service, ending, packs, why, evidence, how, liveAtMs, at, ...about }: Delivered): News {
  const told = packs.map(({ ref, release }) => ({ pack: ref, release: release ?? null }));
  const isTold = ending === "told" || ending === "absent";
  const elapsed = liveAtMs === undefined ? {} : { elapsed_ms: rounded(Math.max(0, Date.parse(at) - liveAtMs)) };
  const { state, failures, tookMs } = about;
  const data = { packs: told, how, ending, state, failures, tookMs: rounded(tookMs), evidence, ...(why && { why }) };
  const severity = isTold ? "info" : ending === "unhealthy" || state === "failed" ? "error" : "warning";
  const names = told.map(({ pack }) => pack).join(", ");
  const text = {
    told: `${service} knows of ${names || "everything that is live"}.`,
    absent: `${service} is not there${why === undefined ? "" : ` (${why})`}: nobody has to be told.`,
    failed: `${service} could not be told: ${why}`,
    unhealthy: `${service} was told, and is not back: ${why}`,
  }[ending];
  const kind = isTold ? "service.told" : "service.failed";
  const took = stagesOf({ signal: tookMs });
  return { kind, severity, text, service, ...onlyOne(told), ...(isTold && elapsed), ...took, data };
}

/** One release id leads through everything that is about one pack. */
function onlyOne(packs: readonly { readonly pack: string; readonly release: string | null | undefined }[]) {
  const [first, second] = packs;
  if (first === undefined || second !== undefined) return {};
  return { pack: first.pack, ...(first.release && { release: first.release }) };
}

function quarantineNews({ service, packs, left }: Extract<DaemonEvent, { kind: "quarantined" }>): readonly News[] {
  return [
    ...packs.map(
      ({ pack, bad, release }): News => ({
        kind: "pack.quarantined",
        severity: "error",
        text: `${service} did not come back with ${bad} of ${pack}: what it was ready with is live again.`,
        pack,
        release,
        service,
        data: { bad },
      }),
    ),
    ...left.map(
      ({ pack, why }): News => ({
        kind: "pack.quarantined",
        severity: "error",
        text: `${service} did not come back with ${pack}, which could not go back: ${why}`,
        pack,
        service,
        data: { why },
      }),
    ),
  ];
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
