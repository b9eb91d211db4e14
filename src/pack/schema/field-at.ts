import type * as z from "zod/mini";
import type { ValuePath } from "../finding.ts";

/** Whether the schema wants `true` or `false` at a path, and nothing else. */
export function isBooleanAt(schema: z.core.$ZodType, path: ValuePath): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const [key, ...below] = path;
  switch (def.type) {
    case "optional":
    case "nullable":
      return isBooleanAt(def.innerType, path);
    case "boolean":
      return path.length === 0;
    case "union":
      return path.length > 0 && def.options.some((option) => isBooleanAt(option, path));
    case "object": {
      const field = typeof key === "string" && Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
      return field !== undefined && isBooleanAt(field, below);
    }
    case "record":
      return typeof key === "string" && isBooleanAt(def.valueType, below);
    case "array":
      return typeof key === "number" && isBooleanAt(def.element, below);
    default:
      return false;
  }
}
