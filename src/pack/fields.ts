import type { ValuePath } from "./finding.ts";
import { isMapping } from "./mapping.ts";

/** A text that says something, without the blanks around it. */
export function textAt(value: unknown, key: string): string | undefined {
  const text = isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof text === "string" && text.trim() !== "" ? text.trim() : undefined;
}

/** What stands at the end of a path. */
export function valueAt(value: unknown, path: ValuePath): unknown {
  let at = value;
  for (const key of path) {
    if (Array.isArray(at)) at = at[Number(key)];
    else if (isMapping(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

/** `x` is `pack.x`; a ref that has a dot is whole. */
export function qualified(ref: string, pack: string | undefined): string | undefined {
  if (ref.includes(".")) return ref;
  return pack === undefined ? undefined : `${pack}.${ref}`;
}
