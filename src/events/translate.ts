import type { DaemonEvent } from "../loop/events.ts";
import type { RootStatus } from "../loop/status.ts";
import { rounded } from "./durations.ts";
import { sentence } from "./event-text.ts";
import type { Known } from "./known.ts";
import { packNews, verifiedNews } from "./pack-news.ts";
import type { News } from "./recorder.ts";
import { registrationNews } from "./registration-news.ts";
import { deliveredNews, pendingNews, quarantineNews } from "./service-news.ts";

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
      return event.services.map(pendingNews);
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
