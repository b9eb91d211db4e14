import { readFileSync } from "node:fs";
import { errnoOf } from "../errors.ts";

/** A source of which not every directory is watched. `used` and `allowed`: watches, or instances; `hint`: what to do. */
export interface Degraded {
  readonly source: string;
  readonly code: string;
  readonly used: number;
  readonly allowed: number | undefined;
  readonly hint: string;
}

/**
 * What the kernel allows each user (`inotify(7)`), and each user namespace beside it (`namespaces(7)`); `undefined` where
 * it is no Linux, or does not say.
 */
export function inotifyLimit(name: "watches" | "instances" | "events"): number | undefined {
  const limits = FILES[name].flatMap((file) => numberIn(`/proc/sys/${file}`) ?? []);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

const FILES = {
  watches: ["fs/inotify/max_user_watches", "user/max_inotify_watches"],
  instances: ["fs/inotify/max_user_instances", "user/max_inotify_instances"],
  events: ["fs/inotify/max_queued_events"],
} as const;

function numberIn(file: string): number | undefined {
  try {
    const value = Number.parseInt(readFileSync(file, "utf8"), 10);
    return Number.isNaN(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** Why a directory cannot be watched, said so that a person can act on it. `used`: the watches of this process. */
export function degradedBy(source: string, error: unknown, used: number): Degraded {
  const code = errnoOf(error) ?? String(error);
  if (code === "ENOSPC") {
    const allowed = inotifyLimit("watches");
    const hint = `All programs of this user share them: sysctl fs.inotify.max_user_watches=${raised(allowed, 65_536)}`;
    return { source, code, used, allowed, hint };
  }
  if (code === "EMFILE") {
    const allowed = inotifyLimit("instances");
    const hint = `Either sysctl fs.inotify.max_user_instances=${raised(allowed, 1024)}, or ulimit -n: one is used up.`;
    return { source, code, used: 0, allowed, hint };
  }
  return { source, code, used, allowed: undefined, hint: "Changes are found by looking again from time to time." };
}

function raised(allowed: number | undefined, least: number): number {
  return Math.max(2 * (allowed ?? 0), least);
}
