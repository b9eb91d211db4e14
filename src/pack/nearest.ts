/** The one of `names` that was probably meant by `given`; `undefined`: none is near. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  const reach = Math.min(2, Math.floor(given.length / 3));
  let best: string | undefined;
  let bestDistance = reach + 1;
  for (const name of names) {
    if (Math.abs(name.length - given.length) > reach) continue;
    const found = distance(given.toLowerCase(), name.toLowerCase());
    if (found < bestDistance) [best, bestDistance] = [name, found];
  }
  return best;
}

/** Levenshtein's distance: how many letters to add, drop or change. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [rowIndex, letter] of [...a].entries()) {
    const row = [rowIndex + 1];
    for (const [column, other] of [...b].entries()) {
      const changed = (above[column] ?? 0) + (letter === other ? 0 : 1);
      row.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (row[column] ?? 0) + 1));
    }
    above = row;
  }
  return above.at(-1) ?? 0;
}
