/** Deeper than anybody writes, and far from the end of anybody's stack. */
export const MAX_DEPTH = 200;

/** How many nodes a value may have once its aliases are written out, as JSON columns have them. */
export const MAX_NODES = 1_000_000;

/**
 * How many nodes a value has with its aliases written out: `Infinity` for one that contains itself, or is nested
 * through aliases deeper than {@link MAX_DEPTH}. Each node is visited once.
 */
export function expandedSize(value: unknown, depth = 0, sizes = new Map<object, number>()): number {
  if (typeof value !== "object" || value === null) return 1;
  const known = sizes.get(value);
  if (known !== undefined) return known;

  // Whoever comes here again before it is known came from inside.
  sizes.set(value, Number.POSITIVE_INFINITY);
  if (depth > MAX_DEPTH) return Number.POSITIVE_INFINITY;
  let size = 1;
  for (const child of Object.values(value)) {
    size += expandedSize(child, depth + 1, sizes);
    if (size > MAX_NODES) return Number.POSITIVE_INFINITY;
  }
  sizes.set(value, size);
  return size;
}
