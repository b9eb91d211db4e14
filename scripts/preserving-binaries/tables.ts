import type { Ownership } from "../../src/pack/snapshot.ts";
import type { PreserveMode } from "../../src/plan/preserve.ts";
import { CHANGED, type Changed, type Combination, decide, type Kind } from "./cases.ts";
import { nameOf } from "./names.ts";

/** Of the volume's files. */
const BINARIES: readonly Kind[] = ["static", "aarch64", "dynamic", "library", "object", "other"];
/** Of the source's. */
const FILES: readonly Kind[] = ["static", "aarch64", "riscv64", "dynamic", "library", "object", "other", "script"];

/** What all cells of a table have in common. */
interface Circumstances {
  readonly mode: PreserveMode;
  readonly whose: readonly Ownership[];
  readonly wasReplaced: boolean;
}

/** The volume's binaries down, the source's files across; what is decided alike is one row, and one column. */
export function kindsTable(circumstances: Circumstances): string {
  const across = [...FILES, undefined];
  const grid = BINARIES.map((volume) => across.map((source) => cell(circumstances, volume, source)));
  const rows = alike(grid);
  const columns = alike(across.map((_, column) => grid.map((cells) => cells[column] ?? "")));
  return table(
    ["in the volume ↓ in the source →", ...columns.map((same) => nameOf(same.map((index) => across[index])))],
    rows.map((same) => [
      nameOf(same.map((index) => BINARIES[index])),
      ...columns.map((column) => grid[same[0] ?? 0]?.[column[0] ?? 0] ?? ""),
    ]),
  );
}

function cell({ mode, whose, wasReplaced }: Circumstances, volume: Kind, source: Kind | undefined): string {
  const all = whose.flatMap((whose) =>
    CHANGED.map((changed) => outcomeOf({ mode, whose, wasReplaced, volume, source, changed })),
  );
  const [first = "", ...others] = new Set(all);
  return others.length === 0 ? first : "[depends on what changed](#two-static-executables)";
}

/** Two static executables for a wanted architecture, the volume's not ours. */
export function changesTable(): string {
  const combination = { mode: "static-elf", whose: "foreign", volume: "static", source: "static" } as const;
  return table(
    ["changed since the last sync", "the volume's file"],
    CHANGED.map((changed) => [CHANGES[changed], outcomeOf({ ...combination, changed, wasReplaced: false })]),
  );
}

const CHANGES: Readonly<Record<Changed, string>> = {
  nothing: "nothing",
  source: "the source's",
  volume: "the volume's",
  both: "both",
  first: "nobody knows: the last sync had not both",
};

/** The policies that do not look into the source's file. */
export function policiesTable(): string {
  const rows = (["always", "off"] as const).flatMap((mode) => {
    const owners = ["ours", "drifted", "foreign"] as const;
    const outcomes = owners.map((whose) => [whateverIs(FILES, mode, whose), whateverIs([undefined], mode, whose)]);
    return alike(outcomes).map((same) => {
      const names = same.map((index) => OWNERS[owners[index] ?? "foreign"]).join(", or ");
      return [`\`${mode}\``, names, ...(outcomes[same[0] ?? 0] ?? [])];
    });
  });
  return table(["policy", "the volume's ELF file is", "the source has another file", "the source has none"], rows);
}

const OWNERS: Readonly<Record<Ownership, string>> = {
  ours: "packsync's",
  drifted: "packsync's, changed by somebody",
  foreign: "somebody else's",
};

function whateverIs(sources: readonly (Kind | undefined)[], mode: PreserveMode, whose: Ownership): string {
  const cells = BINARIES.flatMap((volume) =>
    sources.flatMap((source) =>
      [true, false].map((wasReplaced) => cell({ mode, whose: [whose], wasReplaced }, volume, source)),
    ),
  );
  const [first = "", ...others] = new Set(cells);
  if (others.length > 0) throw new Error(`\`${mode}\` looks into the files now: this table has too few columns`);
  return first;
}

function outcomeOf(combination: Combination): string {
  const change = decide(combination);
  if (change === "keep" || change.kind === "add") throw new Error("on this page two different files meet");
  switch (change.kind) {
    case "preserve":
      return `**stays**: [\`${change.why}\`](#${change.why})`;
    case "carry":
      return "**stays**";
    case "replace":
      return change.displaces ? "replaced, kept in history" : "replaced";
    case "remove":
      return change.displaces ? "removed, kept in history" : "removed";
    default:
      return change satisfies never;
  }
}

/** Indexes of lists that say the same, together. */
function alike(lists: readonly (readonly string[])[]): readonly (readonly number[])[] {
  const groups = Map.groupBy(lists.keys(), (index) => (lists[index] ?? []).join("\n"));
  return [...groups.values()];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
