import type { PackNews } from "../cycle/news.ts";
import type { Verified } from "../cycle/verified.ts";
import { rounded, stagesOf } from "./durations.ts";
import type { Known } from "./known.ts";
import type { News } from "./recorder.ts";

/** Longer lists are for `packsync validate`. */
const MOST_FINDINGS = 100;
const MOST_PATHS = 100;

/** What became of a pack, if that is news. */
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
