import type { Diagnostic } from "../pack/diagnostics.ts";
import { placeKey } from "./attention.ts";
import type { CycleReport, PackReport, SourceReport, totalsOf } from "./report.ts";

/** What is new of a pack. `fresh`: the findings that the cycle before had not. */
export interface PackNews extends PackReport {
  readonly fresh: readonly Diagnostic[];
}

/** What a cycle of the daemon found that the one before had not. */
export interface CycleNews {
  readonly sources: readonly SourceReport[];
  /** Packs of which something new is to be said. */
  readonly packs: readonly PackNews[];
  /** `<source>/<directory>` of packs that look half-written, and were left alone. */
  readonly waiting: readonly string[];
  /** `<source>/<directory>` of packs whose files were others than before. */
  readonly changed: readonly string[];
  readonly totals: ReturnType<typeof totalsOf>;
  /** Findings of all packs. */
  readonly findings: number;
  readonly shadowed: CycleReport["shadowed"];
  /** What the cycle took, in milliseconds. */
  readonly durationMs: number;
  /** What looking at the sources cost all threads of the process, in milliseconds. */
  readonly cpuMs: number;
  /** Of a slice: the directory that it ended with; `undefined`: it was the last one. */
  readonly next: string | undefined;
}

/** Remembers what was said, so that it is said once. */
export interface Newsroom {
  /** Packs that are not what they were, and packs that never were. */
  newsOf(report: CycleReport): readonly PackNews[];
}

export function createNewsroom(): Newsroom {
  let said: ReadonlyMap<string, PackReport> = new Map();
  return {
    newsOf({ packs }) {
      const before = said;
      const settled = packs.map((pack) => (pack.outcome === "waiting" ? (before.get(keyOf(pack)) ?? pack) : pack));
      said = new Map(settled.map((pack) => [keyOf(pack), pack]));
      const news = packs.filter((pack) => pack.outcome !== "waiting" && isNews(pack, before.get(keyOf(pack))));
      return news.map((pack) => ({ ...pack, fresh: freshOf(pack, before.get(keyOf(pack))) }));
    },
  };
}

/** While a pack is refused all that is wrong with it is said again. */
function freshOf({ outcome, diagnostics }: PackReport, before: PackReport | undefined): readonly Diagnostic[] {
  if (outcome === "rejected" || outcome === "failed") return diagnostics;
  const known = new Set(before?.diagnostics.map((finding) => JSON.stringify(finding)));
  return diagnostics.filter((finding) => !known.has(JSON.stringify(finding)));
}

function keyOf({ source, directory, ref }: PackReport): string {
  return `${placeKey(source, directory)} ${ref}`;
}

function textOf({ outcome, release, diagnostics }: PackReport): string {
  return JSON.stringify([isGood(outcome), release, diagnostics.filter(({ code }) => !OF_GOING_LIVE.has(code))]);
}

/** What happened while a pack went live is told with that; that the next look does not find it is no news. */
const OF_GOING_LIVE: ReadonlySet<string> = new Set(["volume.displaced", "volume.leftover", "volume.no_exchange"]);

function isGood(outcome: PackReport["outcome"]): boolean | string {
  return outcome === "published" || outcome === "unchanged" ? "good" : outcome;
}

/** A pack that is as it should be, and was never spoken of, needs no word. */
function isNews(pack: PackReport, before: PackReport | undefined): boolean {
  if (pack.outcome === "published" || pack.outcome === "retired") return true;
  if (before === undefined || before.outcome === "waiting")
    return pack.outcome !== "unchanged" || pack.diagnostics.length > 0;
  return textOf(before) !== textOf(pack);
}

export function findingsOf({ packs }: CycleReport): number {
  return packs.reduce((sum, { diagnostics }) => sum + diagnostics.length, 0);
}
