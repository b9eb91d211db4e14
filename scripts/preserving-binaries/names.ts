import { KINDS, type Kind } from "./cases.ts";

/** What several kinds have in common, in the words of the page; the largest first. */
const GROUPS: readonly { readonly kinds: readonly Kind[]; readonly name: string }[] = [
  {
    kinds: ["static", "aarch64", "riscv64", "dynamic", "library", "object", "other", "script"],
    name: "any other file",
  },
  { kinds: ["static", "aarch64", "dynamic", "library", "object", "other", "script"], name: "any file" },
  { kinds: ["static", "aarch64", "dynamic", "library", "object", "other"], name: "any ELF file" },
  { kinds: ["dynamic", "library", "object", "other"], name: "not static" },
];

/** `undefined`: the source has no such file. */
export function nameOf(kinds: readonly (Kind | undefined)[]): string {
  const rest = new Set(kinds);
  const groups = GROUPS.flatMap(({ kinds, name }) => {
    if (!kinds.every((kind) => rest.has(kind))) return [];
    for (const kind of kinds) rest.delete(kind);
    return [name];
  });
  return [...[...rest].map((kind) => (kind === undefined ? "nothing" : KINDS[kind])), ...groups].join(", or ");
}
