import { ask } from "../ask.ts";
import { ExitCode, PacksyncError } from "../errors.ts";
import { type ListedPack, listPacks, type ShownPack, showPack } from "../listing.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { registrationEnd, registrationLines } from "./registration-text.ts";
import { standingText } from "./standing-text.ts";
import { columns, type Paint, paintFor, plural } from "./text.ts";

/** `packsync list`: every registered pack; takes no lock. */
export async function listCommand({ loaded: { config }, stdout }: CommandContext): Promise<ExitCode> {
  const packs = await listPacks(config);
  stdout.write(config.format === "json" ? json({ volume: config.volume, packs }) : listText(packs, paintFor(stdout)));
  return ExitCode.ok;
}

/** `packsync show <pack>`. */
export async function showCommand({ loaded: { config }, stdout }: CommandContext, ref: string): Promise<ExitCode> {
  const pack = await showPack(config, ref);
  stdout.write(config.format === "json" ? json({ volume: config.volume, ...pack }) : showText(pack, paintFor(stdout)));
  return ExitCode.ok;
}

/** `packsync catalog sync [pack…]`. */
export async function catalogCommand(
  context: CommandContext,
  what: string,
  packs: readonly string[],
): Promise<ExitCode> {
  if (what !== "sync") {
    const hint = "`packsync catalog sync` registers what is live.";
    throw new PacksyncError("USAGE", `Expected \`catalog sync\`, got \`catalog ${what}\`.`, { hint });
  }
  const { loaded, log, stdout, abort } = context;
  const { config } = loaded;
  const report = await ask("register", { packs }, { config, log, doing: "catalog sync" }, abort);
  const { embedded, attune } = report;
  const isDone = embedded.pending.length === 0 && (attune === undefined || attune.state === "registered");
  const exitCode = isDone ? ExitCode.ok : ExitCode.packs;
  const changed = embedded.registered.length + embedded.unregistered.length;
  const end = `${plural(changed, "pack")} updated in the embedded catalog${registrationEnd(report)}`;
  stdout.write(
    config.format === "json"
      ? json({ volume: config.volume, exitCode, registration: report })
      : `${[...registrationLines(report, paintFor(stdout)), end].join("\n")}\n`,
  );
  return exitCode;
}

function json(document: object): string {
  return `${JSON.stringify({ packsync: VERSION, ...document }, null, 2)}\n`;
}

function listText(packs: readonly ListedPack[], paint: Paint): string {
  if (packs.length === 0) return "No pack is registered. Next: packsync --once\n";
  const rows = packs.map(({ ref, version, label, components, catalogs }) => [
    paint("bold", ref),
    version,
    printableName(label),
    Object.entries(components)
      .map(([kind, count]) => plural(count, kind.replaceAll("_", " ")))
      .join(", ") || "-",
    catalogs.map((standing) => standingText(standing, paint)).join(", "),
  ]);
  return `${columns([["PACK", "VERSION", "LABEL", "COMPONENTS", "REGISTERED"].map((cell) => paint("dim", cell)), ...rows]).join("\n")}\n`;
}

function showText(pack: ShownPack, paint: Paint): string {
  const { ref, version, label, release, dialect, dependencies, catalogs, components, versions } = pack;
  const where = catalogs.map((standing) => {
    const why = standing.why === undefined ? "" : `: ${printableName(standing.why)}`;
    return `  ${standingText(standing, paint)}${why}`;
  });
  const rows = components.map((each) => [each.kind, each.ref, each.label ?? "-"].map(printableName));
  const past = versions.map((each) => [each.version, each.release ?? "-", each.since ?? "-"]);
  return [
    `${paint("bold", ref)}  ${version}  ${printableName(label)}`,
    `  release ${release}, ${dialect}${dependencies.length === 0 ? "" : `, needs ${dependencies.join(", ")}`}`,
    paint("dim", "REGISTERED"),
    ...where,
    paint("dim", "COMPONENTS"),
    ...columns(rows).map((line) => `  ${line}`),
    paint("dim", "VERSIONS"),
    ...columns(past).map((line) => `  ${line}`),
    "",
  ].join("\n");
}
