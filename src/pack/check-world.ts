import type { Diagnostic } from "./diagnostics.ts";
import { excerpt } from "./excerpt.ts";
import type { Dialect } from "./identity.ts";
import { isReference, type Outside, packOf, type Want } from "./pack-facts.ts";
import { isInRange, versionRange } from "./version-range.ts";

/** What packs there are, wherever they come from. */
export interface World {
  /** `kind` is that of a link: `action` is anything that can be called, a workflow, too. */
  has(kind: "action" | "trigger" | "sensor", ref: string): boolean;
  hasPack(ref: string): boolean;
  /** `undefined`: nobody knows. */
  versionOf(ref: string): string | undefined;
}

/** What a pack needs of others, and they do not have. Only warnings: another hand may bring it at any time. */
export function checkWorld({ dialect, wants }: Outside, world: World): readonly Diagnostic[] {
  return wants.flatMap((want) => {
    if (isAlwaysThere(isReference(want.to) ? packOf(want.target) : want.target, dialect)) return [];
    return isReference(want.to) ? checkReference(want, want.to, world) : checkDependency(want, world);
  });
}

/** Whether the platform itself brings a pack. */
export function isAlwaysThere(ref: string, dialect: Dialect): boolean {
  return ALWAYS_THERE[dialect].has(ref);
}

/** StackStorm installs these itself (`SYSTEM_PACK_NAMES` and `DEFAULT_PACK_NAME` in st2common/constants/pack.py). */
const ALWAYS_THERE: Readonly<Record<Dialect, ReadonlySet<string>>> = {
  attune: new Set(),
  stackstorm: new Set(["chatops", "core", "default", "linux", "packs"]),
};

function checkReference(
  { file, target, range }: Want,
  to: "action" | "trigger" | "sensor",
  world: World,
): Diagnostic[] {
  if (world.has(to, target)) return [];
  const pack = packOf(target);
  const expected = `Expected ${to === "action" ? "an" : "a"} ${to} \`${excerpt(target)}\``;
  const got = world.hasPack(pack) ? `the pack \`${pack}\` has none` : `there is no pack \`${excerpt(pack)}\``;
  const message = `${expected}, but ${got}, neither in the sources nor in the volume`;
  const hint = world.hasPack(pack)
    ? "Correct the name, or publish the version of that pack that has it."
    : "Correct the name, or publish that pack, too.";
  return [{ severity: "warning", code: "reference.unknown", message, file, ...range, hint }];
}

function checkDependency({ file, target, spec, range }: Want, world: World): Diagnostic[] {
  const at = { file, ...range };
  if (!world.hasPack(target)) {
    const message = `Expected the pack \`${target}\`, got none, neither in the sources nor in the volume`;
    const hint = "Publish that pack, too, or remove it from `dependencies`.";
    return [{ severity: "warning", code: "pack.dependency_missing", message, ...at, hint }];
  }
  const version = world.versionOf(target);
  const wanted = spec === undefined ? undefined : versionRange(spec);
  if (spec === undefined || wanted === undefined || version === undefined || isInRange(version, wanted)) return [];
  const message = `Expected the pack \`${target}\` in a version \`${excerpt(spec)}\`, got \`${excerpt(version)}\``;
  const hint = `Publish another version of \`${target}\`, or correct the range.`;
  return [{ severity: "warning", code: "pack.dependency_version", message, ...at, hint }];
}
