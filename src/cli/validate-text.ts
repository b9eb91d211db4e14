import { printableName } from "../platform/names.ts";
import type { ValidatedPack, Validation } from "../validate.ts";
import { fileReader, framedFinding } from "./finding-text.ts";
import { shownPath } from "./shown-path.ts";
import { type Paint, plural } from "./text.ts";

/** What is wrong with packs, for people: each finding with the lines that it is about. */
export function validationText(found: Validation, cwd: string, paint: Paint): string {
  const { packs, sources } = found;
  const blocks = [...sources, ...packs].filter(({ diagnostics }) => diagnostics.length > 0);
  const lines = blocks.flatMap((pack) => packLines(pack, cwd, paint));
  return [...mendedLines(found, cwd), ...lines, totalLine(found, paint), ""].join("\n");
}

/** What `--fix` did. */
export function mendedLines({ mended }: Validation, cwd: string): string[] {
  return mended.map(({ file, what }) => `mended ${printableName(shownPath(file, cwd))}: ${what}`);
}

type Block = Pick<ValidatedPack, "path" | "diagnostics"> & Partial<Pick<ValidatedPack, "ref" | "version">>;

function packLines({ ref, version, path, diagnostics }: Block, cwd: string, paint: Paint): string[] {
  const place = shownPath(path, cwd);
  const head = [paint("bold", printableName(place)), ref, version].filter((part) => part !== undefined).join("  ");
  const linesOf = fileReader(path);
  return [head, ...diagnostics.flatMap((finding) => framedFinding(finding, place, linesOf, paint)), ""];
}

function totalLine({ packs, totals }: Validation, paint: Paint): string {
  const { error, warning, hint } = totals;
  const counts = [
    ...(error > 0 ? [paint("red", plural(error, "error"))] : []),
    ...(warning > 0 ? [paint("yellow", plural(warning, "warning"))] : []),
    ...(hint > 0 ? [paint("cyan", plural(hint, "hint"))] : []),
  ];
  return `${plural(packs.length, "pack")}: ${counts.length === 0 ? paint("green", "nothing is wrong") : counts.join(", ")}`;
}
