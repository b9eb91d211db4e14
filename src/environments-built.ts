import type { Environment, EnvironmentReport } from "./install/stages.ts";

type Failed = EnvironmentReport["failed"][number];

/** What came of packs' needs after they went live; what was there already is no news. */
export interface EnvironmentsBuilt {
  readonly built: readonly (Environment & { readonly pack: string })[];
  readonly failed: readonly (Pick<Failed, "runtime" | "error" | "hint"> & { readonly pack: string })[];
}

/** `failed`: its newest needs are not met; what was built before, if anything, is still used. `missing`: nothing was built yet. */
export interface EnvironmentStanding {
  readonly pack: string;
  readonly runtime: Environment["runtime"];
  readonly state: "built" | "failed" | "missing";
  readonly packageCount: number;
  readonly runtimeVersion: string | undefined;
  readonly error?: string;
  readonly hint?: string | undefined;
  /** ISO time of the failure. */
  readonly since?: string;
}
