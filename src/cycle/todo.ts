import type { PackState } from "./status.ts";

/** Ends a hold. */
export const ALLOW_REMOVALS = "packsync sync --allow-removals";

/** Ends a pin. */
export function unpinning(ref: string): string {
  return `packsync unpin ${ref}`;
}

/** The command that ends a state which waits for a person; `undefined`: none does. */
export function todoOf(state: PackState, ref: string): string | undefined {
  switch (state) {
    case "pinned":
      return unpinning(ref);
    case "held":
      return ALLOW_REMOVALS;
    default:
      return undefined;
  }
}
