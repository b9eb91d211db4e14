import type { DatabaseSync } from "node:sqlite";
import type { Config } from "../config/config.ts";
import { PacksyncError } from "../errors.ts";
import { mayHaveEngine } from "../signal/engine-place.ts";

/**
 * Whether anybody can be told at all: by an engine, by the platform, or in a way of their own. Where nobody can, nothing is kept: whoever can
 * later, finds out by what is live.
 */
export function canTell({ docker, platform, services }: Config): boolean {
  const isOwnWay = (how: Config["services"][string]) =>
    typeof how !== "string" && (how.exec !== undefined || how.http !== undefined);
  return mayHaveEngine(docker) || platform.url !== undefined || Object.values(services).some(isOwnWay);
}

/** Whether something went live that was not routed yet, or somebody was not told. One question, as most runs have nothing to tell. */
export function mayTell(database: DatabaseSync, config: Config): boolean {
  return canTell(config) && database.prepare(ANYTHING).get()?.["anything"] === 1;
}

const ANYTHING = `
  SELECT EXISTS (SELECT 1 FROM pack FULL JOIN routed ON routed.pack = pack.ref WHERE pack.release IS NOT routed.release)
    OR EXISTS (SELECT 1 FROM service WHERE failures > 0) AS anything`;

export function nobodyToTell(): PacksyncError {
  return new PacksyncError("USAGE", "Expected services that can be told, got none.", {
    hint: "Set `docker.host`, `platform.url`, or a service with `exec` or `http`; docs/signals.md has examples.",
  });
}
