import { readFileSync } from "node:fs";

/** What became of a pack in one run, as `--format json` says. */
interface PackOutcome {
  readonly ref: string;
  readonly outcome: string;
}

/**
 * Throws unless the report lists `packs` packs, exactly those in `published` as `published` and all others `unchanged`.
 *
 * @param report a file with what `packsync --once --format json` printed
 */
export function expectOutcomes(report: string, packs: number, published: readonly string[]): void {
  const outcomes = packsOf(JSON.parse(readFileSync(report, "utf8")));
  const odd = outcomes.filter(({ ref, outcome }) => outcome !== (published.includes(ref) ? "published" : "unchanged"));
  if (odd.length > 0 || outcomes.length !== packs) {
    const some = odd.slice(0, 3).map(({ ref, outcome }) => `${ref}: ${outcome}`);
    throw new Error(
      `Expected ${packs} packs, published: [${published.join(", ")}], got ${outcomes.length} packs; not as expected: [${some.join(", ")}]`,
    );
  }
}

function packsOf(report: unknown): readonly PackOutcome[] {
  if (typeof report === "object" && report !== null && "packs" in report && Array.isArray(report.packs)) {
    return report.packs.filter(isPackOutcome);
  }
  throw new Error("Expected the report of `--format json` to be an object with a list `packs`");
}

function isPackOutcome(value: unknown): value is PackOutcome {
  return (
    typeof value === "object" &&
    value !== null &&
    "ref" in value &&
    typeof value.ref === "string" &&
    "outcome" in value &&
    typeof value.outcome === "string"
  );
}
