import type { PackStatus } from "../../cycle/status.ts";
import type { Diagnostic } from "../../pack/diagnostics.ts";
import { standingText } from "../standing-text.ts";
import { plain, plural } from "../text.ts";
import { type Canvas, lineOn, moreLine } from "./canvas.ts";
import type { Line, Span } from "./line.ts";
import { byRank, isTrouble, PACK_STATES, rankOf } from "./order.ts";
import { tableLines } from "./table.ts";
import type { View } from "./view.ts";

const COLUMNS = [
  { title: "PACK", dispensable: 0, least: 12 },
  { title: "VERSION", dispensable: 2, least: 12 },
  { title: "STATE", dispensable: 0 },
  { title: "SINCE", dispensable: 3 },
  { title: "SOURCE", dispensable: 4, least: 8 },
  { title: "RELEASE", dispensable: 5 },
  { title: "REGISTERED", dispensable: 6 },
  { title: "FINDINGS", dispensable: 1 },
] as const;

/** Packs with trouble first, each with as much of what is wrong as there is room for. */
export function packLines({ seen: { status } }: View, canvas: Canvas, room: number): readonly Line[] {
  const packs = byRank(status?.packs ?? [], rankOf);
  if (packs.length === 0 || room < 2) return [];
  const { shown, isCut } = fitting(packs, room - HEAD);
  const [head = [], ...rows] = tableLines(
    { columns: COLUMNS, rows: shown.map(({ pack }) => cellsOf(pack, canvas)) },
    canvas.width,
    canvas.ellipsis,
  );
  const lines = rows.flatMap((row, index) => [
    row,
    ...(shown[index]?.findings ?? []).map((each) => findingLine(each, canvas)),
  ]);
  return [head, ...lines, ...(isCut ? [restLine(packs.slice(shown.length), canvas)] : [])];
}

const HEAD = 1;

interface ShownPack {
  readonly pack: PackStatus;
  readonly findings: readonly Diagnostic[];
}

interface Fitting {
  readonly shown: readonly ShownPack[];
  /** The last line counts the others. */
  readonly isCut: boolean;
}

/** Every pack has a line before any has a second one, but for a third that is kept for what is wrong. */
function fitting(packs: readonly PackStatus[], room: number): Fitting {
  const wanted = packs.filter(isTrouble).reduce((sum, { findings }) => sum + findings.length, 0);
  const isCut = packs.length > room;
  const kept = isCut ? Math.min(wanted, Math.floor(room / 3)) : 0;
  const shown = packs.slice(0, isCut ? Math.max(0, room - kept - 1) : packs.length);
  const counts = findingCounts(shown, isCut ? kept : room - packs.length);
  return { shown: shown.map((pack, index) => ({ pack, findings: pack.findings.slice(0, counts[index]) })), isCut };
}

/** The first finding of each, then the second of each, and so on. */
function findingCounts(packs: readonly PackStatus[], room: number): readonly number[] {
  const counts = packs.map(() => 0);
  let left = room;
  for (let round = 0; left > 0; round++) {
    const having = packs.flatMap((pack, index) => (isTrouble(pack) && pack.findings.length > round ? [index] : []));
    if (having.length === 0) break;
    for (const index of having.slice(0, left)) counts[index] = round + 1;
    left -= having.length;
  }
  return counts;
}

function cellsOf(pack: PackStatus, { shown, time }: Canvas): readonly Span[] {
  const { ref, version, source, release, state, since, findings, catalogs } = pack;
  return [
    { text: shown(ref), format: "bold" },
    { text: shown(version ?? "-") },
    { text: state, format: PACK_STATES[state].format },
    { text: time(since) },
    { text: shown(source ?? "-") },
    { text: shown(release ?? "-"), format: "dim" },
    {
      text: catalogs.map((standing) => standingText(standing, plain)).join(", ") || "-",
      ...(catalogs.some((standing) => standing.state === "failed") && { format: "red" as const }),
    },
    { text: findings.length === 0 ? "-" : plural(findings.length, "finding") },
  ];
}

const COLORS = { error: "red", warning: "yellow", hint: "cyan" } as const;

function findingLine({ severity, code, message, file, line, column }: Diagnostic, canvas: Canvas): Line {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return lineOn(canvas, [
    { text: "  " },
    { text: severity, format: COLORS[severity] },
    { text: canvas.shown(` ${place === "" ? "" : `${place}  `}${message} `) },
    { text: `[${code}]`, format: "dim" },
  ]);
}

function restLine(packs: readonly PackStatus[], canvas: Canvas): Line {
  const troubled = packs.filter(isTrouble).length;
  const about = troubled === 0 ? "; packs with trouble first" : `, ${troubled} of them with trouble`;
  return moreLine(packs.length, about, canvas);
}
