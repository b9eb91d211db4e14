import { placeKey } from "./attention.ts";
import { type CycleReport, type PackReport, type SourceReport, totalsOf } from "./report.ts";

/** What a cycle of the daemon found that the one before had not. */
export interface CycleNews {
  readonly sources: readonly SourceReport[];
  /** Packs of which something new is to be said. */
  readonly packs: readonly PackReport[];
  /** `<source>/<directory>` of packs that look half-written, and were left alone. */
  readonly waiting: readonly string[];
  /** `<source>/<directory>` of packs whose files were others than before. */
  readonly changed: readonly string[];
  readonly totals: ReturnType<typeof totalsOf>;
  /** Findings of all packs. */
  readonly findings: number;
  readonly shadowed: CycleReport["shadowed"];
  /** What the cycle took, in milliseconds; `cpuMs` of all threads of the process. */
  readonly durationMs: number;
  readonly cpuMs: number;
  /** Of a slice: the directory that it ended with; `undefined`: it was the last one. */
  readonly next: string | undefined;
}

/** Remembers what was said, so that it is said once. */
export interface Newsroom {
  /** Packs that are not what they were, and packs that never were. */
  newsOf(report: CycleReport): readonly PackReport[];
}

export function createNewsroom(): Newsroom {
  let said: ReadonlyMap<string, string> = new Map();
  return {
    newsOf({ packs }) {
      const before = said;
      const waiting = packs.filter(({ outcome }) => outcome === "waiting").map(keyOf);
      const kept = waiting.flatMap((key): [string, string][] => {
        const text = before.get(key);
        return text === undefined ? [] : [[key, text]];
      });
      const settled = packs.filter(({ outcome }) => outcome !== "waiting");
      said = new Map([...settled.map((pack): [string, string] => [keyOf(pack), textOf(pack)]), ...kept]);
      return settled.filter((pack) => isNews(pack, before.get(keyOf(pack))));
    },
  };
}

function keyOf({ source, directory, ref }: PackReport): string {
  return `${placeKey(source, directory)} ${ref}`;
}

function textOf({ outcome, release, diagnostics }: PackReport): string {
  return JSON.stringify([isGood(outcome), release, diagnostics]);
}

function isGood(outcome: PackReport["outcome"]): boolean | string {
  return outcome === "published" || outcome === "unchanged" ? "good" : outcome;
}

/** A pack that is as it should be, and was never spoken of, needs no word. */
function isNews(pack: PackReport, before: string | undefined): boolean {
  if (pack.outcome === "published" || pack.outcome === "retired") return true;
  if (before === undefined) return pack.outcome !== "unchanged" || pack.diagnostics.length > 0;
  return before !== textOf(pack);
}

export function findingsOf({ packs }: CycleReport): number {
  return packs.reduce((sum, { diagnostics }) => sum + diagnostics.length, 0);
}
