import type { FileEntry } from "../pack/snapshot.ts";
import { printableName } from "../platform/names.ts";
import { sizeText } from "../platform/size-text.ts";

/** Size, mode, and how a binary is linked, as far as they are others. */
export function entryFacts(before: FileEntry | undefined, after: FileEntry | undefined): string[] {
  if (before === undefined || after === undefined) return [sizeText((before ?? after)?.size ?? 0)];
  const facts = [
    [sizeText(before.size), sizeText(after.size)],
    [`mode ${before.mode.toString(8)}`, after.mode.toString(8)],
    [linkage(before), linkage(after)],
  ];
  return facts.flatMap(([was, is]) => (was === is || was?.endsWith(` ${is}`) ? [] : [`${was} → ${is}`]));
}

function linkage({ elf }: FileEntry): string {
  return elf === undefined ? "no binary" : `${elf.machine} ${elf.static ? "static" : "dynamic"}`;
}

/** A value of a definition, for people; cut where it is longer than so many characters. */
export function valueText(value: unknown, length: number): string {
  const text = printableName((JSON.stringify(value) ?? "nothing").slice(0, 8 * length));
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** Tabs stay, what could forge a terminal's line does not. */
export function printableLine(line: string): string {
  return line.split("\t").map(printableName).join("\t");
}
