/** One value of a YAML document that is another one, or is on one side only. `key` as people write it: `parameters.message.type`. */
export interface KeyChange {
  readonly key: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Where two parsed documents differ, in the order of the later one, then what is gone. Lists of mappings that all have
 * another `name` (workflow tasks) are compared by name, other lists item by item.
 */
export function keyChanges(before: unknown, after: unknown): readonly KeyChange[] {
  return changesAt("", before, after);
}

function changesAt(key: string, before: unknown, after: unknown): readonly KeyChange[] {
  const [one, other] = [childrenOf(before), childrenOf(after)];
  if (one === undefined || other === undefined || one.kind !== other.kind)
    return isSame(before, after) ? [] : [{ key: key === "" ? "(all)" : key, before, after }];
  const names = new Set([...other.children.keys(), ...one.children.keys()]);
  return [...names].flatMap((name) => {
    const path = one.kind === "mapping" ? (key === "" ? name : `${key}.${name}`) : `${key}[${name}]`;
    if (!other.children.has(name)) return [{ key: path, before: one.children.get(name) }];
    if (!one.children.has(name)) return [{ key: path, after: other.children.get(name) }];
    return changesAt(path, one.children.get(name), other.children.get(name));
  });
}

interface Children {
  readonly kind: "mapping" | "list";
  readonly children: ReadonlyMap<string, unknown>;
}

function childrenOf(value: unknown): Children | undefined {
  if (Array.isArray(value)) return { kind: "list", children: byName(value) ?? byIndex(value) };
  if (typeof value !== "object" || value === null || value instanceof Date) return undefined;
  return { kind: "mapping", children: new Map(Object.entries(value)) };
}

function byIndex(items: readonly unknown[]): Map<string, unknown> {
  return new Map(items.map((item, index) => [String(index), item]));
}

function byName(items: readonly unknown[]): Map<string, unknown> | undefined {
  const named = items.map((item) => [nameOf(item), item] as const);
  const names = new Set(named.map(([name]) => name));
  if (items.length === 0 || names.has(undefined) || names.size < items.length) return undefined;
  return new Map(named.map(([name, item]) => [name ?? "", item]));
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null || !("name" in item)) return undefined;
  return typeof item.name === "string" ? item.name : undefined;
}

function isSame(before: unknown, after: unknown): boolean {
  if (before instanceof Date && after instanceof Date) return before.getTime() === after.getTime();
  return before === after || (Number.isNaN(before) && Number.isNaN(after));
}
