import { ask } from "../ask.ts";
import type { Verified } from "../cycle/verified.ts";
import { ExitCode } from "../errors.ts";
import { verify } from "../history.ts";
import { VERSION } from "../platform/version.ts";
import type { VerifyRequest } from "../requests.ts";
import { type CatalogFinding, isDifference, verifyCatalogs } from "../verify-catalogs.ts";
import type { CommandContext } from "./context.ts";
import { progressOn } from "./progress.ts";
import { columns, findingLines, type Paint, paintFor, plural } from "./text.ts";

/** `packsync verify [pack…]`: everything that packsync published is read again. Ends with 1 while something drifted. */
export async function verifyCommand(
  { loaded: { config }, log, stdout, stderr, abort }: CommandContext,
  request: VerifyRequest,
): Promise<ExitCode> {
  using progress = progressOn(stderr);
  const options = { config, log, doing: "verify", onProgress: progress.show };
  const packs =
    request.repair || request.prune
      ? await ask("verify", request, options, abort)
      : await verify(options, request.packs);
  const catalogs = await verifyCatalogs(config, request.packs, abort);
  const isDifferent = catalogs.some(isDifference);
  const exitCode = packs.some(isDrifted) || isDifferent ? ExitCode.packs : ExitCode.ok;
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, volume: config.volume, exitCode, packs: packs.map(document), catalogs: catalogs.map(({ ref, diagnostic }) => ({ ref, ...diagnostic })) }, null, 2)}\n`
      : verifyText(packs, config.volume, paintFor(stdout)) + catalogText(catalogs, paintFor(stdout)),
  );
  return exitCode;
}

function catalogText(catalogs: readonly CatalogFinding[], paint: Paint): string {
  const lines = catalogs.flatMap(({ ref, diagnostic }) => findingLines(ref, diagnostic, paint));
  return lines.length === 0 ? "" : `${[paint("bold", "catalogs"), ...lines].join("\n")}\n`;
}

function isDrifted({ verdict, repair }: Verified): boolean {
  return verdict === "drifted" && repair?.release === undefined;
}

function document({ drift: { paths: _, ...drift }, ...pack }: Verified) {
  return { ...pack, drift };
}

const COLORS = { sound: "green", drifted: "red", damaged: "yellow" } as const;

export function verifyText(packs: readonly Verified[], volume: string, paint: Paint): string {
  if (packs.length === 0) return `${volume}: nothing was published yet. Next: packsync --once\n`;
  const rows = packs.map(({ ref, release, verdict, files }) => [
    paint("bold", ref),
    release ?? "retired",
    paint(COLORS[verdict], verdict),
    plural(files, "file"),
  ]);
  const details = packs.map(({ ref, diagnostics, repair }) =>
    [...diagnostics, ...(repair?.diagnostics ?? [])].flatMap((finding) => findingLines(ref, finding, paint)),
  );
  const done = packs.map((pack) => doneText(pack).map((text) => `    ${paint("green", text)}`));
  const lines = columns(rows).flatMap((line, index) => [
    `  ${line}`,
    ...(details[index] ?? []),
    ...(done[index] ?? []),
  ]);
  const drifted = packs.filter(isDrifted).length;
  const total = `${plural(packs.length, "pack")} re-hashed: ${drifted === 0 ? "nothing drifted" : `${drifted} drifted`}`;
  return [paint("bold", volume), ...lines, total, ""].join("\n");
}

function doneText({ repair, pruned }: Verified): string[] {
  return [
    ...(repair?.release === undefined ? [] : [`repaired: ${repair.release} is live`]),
    ...(pruned === undefined || pruned.releases.length === 0 ? [] : [`pruned: ${pruned.releases.join(", ")}`]),
    ...(pruned === undefined || pruned.displaced === 0
      ? []
      : [`removed for good: ${plural(pruned.displaced, "file")} of others in history`]),
  ];
}
