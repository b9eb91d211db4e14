import type { EnvironmentsBuilt } from "./environments-built.ts";
import type { Log } from "./platform/log.ts";

/** What came of packs' environments, for programs: one line each. */
export function logEnvironments({ built, failed }: EnvironmentsBuilt, log: Log): void {
  for (const { pack, runtime, path, packageCount, runtimeVersion } of built)
    log.info({ pack, runtime, path, packageCount, runtimeVersion }, "environment built");
  for (const about of failed) log.warn({ ...about }, "environment failed");
}
