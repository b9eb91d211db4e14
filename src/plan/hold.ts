/** What a look into a source found, next to what the ledger says came from it. */
export interface SourceState {
  readonly kind: "production" | "development";
  /** `listed`, or why not. */
  readonly state: "listed" | "absent" | "unreadable";
  /** Not a single entry but dot-files in its directory: what an unmounted disk looks like. */
  readonly isEmpty: boolean;
  /** How many live packs came from it. */
  readonly had: number;
  /** How many of these are gone from it, and from every other source. */
  readonly vanished: number;
}

export type HoldReason = "root-absent" | "root-unreadable" | "emptied" | "mass-removal" | "not-uninstalled";

/** So many packs at once, and more than half of what was there, are more likely an accident than an intention. */
const MASS_REMOVAL = 3;

/**
 * Whether removals from a source wait for a person (`--allow-removals`): deletes are deliberate (guarantee 9).
 * A source that never had packs is simply empty.
 */
export function holdReason({ kind, state, isEmpty, had, vanished }: SourceState): HoldReason | undefined {
  if (had === 0) return undefined;
  if (state === "absent") return "root-absent";
  if (state === "unreadable") return "root-unreadable";
  if (vanished === 0) return undefined; // all of it moved to other sources: there is nothing to hold
  if (kind === "production" && isEmpty) return "emptied";
  return vanished >= MASS_REMOVAL && vanished * 2 > had ? "mass-removal" : undefined;
}

/** Installed packs leave by `uninstall` only, which allows it. */
export function installedHoldReason({ vanished }: SourceState): HoldReason | undefined {
  return vanished > 0 ? "not-uninstalled" : undefined;
}
