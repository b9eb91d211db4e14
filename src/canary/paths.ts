/** Where the canary lives: a source and a volume of its own, in the state directory. Nothing outlives the daemon there. */
export interface CanaryPlace {
  readonly root: string;
  readonly source: string;
  readonly target: string;
}

export function canaryPlace(stateDir: string): CanaryPlace {
  const root = `${stateDir}/canary`;
  return { root, source: `${root}/source`, target: `${root}/target` };
}

/** The only pack there, and the name of its directory. */
export const CANARY = "canary";
