import { isBelow } from "../check-shape.ts";
import type { Finding } from "../finding.ts";

/** What becomes of a finding about the shape of what stands at `at`, a dotted path as in `advisory`, or below it. */
export interface Relabelling {
  readonly at: string;
  /** `exactly`: not below it. A missing key is a finding about the mapping that lacks it. */
  readonly reach?: "exactly";
  /** The platform's own checker has a code for an error there. `undefined`: as it is. */
  readonly code?: string;
  readonly hint?: string;
  /** Somebody else says it better: what is wrong with the shape, or also what looks like a misspelling. */
  readonly drop?: "shape" | "all";
}

/** Findings about the shape, in the words of the platform's checker. Of several that apply, the first one counts. */
export function relabelled(relabellings: readonly Relabelling[]): (found: readonly Finding[]) => readonly Finding[] {
  return (found) => found.flatMap((finding) => changed(finding, relabellings));
}

function changed(finding: Finding, relabellings: readonly Relabelling[]): readonly Finding[] {
  const fits = relabellings.find((relabelling) => applies(relabelling, finding));
  if (fits === undefined) return [finding];
  if (fits.drop !== undefined) return [];
  const { code = finding.code, hint } = fits;
  const isError = finding.severity === "error";
  return [{ ...finding, ...(isError && { code }), ...(hint !== undefined && { hint }) }];
}

function applies({ at, reach, drop }: Relabelling, finding: Finding): boolean {
  const { path } = finding;
  const depth = at === "" ? 0 : at.split(".").length;
  if (!finding.code.startsWith("metadata.")) return false;
  // Whoever says more than the schema does has a hint already.
  if (drop !== "all" && finding.hint !== undefined) return false;
  return (depth === 0 || isBelow(path, at)) && (reach === undefined || path.length === depth);
}
