import { excerpt } from "../excerpt.ts";
import type { Finding } from "../finding.ts";
import type { DefinitionContext } from "../model.ts";
import { field, once, text } from "../schema/shape.ts";

/** What the platform computes itself for every component; who writes it is not refused, but overruled. */
export const computed = once(() => ({
  id: field("Computed by the platform", text),
  ref: field("Computed by the platform: `<pack>.<name>`", text),
  uid: field("Computed by the platform", text),
  metadata_file: field("Computed by the platform: where this definition stands", text),
}));

/** The registrars of all kinds raise an exception for a component that says it belongs to another pack. */
export function checkPack({ pack }: Readonly<Record<string, unknown>>, about: DefinitionContext): Finding[] {
  if (about.pack === undefined || typeof pack !== "string" || pack === "" || pack === about.pack) return [];
  return [
    {
      severity: "error",
      code: "component.ref_pack_mismatch",
      message: `Expected \`pack\` to be \`${about.pack}\`, the pack that it is in, got \`${excerpt(pack)}\``,
      hint: "Remove the line: the platform knows the pack.",
      path: ["pack"],
      at: "value",
    },
  ];
}

/** Whether a text is decided at run time: Jinja, or YAQL as orquesta has it. */
export function isTemplate(value: unknown): boolean {
  return typeof value === "string" && /\{\{|\{%|<%/.test(value);
}
