import { readFileSync } from "node:fs";
import { PacksyncError } from "../errors.ts";
import { type Engine, PROJECT_LABEL } from "./engine.ts";

/** What a process can find out about the container that it runs in. */
export interface OwnPlace {
  /** `/proc/self/mountinfo`. */
  readonly mountinfo: string;
  readonly hostname: string;
}

/**
 * The project of compose that packsync itself runs in.
 *
 * @throws PacksyncError `CONFIG_INVALID` when it runs in none
 */
export async function ownProject(engine: Engine, place: OwnPlace, abort: AbortSignal): Promise<string> {
  const guarded = await engine.guardedProject(abort);
  if (guarded !== undefined) return guarded;
  for (const id of containerIds(place)) {
    const project = (await engine.inspect(id, abort))?.labels[PROJECT_LABEL];
    if (project !== undefined) return project;
  }
  throw new PacksyncError(
    "CONFIG_INVALID",
    "Expected packsync to run in a container of compose's, to know its project",
    {
      hint: "Name it with `docker.project`, or `COMPOSE_PROJECT_NAME`.",
    },
  );
}

export function ownPlace(hostname: string): OwnPlace {
  return { mountinfo: readFileSync("/proc/self/mountinfo", "utf8"), hostname };
}

/** The engine mounts `hostname`, `hosts` and `resolv.conf` from a directory of the container's own; else its name is the host's. */
export function containerIds({ mountinfo, hostname }: OwnPlace): readonly string[] {
  const mounted = /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) /.exec(mountinfo)?.[1];
  return [...(mounted === undefined ? [] : [mounted]), ...(/^[0-9a-f]{12}$/.test(hostname) ? [hostname] : [])];
}
