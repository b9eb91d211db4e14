import coerce from "semver/functions/coerce.js";
import satisfies from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";

/** Which versions of a runtime will do. */
export interface Wanted {
  /** As somebody wrote it; empty: any. */
  readonly text: string;
  /** In semver's terms. */
  readonly range: string;
  /** These before all others that will do. */
  readonly first: string;
}

export const ANY_VERSION: Wanted = { text: "", range: "*", first: "*" };

/**
 * `3.11` is 3.11 where it is there, else a newer one, as the platform means it; `>=3.9,<3.12`, `^20`, `==3.11.*`, `3.9 || 3.10`
 * and `~=3.9` are what npm and pip mean.
 *
 * @returns `undefined` for what is no version
 */
export function wantedVersion(text: string): Wanted | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+){0,2}$/.test(trimmed)) return { text: trimmed, range: `>=${trimmed}`, first: trimmed };
  const range = validRange(trimmed.split(",").map(semverTerm).join(" "));
  return range === null ? undefined : { text: trimmed, range, first: range };
}

/** `~=3.9` of PEP 440 lets the last part that is given grow. */
function semverTerm(term: string): string {
  const [, release] = /^\s*~=\s*(\d+(?:\.\d+)+)\s*$/.exec(term) ?? [];
  if (release === undefined) return term.replace("==", "=");
  return `>=${release} <${above(release)}`;
}

/** `3.9` → `4`, `3.9.1` → `3.10`. */
function above(release: string): string {
  const parts = release.split(".").slice(0, -1).map(Number);
  return parts.map((part, index) => (index === parts.length - 1 ? part + 1 : part)).join(".");
}

/** How well a version will do. */
export function fitOf(version: string, { range, first }: Wanted): "first" | "good" | "bad" {
  const plain = coerce(version);
  if (plain === null) return "bad";
  if (satisfies(plain, first)) return "first";
  return satisfies(plain, range) ? "good" : "bad";
}
