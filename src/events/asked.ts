import type { CycleReport, PackReport } from "../cycle/report.ts";
import type { RollbackReport } from "../cycle/rollback.ts";
import type { Answers, Installed, RequestKind, Requests, Uninstalled } from "../requests.ts";
import { sentence } from "./event-text.ts";
import type { Known } from "./known.ts";
import { packNews, verifiedNews } from "./pack-news.ts";
import type { News } from "./recorder.ts";

/** What somebody asked of the daemon, and what it changed: the cycles after it find nothing new. */
export function eventsAfter<K extends RequestKind>(
  kind: K,
  request: Requests[K],
  answer: Answers[K],
  known: Known,
): readonly News[] {
  return saying({ kind, request, answer } as Asked, known).map((news) => ({ ...news, text: sentence(news.text) }));
}

type Asked = {
  [K in RequestKind]: { readonly kind: K; readonly request: Requests[K]; readonly answer: Answers[K] };
}[RequestKind];

function saying(asked: Asked, known: Known): readonly News[] {
  switch (asked.kind) {
    case "sync":
      return syncNews(asked.answer, known);
    case "rollback":
      return [pinned(asked.answer)];
    case "pin": {
      const { pack } = asked.request;
      const text = `${pack} stays as it is, whatever its source has, until somebody unpins it.`;
      return [{ kind: "pack.pinned", severity: "warning", text, pack, release: asked.answer }];
    }
    case "unpin": {
      const { pack } = asked.request;
      const text = `${pack} follows its source again.`;
      return [{ kind: "pack.unpinned", severity: "info", text, pack, data: { was: asked.answer } }];
    }
    case "verify":
      return asked.answer.flatMap(verifiedNews);
    case "install":
      return asked.answer.packs.flatMap((pack) => installedNews(pack, known));
    case "uninstall":
      return uninstalledNews(asked.answer, known);
    case "settle":
      return asked.request.keep ? [] : asked.request.packs.map(takenBack);
    case "register":
    case "notify":
    case "open":
    case "published":
    case "cycle":
    case "canary":
      return [];
    default:
      return asked satisfies never;
  }
}

/** What is wrong with a pack the next cycle says. */
function syncNews({ packs }: CycleReport, known: Known): readonly News[] {
  return packs
    .filter(({ outcome }) => outcome === "published" || outcome === "retired")
    .flatMap((report) => from(report, "sync", known));
}

function pinned({ ref, version, from: before, to, release }: RollbackReport): News {
  const text = `${ref} is back at ${to}, and stays there until its source changes.`;
  const data = { from: before ?? null, to };
  return { kind: "pack.pinned", severity: "warning", text, pack: ref, version, ...(release && { release }), data };
}

function installedNews(installed: Installed, known: Known): readonly News[] {
  if (!("report" in installed) || installed.report === undefined) return [];
  return from(installed.report, installed.how === "synced" ? "sync" : "install", known);
}

function takenBack({ pack, release }: { readonly pack: string; readonly release: string }): News {
  const text = `The installation of ${pack} did not succeed: what was live before is live again.`;
  return { kind: "pack.failed", severity: "error", text, pack, data: { origin: "install", undone: release } };
}

function uninstalledNews({ report }: Uninstalled, known: Known): readonly News[] {
  return report === undefined ? [] : from(report, "install", known);
}

function from(report: PackReport, origin: "sync" | "install", known: Known): readonly News[] {
  return packNews({ ...report, fresh: [] }, undefined, known).map((news) => {
    const isChange = news.kind === "pack.published" || news.kind === "pack.retired";
    return isChange ? { ...news, data: { ...news.data, origin } } : news;
  });
}
