import { isMap, isScalar, isSeq, type Pair, type Scalar } from "yaml";
import type { Finding, ValuePath } from "./finding.ts";
import { type Reading, readYaml11 } from "./yaml-1-1.ts";

export type Trap =
  | { readonly kind: "key"; readonly node: Scalar; readonly path: ValuePath }
  | {
      readonly kind: "scalar";
      readonly node: Scalar;
      readonly path: ValuePath;
      readonly at: Finding["at"];
      readonly source: string;
      readonly reading: Reading;
      /** What stands beside it, e.g. a parameter's `type`. */
      readonly type: unknown;
    };

/**
 * What YAML 1.1 and 1.2 do not agree on, or nobody means, in a document of the `yaml` library: keys that repeat, and scalars
 * without quotes.
 */
export function* trapsIn(node: unknown, path: ValuePath, parent?: { get(key: string): unknown }): Generator<Trap> {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) yield* trapsIn(item, [...path, index]);
  } else if (isMap(node)) {
    const seen = new Set<string>();
    for (const { key, value } of node.items as readonly Pair[]) {
      const name = isScalar(key) ? nameOf(key) : undefined;
      const below = [...path, name ?? ""];
      if (isScalar(key) && name !== undefined) {
        if (seen.has(name)) yield { kind: "key", node: key, path: below };
        seen.add(name);
        yield* scalarTrap(key, below, "key");
      }
      yield* trapsIn(value, below, node);
    }
  } else if (isScalar(node)) yield* scalarTrap(node, path, "value", parent?.get("type"));
}

/** `undefined` for what may stand several times: `<<`. */
function nameOf(key: Scalar): string | undefined {
  return key.source === "<<" ? undefined : String(key.value);
}

function* scalarTrap(node: Scalar, path: ValuePath, at: Finding["at"], type?: unknown): Generator<Trap> {
  const { source } = node;
  if (node.type !== "PLAIN" || source === undefined || node.tag !== undefined) return;
  const reading = readYaml11(source);
  const isSame =
    "value" in reading ? Object.is(reading.value, node.value) : reading.kind === "null" || reading.kind === "merge";
  if (!isSame || losesDigits(source, path, at)) yield { kind: "scalar", node, path, at, source, reading, type };
}

/** A version like `1.10` that is read as 1.1; other numbers mean the same without their last zeros. */
function losesDigits(source: string, path: ValuePath, at: Finding["at"]): boolean {
  const name = path.findLast((key) => typeof key === "string");
  const isVersion = at === "value" && typeof name === "string" && /versions?$/i.test(name);
  return isVersion && /^\d+\.\d+0$/.test(source);
}
