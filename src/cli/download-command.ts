import { resolve } from "node:path";
import { download, fetchOrder } from "../downloads.ts";
import { ExitCode, PacksyncError } from "../errors.ts";
import type { Downloads } from "../install/download.ts";
import { downloadDocument } from "../install/download-document.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { type FetchFlags, fetchChoices } from "./fetch-options.ts";
import { shownPath } from "./shown-path.ts";
import { type Paint, paintFor, plural } from "./text.ts";

export interface DownloadFlags extends FetchFlags {
  readonly to: string;
  readonly ref?: string;
  readonly timeout: string;
  readonly submodules?: "refuse" | "fetch";
}

/** `packsync download <source…>`; its JSON has the names of the platform's API. */
export async function downloadCommand(
  context: CommandContext,
  sources: readonly string[],
  flags: DownloadFlags,
): Promise<ExitCode> {
  const { loaded, cwd, stdout, abort } = context;
  const choices = { ...fetchChoices(flags), submodules: flags.submodules };
  const order = {
    ...fetchOrder(loaded.config, choices, context),
    sources,
    destination: resolve(cwd, flags.to),
    ref: flags.ref,
    timeoutSeconds: secondsOf(flags.timeout),
  };
  const downloads = await download(order, abort);
  const exitCode = downloads.failed.length === 0 ? ExitCode.ok : ExitCode.packs;
  stdout.write(
    loaded.config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, exitCode, ...downloadDocument(downloads) }, null, 2)}\n`
      : downloadText(downloads, cwd, paintFor(stdout)),
  );
  return exitCode;
}

/** An API of the platform has at most an hour, too. */
const MAX_SECONDS = 3600;

/** @throws PacksyncError `USAGE` */
export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  throw new PacksyncError(
    "USAGE",
    `Expected \`--timeout\` to be whole seconds from 1 to ${MAX_SECONDS}, got \`${text}\``,
  );
}

export function downloadText({ downloaded, failed }: Downloads, cwd: string, paint: Paint): string {
  const lines = [
    ...downloaded.map(({ source, packPath, packRef, packVersion, gitCommit }) => {
      const commit = gitCommit === undefined ? "" : `, commit ${gitCommit.slice(0, 12)}`;
      const from = paint("dim", `from ${printableName(source)}${commit}`);
      return `${paint("bold", packRef)} ${packVersion}  ${printableName(shownPath(packPath, cwd))}  ${from}`;
    }),
    ...failed.flatMap(({ source, error, hint }) => [
      `${paint("red", "failed")} ${printableName(source)}: ${printableName(error)}`,
      ...(hint === undefined ? [] : [`  ${printableName(hint)}`]),
    ]),
    `${plural(downloaded.length, "pack")} downloaded, ${failed.length} failed`,
  ];
  return `${lines.join("\n")}\n`;
}
