import type { PackRef } from "../pack/ref.ts";

interface Ordered {
  readonly ref: PackRef;
  readonly dependencies: readonly string[];
}

/** Packs after the packs they depend on, else by ref; a circle is entered at its smallest ref. */
export function inDependencyOrder<T extends Ordered>(packs: readonly T[]): T[] {
  const sorted = [...packs].sort((a, b) => (a.ref < b.ref ? -1 : 1));
  const byRef = new Map<string, T>(sorted.map((pack) => [pack.ref, pack]));
  const ordered = new Set<T>();
  const entered = new Set<T>();
  for (const first of sorted) {
    const stack = [first];
    for (let pack = stack.at(-1); pack !== undefined; pack = stack.at(-1)) {
      entered.add(pack);
      const next = pack.dependencies.map((ref) => byRef.get(ref)).find((each) => each && !entered.has(each));
      if (next !== undefined) stack.push(next);
      else ordered.add(stack.pop() ?? pack);
    }
  }
  return [...ordered];
}
