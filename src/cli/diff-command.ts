import type { DiffReport, FileDiff } from "../cycle/diff.ts";
import { entryFacts, printableLine, valueText } from "../cycle/diff-text.ts";
import { ExitCode } from "../errors.ts";
import { diff } from "../history.ts";
import type { KeyChange } from "../pack/value-diff.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { type Paint, paintFor } from "./text.ts";

/** `packsync diff <pack> [release] [release]`: what is different, file by file, of YAML key by key; takes no lock. */
export async function diffCommand(
  { loaded: { config }, stdout }: CommandContext,
  request: { readonly pack: string; readonly releases: readonly string[] },
): Promise<ExitCode> {
  const report = await diff(config, request);
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, volume: config.volume, ...report }, null, 2)}\n`
      : diffText(report, paintFor(stdout)),
  );
  return ExitCode.ok;
}

const SIGNS = { added: ["+", "green"], removed: ["-", "red"], changed: ["~", "yellow"] } as const;

export function diffText({ ref, from, to, files }: DiffReport, paint: Paint): string {
  const head = `${paint("bold", ref)}  ${from} → ${to}${files.length === 0 ? "  the same files" : ""}`;
  return [head, ...files.flatMap((file) => fileLines(file, paint)), ""].join("\n");
}

function fileLines(file: FileDiff, paint: Paint): string[] {
  const { path, kind, before, after, keys = [], lines = [], note } = file;
  const [sign, color] = SIGNS[kind];
  const about = [...entryFacts(before, after), ...(note === undefined ? [] : [note])].join(", ");
  return [
    `  ${paint(color, sign)} ${printableName(path)}  ${paint("dim", about)}`,
    ...keys.map((change) => `      ${keyLine(change, paint)}`),
    ...lines.map((line) => `      ${paint(lineColor(line), printableLine(line))}`),
  ];
}

function keyLine({ key, ...change }: KeyChange, paint: Paint): string {
  const name = printableName(key);
  if (!("before" in change)) return `${paint("green", "+")} ${name}: ${shown(change.after)}`;
  if (!("after" in change)) return `${paint("red", "-")} ${name}: ${shown(change.before)}`;
  return `${paint("yellow", "~")} ${name}: ${shown(change.before)} → ${shown(change.after)}`;
}

const SHOWN_LENGTH = 100;

function shown(value: unknown): string {
  return valueText(value, SHOWN_LENGTH);
}

function lineColor(line: string): Parameters<Paint>[0] {
  if (line.startsWith("+")) return "green";
  if (line.startsWith("-")) return "red";
  return line.startsWith("@@") ? "cyan" : "reset";
}
