import satisfies from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";
import type { Diagnostic } from "./diagnostics.ts";
import { excerpt } from "./excerpt.ts";
import type { Dialect } from "./identity.ts";
import { isReference, type Outside, packOf, type Want } from "./pack-facts.ts";

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
    if (ALWAYS_THERE[dialect].has(isReference(want.to) ? packOf(want.target) : want.target)) return [];
    return isReference(want.to) ? checkReference(want, want.to, world) : checkDependency(want, world);
  });
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
  const wanted = spec === undefined ? null : validRange(rangeOf(spec));
  if (spec === undefined || wanted === null || version === undefined || satisfies(version, wanted, PRERELEASES))
    return [];
  const message = `Expected the pack \`${target}\` in a version \`${excerpt(spec)}\`, got \`${excerpt(version)}\``;
  const hint = `Publish another version of \`${target}\`, or correct the range.`;
  return [{ severity: "warning", code: "pack.dependency_version", message, ...at, hint }];
}

/** Whoever publishes `0.0.0-dev` means it to be used. */
const PRERELEASES = { includePrerelease: true } as const;

/** As Attune's `dependency.rs` writes ranges: `==` is `=`, and a comma means both. */
function rangeOf(spec: string): string {
  return spec.slice(0, 256).replaceAll("==", "=").replaceAll(",", " ");
}
