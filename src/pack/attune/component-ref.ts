import { shown } from "../check-shape.ts";
import type { Finding } from "../finding.ts";
import { isAbsent, type Mapping } from "../mapping.ts";
import type { DefinitionContext } from "../model.ts";

/** `full`: `<pack>.<name>`; `short`: the platform puts the pack in front of a bare name; `queue`: any number of parts. */
type RefStyle = "full" | "short" | "queue";

/** What newer versions of the platform want (`RefValidator`). */
const COMPONENT_REF = /^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*$/;
const QUEUE_REF = /^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/;
/** What the CHECKs of its tables have wanted all along, besides lower case. */
const TWO_PARTS = /^[^.]+\.[^.]+$/;

/** A component's own name, and that of its file: there, well-formed, and of its pack. */
export function checkRef(value: Mapping, about: DefinitionContext, style: RefStyle = "full"): readonly Finding[] {
  return [...checkEnding(about), ...checkGivenRef(value, about, style)];
}

function checkGivenRef(value: Mapping, about: DefinitionContext, style: RefStyle): readonly Finding[] {
  const given = value["ref"];
  if (isAbsent(given)) return [missingRef(value, about)];
  if (typeof given !== "string") return [];
  const ref = style === "full" ? given : qualified(given, about.pack);
  return [...malformed(ref, given, about, style), ...ofAnotherPack(ref, "ref", about)];
}

/** Whether the platform can look up a component by this text; a bare name is one of the same pack. */
export function isReference(text: string, pack: string | undefined): boolean {
  return COMPONENT_REF.test(qualified(text, pack));
}

/** What `pack_ref` says beside the place where the file stands. */
export function checkPackRef(value: Mapping, { pack }: DefinitionContext): readonly Finding[] {
  const given = value["pack_ref"];
  if (typeof given !== "string" || pack === undefined || given === pack) return [];
  return [
    {
      severity: "warning",
      code: "component.ref_pack_mismatch",
      message: `Expected \`pack_ref\` to be \`${pack}\`, the pack that this file is in, got ${shown(given)}`,
      hint: "Remove `pack_ref`: the platform knows it.",
      path: ["pack_ref"],
      at: "value",
    },
  ];
}

function qualified(text: string, pack = "pack"): string {
  return text.includes(".") ? text : `${pack}.${text}`;
}

/** What `init-packs` has loaded all along, by `glob("*.yaml")`. */
const OLD_KINDS: ReadonlySet<string> = new Set(["action", "permission_set", "rule", "runtime", "sensor", "trigger"]);

function checkEnding({ file, kind }: DefinitionContext): readonly Finding[] {
  if (!file.endsWith(".yml") || !OLD_KINDS.has(kind)) return [];
  return [
    {
      severity: "warning",
      code: "component.file_ending",
      message: "Expected the file's name to end with `.yaml`, got `.yml`",
      hint: `Rename it to \`${file.slice(0, -"yml".length)}yaml\`: some versions of the platform skip other files.`,
      path: [],
      at: "key",
    },
  ];
}

function missingRef(value: Mapping, about: DefinitionContext): Finding {
  const name = typeof value["name"] === "string" ? value["name"] : "";
  const candidates = [name, stemOf(about.file), "my_name"].map((each) => `${about.pack ?? "my_pack"}.${each}`);
  const example = candidates.find((each) => COMPONENT_REF.test(each)) ?? "";
  return {
    severity: "warning",
    code: "metadata.missing_field",
    message: `Expected \`ref\`, the full name of this ${about.kind.replace("_", " ")}, got none`,
    hint: `Add the line \`ref: ${example}\`: some versions of the platform skip a file without it.`,
    path: [],
    at: "key",
  };
}

function stemOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/(\.workflow)?\.ya?ml$/, "");
}

function malformed(ref: string, given: string, about: DefinitionContext, style: RefStyle): readonly Finding[] {
  if ((style === "queue" ? QUEUE_REF : COMPONENT_REF).test(ref)) return [];
  const isStorable = style !== "queue" && TWO_PARTS.test(ref) && ref === ref.toLowerCase();
  const form = style === "full" ? "`<pack>.<name>`" : style === "short" ? "`<name>` or `<pack>.<name>`" : "`<name>`";
  return [
    {
      severity: isStorable ? "warning" : "error",
      code: "component.invalid_ref",
      message: `Expected \`ref\` to be ${form} of lower-case letters, digits, \`_\` and \`-\`, got ${shown(given)}`,
      hint: `Write \`ref: ${repaired(given, about)}\`.`,
      path: ["ref"],
      at: "value",
    },
  ];
}

/** The name that was most likely meant. */
function repaired(given: string, { pack, file }: DefinitionContext): string {
  const tame = (text: string) => text.toLowerCase().replace(/[^a-z0-9_-]+/g, "_");
  const inPack = pack !== undefined && given.startsWith(`${pack}.`) ? given.slice(pack.length + 1) : given;
  const name = tame(inPack).replace(/^[^a-z]+/, "") || tame(stemOf(file)).replace(/^[^a-z]+/, "") || "my_name";
  return `${pack ?? "my_pack"}.${name}`;
}

function ofAnotherPack(ref: string, key: string, { pack }: DefinitionContext): readonly Finding[] {
  const owner = ref.slice(0, ref.indexOf("."));
  if (pack === undefined || !TWO_PARTS.test(ref) || owner === pack) return [];
  return [
    {
      severity: "error",
      code: "component.ref_pack_mismatch",
      message: `Expected \`${key}\` to begin with \`${pack}.\`, got ${shown(ref)}`,
      hint: `Write \`${key}: ${pack}.${ref.slice(owner.length + 1)}\`, or move the file into the pack \`${owner}\`.`,
      path: [key],
      at: "value",
    },
  ];
}
