/**
 * The candidate that `word` may be a misspelling of, the nearest one: at most `limit` letters added, dropped, changed, or
 * swapped with the next. Case, `-`, `_` and `.` do not count: `lock_timeout` and `lockTimeout` are the same to a person.
 */
export function nearest(word: string, candidates: Iterable<string>, limit = usual(word)): string | undefined {
  const meant = plain(word);
  let [found, least]: [string | undefined, number] = [undefined, limit + 1];
  for (const candidate of candidates) {
    const other = plain(candidate);
    if (Math.abs(meant.length - other.length) >= least) continue;
    const letters = distance(meant, other);
    if (letters < least) [found, least] = [candidate, letters];
  }
  return found;
}

/** Of short words few letters are wrong. */
function usual(word: string): number {
  return Math.min(2, Math.floor(word.length / 3));
}

function plain(word: string): string {
  return word.replace(/[-_.]/g, "").toLowerCase();
}

/** Damerau's and Levenshtein's distance, in which no letter is swapped and then changed again. */
function distance(a: string, b: string): number {
  let [beforeLast, last]: [readonly number[], readonly number[]] = [
    [],
    Array.from({ length: b.length + 1 }, (_, i) => i),
  ];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? at(beforeLast, j - 2) + 1 : changed;
      row.push(Math.min(changed, swapped, at(last, j) + 1, at(row, j - 1) + 1));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
