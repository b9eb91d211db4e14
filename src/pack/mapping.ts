/** What `key: value` lines become. */
export type Mapping = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The mappings of a list, each with its position; nothing of anything else. */
export function mappingsIn(value: unknown): readonly (readonly [position: number, entry: Mapping])[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry, position) => (isMapping(entry) ? [[position, entry] as const] : []));
}

/** A key without a value says as little as none. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
