import { isAbsent } from "../pack/mapping.ts";

/**
 * Versions as somebody wrote them; nothing is an empty text. YAML makes numbers of `20` and `3.11`; of `3.1` nobody can tell
 * whether it was `3.10`.
 *
 * @returns `undefined` for what is not to be told, and for what is no version at all
 */
export function versionText(given: unknown): string | undefined {
  if (isAbsent(given)) return "";
  if (typeof given === "string") return given.trim();
  if (typeof given !== "number") return undefined;
  return /^\d+(\.\d{2,})?$/.test(String(given)) ? String(given) : undefined;
}
