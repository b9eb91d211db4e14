import { resolve } from "node:path";
import { download, usualCache } from "../downloads.ts";
import { ExitCode, PacksyncError } from "../errors.ts";
import type { Downloads } from "../install/download.ts";
import { downloadDocument } from "../install/download-document.ts";
import { DEFAULT_REGISTRY } from "../install/registry.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { shownPath } from "./shown-path.ts";
import { type Paint, paintFor, plural } from "./text.ts";

export interface DownloadFlags {
  readonly to: string;
  readonly ref?: string;
  readonly registry?: readonly string[];
  readonly timeout: string;
  readonly cache?: string | boolean;
  readonly allowPrivate?: readonly string[];
  readonly allowHttp?: boolean;
  readonly insecure?: boolean;
}

/** `packsync download <source…>`; its JSON has the names of the platform's API. */
export async function downloadCommand(
  context: CommandContext,
  sources: readonly string[],
  flags: DownloadFlags,
): Promise<ExitCode> {
  const { loaded, cwd, stdout, abort } = context;
  const order = {
    sources,
    destination: resolve(cwd, flags.to),
    ref: flags.ref,
    timeoutSeconds: secondsOf(flags.timeout),
    registries: flags.registry ?? [DEFAULT_REGISTRY],
    allowed: flags.allowPrivate ?? [],
    tls: flags.insecure === true ? "unverified" : "verified",
    plainHttp: flags.allowHttp === true ? "allowed" : "refused",
    cache: cacheDirectory(flags, context),
    cwd,
  } as const;
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

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  throw new PacksyncError(
    "USAGE",
    `Expected \`--timeout\` to be whole seconds from 1 to ${MAX_SECONDS}, got \`${text}\``,
  );
}

function cacheDirectory({ cache }: DownloadFlags, { cwd, env }: CommandContext): string | undefined {
  if (cache === false) return undefined;
  return typeof cache === "string" ? resolve(cwd, cache) : usualCache(env);
}

function downloadText({ downloaded, failed }: Downloads, cwd: string, paint: Paint): string {
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
