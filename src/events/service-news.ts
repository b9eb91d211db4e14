import type { Delivered, Pending } from "../delivery/delivery.ts";
import type { DaemonEvent } from "../loop/events.ts";
import { rounded, stagesOf } from "./durations.ts";
import type { News } from "./recorder.ts";

export function pendingNews({ service, packs }: Pending): News {
  const text = `${service} is to be told of ${packs.map(({ pack }) => pack).join(", ")}.`;
  return { kind: "service.pending", severity: "info", text, service, ...onlyOne(packs), data: { packs } };
}

/** Who is not there has nothing to forget: it counts as told, as `data.ending` says. */
export function deliveredNews({ service, ending, packs, why, evidence, how, liveAtMs, at, ...about }: Delivered): News {
  const told = packs.map(({ ref, release }) => ({ pack: ref, release: release ?? null }));
  const isTold = ending === "told" || ending === "absent";
  const elapsed = liveAtMs === undefined ? {} : { elapsed_ms: rounded(Math.max(0, Date.parse(at) - liveAtMs)) };
  const { state, failures, tookMs } = about;
  const data = { packs: told, how, ending, state, failures, tookMs: rounded(tookMs), evidence, ...(why && { why }) };
  const severity = isTold ? "info" : ending === "unhealthy" || state === "failed" ? "error" : "warning";
  const names = told.map(({ pack }) => pack).join(", ");
  const text = {
    told: `${service} knows of ${names || "everything that is live"}.`,
    absent: `${service} is not there${why === undefined ? "" : ` (${why})`}: nobody has to be told.`,
    failed: `${service} could not be told: ${why}`,
    unhealthy: `${service} was told, and is not back: ${why}`,
  }[ending];
  const kind = isTold ? "service.told" : "service.failed";
  const took = stagesOf({ signal: tookMs });
  return { kind, severity, text, service, ...onlyOne(told), ...(isTold && elapsed), ...took, data };
}

/** One release id leads through everything that is about one pack. */
function onlyOne(packs: readonly { readonly pack: string; readonly release: string | null | undefined }[]) {
  const [first, second] = packs;
  if (first === undefined || second !== undefined) return {};
  return { pack: first.pack, ...(first.release && { release: first.release }) };
}

export function quarantineNews({
  service,
  packs,
  left,
}: Extract<DaemonEvent, { kind: "quarantined" }>): readonly News[] {
  return [
    ...packs.map(
      ({ pack, bad, release }): News => ({
        kind: "pack.quarantined",
        severity: "error",
        text: `${service} did not come back with ${bad} of ${pack}: what it was ready with is live again.`,
        pack,
        release,
        service,
        data: { bad },
      }),
    ),
    ...left.map(
      ({ pack, why }): News => ({
        kind: "pack.quarantined",
        severity: "error",
        text: `${service} did not come back with ${pack}, which could not go back: ${why}`,
        pack,
        service,
        data: { why },
      }),
    ),
  ];
}
