import type { HistoryEntry, PackHistory, ReleaseState } from "../cycle/history.ts";
import { ExitCode } from "../errors.ts";
import { history } from "../history.ts";
import { sizeText } from "../platform/size-text.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { columns, countsText, type Paint, paintFor } from "./text.ts";

/** `packsync history [pack…]`: every release that is known, the newest first; takes no lock. */
export async function historyCommand(
  { loaded: { config }, stdout }: CommandContext,
  packs: readonly string[],
): Promise<ExitCode> {
  const found = await history(config, packs);
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, volume: config.volume, packs: found }, null, 2)}\n`
      : historyText(found, config.volume, paintFor(stdout)),
  );
  return ExitCode.ok;
}

const COLORS: Readonly<Record<ReleaseState, Parameters<Paint>[0]>> = {
  live: "green",
  pinned: "yellow",
  kept: "reset",
  retirement: "dim",
  gone: "red",
};

export function historyText(packs: readonly PackHistory[], volume: string, paint: Paint): string {
  if (packs.length === 0) return `${volume}: nothing was published yet. Next: packsync --once\n`;
  const head = ["PACK", "RELEASE", "VERSION", "STATE", "PUBLISHED", "SOURCE", "FILES", "SIZE", "CHANGES"];
  const rows = packs.flatMap(({ ref, releases }) => releases.map((entry) => row(ref, entry, paint)));
  const lines = columns([head.map((cell) => paint("dim", cell)), ...rows]);
  return [paint("bold", volume), ...lines.map((line) => `  ${line}`), ""].join("\n");
}

function row(ref: string, entry: HistoryEntry, paint: Paint): string[] {
  const { release, version, state, publishedAt, origin, source, files, bytes } = entry;
  const from = origin === "sync" ? (source ?? "-") : origin;
  const about = [release, version, paint(COLORS[state], state), publishedAt, from, String(files), sizeText(bytes)];
  return [paint("bold", ref), ...about, changesText(entry)];
}

function changesText({ restores, changes }: HistoryEntry): string {
  return [restores && `back to ${restores}`, countsText(changes)].filter(Boolean).join(", ");
}
