import type { DatabaseSync } from "node:sqlite";
import type { Config } from "../config/config.ts";
import { PacksyncError } from "../errors.ts";
import { mayHaveEngine } from "../signal/engine-place.ts";
import { isAnyUnrouted } from "../signal/models.ts";

/**
 * Whether anybody can be told at all: by an engine, by the platform, or in a way of their own. Where nobody can, nothing is kept: whoever can
 * later, finds out by what is live.
 */
export function canTell({ docker, platform, services }: Config): boolean {
  const isOwnWay = (how: Config["services"][string]) =>
    typeof how !== "string" && (how.exec !== undefined || how.http !== undefined);
  return mayHaveEngine(docker) || platform.url !== undefined || Object.values(services).some(isOwnWay);
}

/** Whether something went live that was not routed yet, or somebody was not told; most runs have nothing to tell. */
export function mayTell(database: DatabaseSync, config: Config): boolean {
  if (!canTell(config)) return false;
  const failing = "SELECT 1 FROM service WHERE failures > 0 LIMIT 1";
  return isAnyUnrouted(database, mountedSources(config)) || database.prepare(failing).get() !== undefined;
}

/** The sources that services read where they are. */
export function mountedSources({ sources }: Config): readonly string[] {
  return sources.flatMap(({ name, mode }) => (mode === "mounted" ? [name] : []));
}

export function nobodyToTell(): PacksyncError {
  return new PacksyncError("USAGE", "Expected services that can be told, got none.", {
    hint: "Set `docker.host`, `platform.url`, or a service with `exec` or `http`; docs/signals.md has examples.",
  });
}
