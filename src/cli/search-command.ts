import { fetchOrder } from "../downloads.ts";
import { ExitCode } from "../errors.ts";
import { shownUrl } from "../install/shown-url.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import { type Searched, type SearchedPack, searchPacks } from "../search.ts";
import type { CommandContext } from "./context.ts";
import { type FetchFlags, fetchChoices } from "./fetch-options.ts";
import { type Paint, paintFor, plural } from "./text.ts";

/** `packsync search <word…>`: packs of registries. */
export async function searchCommand(
  context: CommandContext,
  words: readonly string[],
  flags: FetchFlags,
): Promise<ExitCode> {
  const { loaded, stdout, abort } = context;
  const order = fetchOrder(loaded.config, fetchChoices(flags), context);
  const searched = await searchPacks(loaded.config, words, order, abort);
  const isGood = searched.packs.length > 0 && searched.failed.length === 0;
  const exitCode = isGood ? ExitCode.ok : ExitCode.packs;
  const places = order.registries.map((each) => shownUrl(typeof each === "string" ? each : each.url));
  stdout.write(
    loaded.config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, exitCode, ...searched }, null, 2)}\n`
      : searchText(searched, words, places, paintFor(stdout)),
  );
  return exitCode;
}

function searchText(
  { packs, failed }: Searched,
  words: readonly string[],
  places: readonly string[],
  paint: Paint,
): string {
  const lines = [
    ...packs.flatMap((pack) => packLines(pack, paint)),
    ...failed.flatMap(({ registry, error, hint }) => [
      `${paint("red", "failed")} ${printableName(registry)}: ${printableName(error)}`,
      ...(hint === undefined ? [] : [`  ${printableName(hint)}`]),
    ]),
    packs.length === 0
      ? `Expected a pack with ${words.map((word) => `\`${printableName(word)}\``).join(" and ")}, got none in ${places.join(", ") || "any registry: none is configured"}`
      : `${plural(packs.length, "pack")} in ${plural(places.length, "registry", "registries")}`,
  ];
  return `${lines.join("\n")}\n`;
}

function packLines(pack: SearchedPack, paint: Paint): string[] {
  const { ref, version, label, description, registry, shadowed, installed, newer } = pack;
  const standing =
    installed === undefined
      ? []
      : [newer ? paint("yellow", `installed: ${installed}, this is newer`) : `installed: ${installed}`];
  const behind = shadowed ? [paint("dim", "another registry has it before")] : [];
  const from = paint("dim", `from ${printableName(registry)}`);
  const head = [
    paint("bold", printableName(ref)),
    printableName(version),
    printableName(label),
    from,
    ...standing,
    ...behind,
  ];
  return [
    head.filter((part) => part !== "").join("  "),
    ...(description === "" ? [] : [`  ${printableName(oneLine(description))}`]),
  ];
}

const MAX_SHOWN = 200;

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}
