import { readFileSync } from "node:fs";
import { reasons } from "./reasons.ts";
import { changesTable, kindsTable, policiesTable } from "./tables.ts";

const TEMPLATE = new URL("page.md", import.meta.url);

/** `docs/preserving-binaries.md`: the prose of `page.md`, with what the code decides and says in its `{{…}}`. */
export function preservingBinariesPage(): string {
  const parts: Readonly<Record<string, string>> = {
    ours: kindsTable({ mode: "static-elf", whose: ["ours"], wasReplaced: false }),
    theirs: kindsTable({ mode: "static-elf", whose: ["drifted", "foreign"], wasReplaced: false }),
    replaced: kindsTable({ mode: "static-elf", whose: ["drifted", "foreign"], wasReplaced: true }),
    changes: changesTable(),
    policies: policiesTable(),
    reasons: reasons(),
  };
  return readFileSync(TEMPLATE, "utf8").replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`page.md asks for \`${name}\`, which is not there`);
    return part;
  });
}
