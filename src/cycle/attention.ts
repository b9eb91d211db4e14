import type { PackRecord } from "../publish/ledger.ts";
import type { Look } from "../scan/look.ts";
import type { KnownPack } from "../scan/store.ts";
import { isLiveFrom } from "./live-from.ts";
import { type Prepared, waiting } from "./prepared.ts";
import { type CycleReport, NO_CHANGES, type PackReport } from "./report.ts";

/**
 * Which packs a cycle looks at. One that a timer or a save started has reason to look at a few; of the others stands what the
 * last cycle said of them.
 */
export interface Attention {
  /** What is not due may be in mid-write, or away for a moment only: it is neither published nor retired. */
  isDue(source: string, directory: string): boolean;
  /** What the last cycle left of a pack that nobody has reason to look at yet; `undefined`: it is looked at. */
  standing(look: Look, record: PackRecord | undefined): Prepared | undefined;
  /** Whether a pack that looks half-written is left alone once more. */
  isPatient(source: string, directory: string): boolean;
}

/** What `--once` does. */
export const EVERYTHING: Attention = {
  isDue: () => true,
  standing: () => undefined,
  isPatient: () => false,
};

/** What cycles of one process leave to the next one. */
export interface Standing {
  attention(due: Pick<Attention, "isDue" | "isPatient">): Attention;
  /** Whether the last cycle said something of this directory. */
  has(source: string, directory: string): boolean;
  /** Called after each cycle, with what is remembered of each pack now. */
  keep(report: CycleReport, now: Remembered): void;
}

export interface Remembered {
  readonly known: (source: string, directory: string) => KnownPack | undefined;
  readonly records: ReadonlyMap<string, PackRecord>;
}

interface Kept {
  readonly report: PackReport;
  /** While it is the same, nobody else touched the pack: no rollback, no repair, no other cycle. */
  readonly stamp: Stamp;
}

export function createStanding(): Standing {
  let kept: ReadonlyMap<string, Kept> = new Map();
  return {
    attention: (due) => ({
      ...due,
      standing(look, record) {
        if (due.isDue(look.source.name, look.directory)) return undefined;
        if (look.known === undefined) return waiting(look, record);
        const last = kept.get(placeKey(look.source.name, look.directory));
        const isLiveElsewhere = record?.release !== undefined && !isLiveFrom(record, look.source.name, look.directory);
        if (last === undefined) return isLiveElsewhere ? waiting(look, record) : undefined;
        return isSame(last.stamp, stampOf(look.known, record)) ? asBefore(look, last.report) : undefined;
      },
    }),
    has: (source, directory) => kept.has(placeKey(source, directory)),
    keep({ packs }, { known, records }) {
      const entries = packs.map((report): [string, Kept] => {
        const { source, directory, ref } = report;
        return [placeKey(source, directory), { report, stamp: stampOf(known(source, directory), records.get(ref)) }];
      });
      kept = new Map(entries);
    },
  };
}

/** No name of a directory contains a slash. */
export function placeKey(source: string, directory: string): string {
  return `${source}/${directory}`;
}

type Stamp = readonly (string | undefined)[];

function stampOf(known: KnownPack | undefined, record: PackRecord | undefined): Stamp {
  const { release, source, directory, pinned, applied, live } = record ?? {};
  return [known?.revision, known?.verdict, release, source, directory, pinned, applied, live];
}

function isSame(a: Stamp, b: Stamp): boolean {
  return a.every((part, index) => part === b[index]);
}

function asBefore({ identity }: Look, report: PackReport): Prepared {
  const outcome = report.outcome === "published" ? "unchanged" : report.outcome;
  return {
    ref: identity?.ref,
    dependencies: identity?.dependencies ?? [],
    report: { ...report, outcome, changes: NO_CHANGES },
    staged: undefined,
  };
}
