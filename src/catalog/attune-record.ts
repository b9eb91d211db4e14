import { transaction } from "../platform/database.ts";
import type { AttuneDeps, AttuneRound, Found, PackRegistration, Trouble, Work } from "./attune-round.ts";
import { digestOf } from "./attune-work.ts";
import type { Registration, RegistrationStore } from "./registrations.ts";

interface Outcome {
  readonly work: Work;
  readonly found: readonly Found[];
  readonly trouble: Trouble | undefined;
}

/** Remembers the round, in one commit; a crash before it only costs comparing once more. */
export function recorded({ work, found, trouble }: Outcome, store: RegistrationStore, deps: AttuneDeps): AttuneRound {
  const now = deps.now();
  const all = [...found, ...(trouble === undefined ? [] : leftOver(work, found, trouble, deps))];
  transaction(deps.database, () => {
    for (const { ref, registration } of all) {
      if (registration === undefined) store.forget(ref);
      else store.save(registration, now);
    }
    store.saveCatalog(catalogState(trouble), now);
  });
  const packs = all.flatMap(({ ref, registration, changed }): PackRegistration[] => {
    if (registration === undefined)
      return changed ? [{ ref, state: "registered", release: undefined, why: undefined, warnings: [], changed }] : [];
    const { state, release, why, warnings } = registration;
    return [{ ref, state, release, why, warnings, changed }];
  });
  const isWorthSaying = ({ state, warnings, changed }: PackRegistration) =>
    changed || state !== "registered" || warnings.length > 0;
  const registered =
    work.rest + packs.filter(({ state, release }) => state === "registered" && release !== undefined).length;
  return { state: worst(packs, trouble), why: trouble?.why, packs: packs.filter(isWorthSaying), registered };
}

/** Packs that nobody got to. What was registered as it is counts as registered while nobody can look. */
function leftOver(work: Work, found: readonly Found[], trouble: Trouble, { settings }: AttuneDeps): Found[] {
  const isFound = (ref: string) => found.some((each) => each.ref === ref);
  const state = trouble.kind === "refused" ? "failed" : "pending";
  const waiting = work.candidates
    .filter(({ ref }) => !isFound(ref))
    .map((pack): Found => {
      const before = work.before.get(pack.ref);
      const { ref, release } = pack;
      const isAsItWas =
        before?.state === "registered" && before.digest === digestOf(pack, settings) && state === "pending";
      const registration = isAsItWas
        ? { ...before, release, found: undefined }
        : ({ ref, state, release, digest: undefined, found: undefined, why: trouble.why, warnings: [] } as const);
      return { ref, registration, changed: false };
    });
  const leaving = work.leaving
    .filter((ref) => !isFound(ref))
    .map((ref): Found => {
      const about = { ref, release: undefined, digest: undefined, found: undefined, warnings: [] };
      return { ref, registration: { ...about, state, why: trouble.why }, changed: false };
    });
  return [...waiting, ...leaving];
}

function catalogState(trouble: Trouble | undefined) {
  if (trouble === undefined) return { state: "reachable", why: undefined } as const;
  return { state: trouble.kind === "refused" ? "refused" : "unreachable", why: trouble.why } as const;
}

function worst(packs: readonly PackRegistration[], trouble: Trouble | undefined): Registration["state"] {
  if (trouble !== undefined) return trouble.kind === "refused" ? "failed" : "pending";
  return packs.some(({ state }) => state === "failed") ? "failed" : "registered";
}
