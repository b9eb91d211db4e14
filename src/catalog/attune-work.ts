import { inDependencyOrder } from "../plan/order.ts";
import { sha256 } from "../platform/sha256.ts";
import { VERSION } from "../platform/version.ts";
import type { AttuneDeps, AttuneRequest, AttuneSettings, Work } from "./attune-round.ts";
import { type EmbeddedSummary, readEmbedded } from "./embedded.ts";
import type { Registration } from "./registrations.ts";

/** What a round has to look at. */
export function workFor(
  { only, compare }: AttuneRequest,
  deps: AttuneDeps,
  before: ReadonlyMap<string, Registration>,
): Work {
  const isAsked = (ref: string) => only.length === 0 || only.includes(ref);
  const registered = readEmbedded(deps.database).packs();
  const packs = registered.filter(({ ref, dialect }) => dialect === "attune" && isAsked(ref));
  const candidates = packs.filter((pack) => compare === "all" || !isSettled(before.get(pack.ref), pack, deps));
  const leaving = [...before.keys()].filter((ref) => isAsked(ref) && !registered.some((pack) => pack.ref === ref));
  return {
    compare,
    candidates: inOrder(candidates, deps.settings),
    leaving,
    before,
    rest: packs.length - candidates.length,
  };
}

/** Whether there is nothing to do but to compare: registered as it is, or refused as it is. */
function isSettled(before: Registration | undefined, pack: EmbeddedSummary, { settings }: AttuneDeps): boolean {
  return before !== undefined && before.state !== "pending" && before.digest === digestOf(pack, settings);
}

/** What a registration depends on: the pack, how it is registered, and who does it. */
export function digestOf({ digest, version }: EmbeddedSummary, { policy, schema }: AttuneSettings): string {
  return sha256(JSON.stringify([VERSION, digest, version, policy, schema]));
}

/** `core` has the runtimes that all others want. */
function inOrder(packs: readonly EmbeddedSummary[], { order }: AttuneSettings): readonly EmbeddedSummary[] {
  if (order === "name") return packs;
  const ordered = inDependencyOrder(packs);
  const isCore = ({ ref }: EmbeddedSummary) => ref === "core";
  return [...ordered.filter(isCore), ...ordered.filter((pack) => !isCore(pack))];
}
