import type { CycleReport, PackReport } from "../cycle/report.ts";
import type { Change, ChangeKind } from "../plan/plan.ts";
import { printableName } from "../platform/names.ts";
import { columns, findingLines, type Paint } from "./text.ts";

const SIGNS: Readonly<Record<ChangeKind, readonly [sign: string, color: Parameters<Paint>[0]]>> = {
  add: ["+", "green"],
  replace: ["~", "yellow"],
  remove: ["-", "red"],
  preserve: ["=", "cyan"],
  carry: ["·", "dim"],
};

/** What a sync would do, file by file, and why. */
export function planText({ packs }: CycleReport, paint: Paint): string {
  const blocks = packs.map((pack) => [
    headLine(pack, paint),
    ...fileLines(pack, paint),
    ...tellLines(pack, paint),
    ...findings(pack, paint),
  ]);
  const legend = paint("dim", "+ add  ~ replace  - remove  = preserve (the volume's stays)  · carry (not ours)");
  return [...blocks.flat(), legend, ""].join("\n");
}

function headLine({ ref, version, source, outcome, release }: PackReport, paint: Paint): string {
  const what = outcome === "published" ? "would be published" : outcome === "retired" ? "would be retired" : outcome;
  return `${paint("bold", ref)}  ${version ?? "-"}  ${source}  ${what}${release === undefined ? "" : `  (live: ${release})`}`;
}

function fileLines({ plan = [], outcome }: PackReport, paint: Paint): string[] {
  const shown = outcome === "unchanged" ? plan.filter(({ kind }) => kind === "preserve") : plan;
  return columns(shown.map((change) => changeRow(change, paint))).map((line) => `  ${line}`);
}

function changeRow(change: Change, paint: Paint): string[] {
  const [sign, color] = SIGNS[change.kind];
  return [paint(color, sign), printableName(change.path), paint("dim", reasonOf(change))];
}

/** Whom it concerns, and the first reason; JSON has one for each change. */
function tellLines({ routing }: PackReport, paint: Paint): string[] {
  if (routing === undefined) return [];
  const rows = routing.targets.map(({ target, changes, because }) => {
    const others = changes > 1 ? ` and ${changes - 1} more` : "";
    return [paint("magenta", "→"), printableName(target), paint("dim", `${printableName(because)}${others}`)];
  });
  const lines = rows.length > 0 ? columns(rows) : [paint("dim", "→  nobody needs to be told")];
  return [...lines, ...routing.notes.map((note) => paint("yellow", `!  ${note}`))].map((line) => `  ${line}`);
}

function reasonOf(change: Change): string {
  switch (change.kind) {
    case "add":
      return `new, ${change.next.size} bytes`;
    case "replace":
      return change.displaces ? `${whose(change)}; the old one is kept in history` : replaced(change);
    case "remove":
      return change.displaces ? removed(change) : "left the source";
    case "preserve":
      return change.why;
    case "carry":
      return change.prev.ownership === "drifted" ? whose(change) : "only in the volume";
    default:
      return change satisfies never;
  }
}

/** Only a file that somebody changed can leave the source and be displaced. */
function removed(change: Extract<Change, { kind: "remove" }>): string {
  return change.prev.ownership === "drifted"
    ? `left the source, but ${whose(change)}; kept in history`
    : `${whose(change)}, but in the way; kept in history`;
}

function whose({ prev }: Exclude<Change, { kind: "add" }>): string {
  return prev.ownership === "drifted" ? "changed in the volume by others" : "not packsync's";
}

function replaced({ prev, next }: Extract<Change, { kind: "replace" }>): string {
  if (prev.digest !== next.digest) return `${prev.size} → ${next.size} bytes`;
  return `mode ${prev.mode.toString(8)} → ${next.mode.toString(8)}`;
}

function findings({ directory, diagnostics }: PackReport, paint: Paint): string[] {
  return diagnostics.flatMap((finding) => findingLines(directory, finding, paint));
}
