import type { Standing } from "../catalog/standing.ts";
import type { Paint } from "./text.ts";

const COLORS = { registered: "green", pending: "yellow", failed: "red" } as const;
const NAMES = { packsync: "embedded", attune: "database" } as const;

/** Where a pack is registered, for people: `database`, or `database pending`. */
export function standingText({ catalog, state }: Standing, paint: Paint): string {
  const name = NAMES[catalog];
  return paint(COLORS[state], state === "registered" ? name : `${name} ${state}`);
}
