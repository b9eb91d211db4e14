import compare from "semver/functions/compare.js";
import satisfies from "semver/functions/satisfies.js";
import valid from "semver/functions/valid.js";
import intersects from "semver/ranges/intersects.js";
import validRange from "semver/ranges/valid.js";

/** Whoever publishes `0.0.0-dev` means it to be used. */
const PRERELEASES = { includePrerelease: true } as const;
/** Attune's database lets versions have leading zeros. Of ranges the library passes over what it cannot read then. */
const LENIENT = { ...PRERELEASES, loose: true } as const;
const MAX_LENGTH = 256;
/** `1` and `1.0`, with nothing behind them. */
const SHORT = /(?<![\w.+-])v?(\d+)(?:\.(\d+))?(?=$|[\s|])/g;

/**
 * A range of versions as the platform writes it (`dependency.rs`), in words of the `semver` library: `==` is `=`, a comma
 * means both, and `1.0` is `1.0.0`: `=1.0` is that one version.
 *
 * @returns `undefined` for what is no range
 */
export function versionRange(spec: string): string | undefined {
  const text = spec.trim();
  if (text.length > MAX_LENGTH) return undefined;
  if (/^(\*|latest)?$/.test(text)) return "*";
  const range = text
    .replaceAll(",", " ")
    .replaceAll("==", "=")
    .replaceAll(SHORT, (_, major: string, minor = "0") => `${major}.${minor}.0`);
  return validRange(range, PRERELEASES) === null ? undefined : range;
}

/** @param range of {@link versionRange} */
export function isInRange(version: string, range: string): boolean {
  return range === "*" || satisfies(version, range, LENIENT);
}

/** Whether any version is in both. */
export function rangesMeet(a: string, b: string): boolean {
  return intersects(a, b, PRERELEASES);
}

/** Whether both are versions, and the first one is the higher one. */
export function isNewer(version: string, than: string): boolean {
  const areVersions = [version, than].every((each) => valid(each, LENIENT) !== null);
  return areVersions && compare(version, than, LENIENT) > 0;
}
