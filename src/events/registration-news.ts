import type { RegistrationReport } from "../catalog/report.ts";
import { stagesOf } from "./durations.ts";
import type { Known } from "./known.ts";
import type { News } from "./recorder.ts";

/** What the catalogs have since, and what keeps them from it, each once. */
export function registrationNews({ embedded, attune, tookMs }: RegistrationReport, known: Known): readonly News[] {
  const own = "packsync";
  const took = stagesOf(tookMs === undefined ? {} : { register: tookMs });
  const registered = (ref: string, catalog: string, release: string | undefined): News => ({
    ...registeredIn(ref, catalog, release),
    ...took,
  });
  return [
    ...embedded.registered.map((ref) => registered(ref, own, known.liveOf(ref))),
    ...embedded.unregistered.map((ref) => unregistered(ref, own)),
    ...embedded.pending.flatMap(({ ref, why }) => notRegistered({ ref, state: "pending", why }, own, known)),
    ...(attune?.packs ?? []).flatMap(({ ref, state, release, why, changed }) => {
      if (state !== "registered") return notRegistered({ ref, state, why }, "attune", known);
      if (!changed) return [];
      return [release === undefined ? unregistered(ref, "attune") : registered(ref, "attune", release)];
    }),
  ];
}

function registeredIn(pack: string, catalog: string, release: string | undefined): News {
  const data = { catalog, state: "registered" };
  const text = `${pack} is registered (${catalog}).`;
  return { kind: "pack.registered", severity: "info", text, pack, ...(release !== undefined && { release }), data };
}

function unregistered(pack: string, catalog: string): News {
  const text = `${pack} is not registered any more (${catalog}).`;
  return { kind: "pack.unregistered", severity: "info", text, pack, data: { catalog, state: "unregistered" } };
}

function notRegistered(
  { ref, state, why }: { readonly ref: string; readonly state: "pending" | "failed"; readonly why: string | undefined },
  catalog: string,
  known: Known,
): readonly News[] {
  if (known.standingOf(ref, catalog) === state) return [];
  const severity = state === "failed" ? "error" : "warning";
  const text = `${ref} is not registered${state === "failed" ? "" : " yet"} (${catalog}): ${why ?? "nobody knows why"}`;
  const release = known.liveOf(ref);
  const data = { catalog, state, ...(why !== undefined && { why }) };
  return [{ kind: "pack.registered", severity, text, pack: ref, ...(release !== undefined && { release }), data }];
}
