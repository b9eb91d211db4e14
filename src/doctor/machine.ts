import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { request } from "node:http";
import type { Config } from "../config/config.ts";
import { errnoOf } from "../errors.ts";
import { isLitter } from "../pack/layout.ts";
import { VERSION } from "../platform/version.ts";
import { type Check, failed, note, ok } from "./check.ts";

export function checkVersions(): Check {
  return ok("versions", `packsync ${VERSION}, Node ${process.versions.node}, ${process.platform} ${process.arch}.`);
}

/** Whether the sources could be watched: each directory takes one of the user's watches (inotify(7)). */
export function checkWatches({ sources }: Config): Check {
  const limit = numberIn("/proc/sys/fs/inotify/max_user_watches");
  if (limit === undefined) return note("watches", "The kernel does not say how many directories can be watched.");
  const needed = sources.reduce((sum, { path }) => sum + countDirectories(path), 0);
  const left = limit - countWatches();
  const message = `${left} of ${limit} inotify watches are left, the sources need ${needed}`;
  if (left >= needed) return ok("watches", `${message}.`);
  return failed("watches", `${message}.`, `Raise the limit: sysctl fs.inotify.max_user_watches=${limit + 2 * needed}.`);
}

function numberIn(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function countDirectories(path: string): number {
  const entries = orNone(() => readdirSync(path, { withFileTypes: true }));
  const below = entries.filter((entry) => entry.isDirectory() && !isLitter(entry.name));
  return below.reduce((sum, { name }) => sum + countDirectories(`${path}/${name}`), entries.length > 0 ? 1 : 0);
}

/** The limit is for all processes of one user; those that hide what they watch are not counted. */
function countWatches(): number {
  const processes = orNone(() => readdirSync("/proc")).filter((name) => /^\d+$/.test(name));
  const own = processes.filter((id) => orNone(() => [statSync(`/proc/${id}`).uid]).includes(process.geteuid?.() ?? 0));
  return own.reduce((sum, id) => sum + watchesOf(id), 0);
}

function watchesOf(id: string): number {
  const handles = orNone(() => readdirSync(`/proc/${id}/fd`));
  const isInotify = (fd: string) => orNone(() => [readlinkSync(`/proc/${id}/fd/${fd}`)]).includes("anon_inode:inotify");
  const texts = handles
    .filter(isInotify)
    .map((fd) => orNone(() => [readFileSync(`/proc/${id}/fdinfo/${fd}`, "utf8")])[0]);
  return texts.reduce((sum, text = "") => sum + (text.match(/^inotify /gm)?.length ?? 0), 0);
}

/** Processes end while one looks at them. */
function orNone<T>(look: () => readonly T[]): readonly T[] {
  try {
    return look();
  } catch {
    return [];
  }
}

const PING_MS = 2000;

/** Whether services could be told by way of Docker; packsync works without. */
export async function checkDocker(env: Readonly<Record<string, string | undefined>>): Promise<Check> {
  const host = env["DOCKER_HOST"] || "unix:///var/run/docker.sock";
  if (!host.startsWith("unix://"))
    return note("docker", `DOCKER_HOST is ${host}, which is no socket; it was not asked.`);
  const socketPath = host.slice("unix://".length);
  const answer = await ping(socketPath);
  if (answer === "200") return ok("docker", `Docker answers at ${socketPath}.`);
  return note("docker", `Docker does not answer at ${socketPath} (${answer}).`, FIXES[answer] ?? "Is Docker running?");
}

const MOUNT_IT = "It is needed for nothing yet; in a container, mount the socket.";
const FIXES: Readonly<Record<string, string>> = {
  ENOENT: MOUNT_IT,
  EACCES: "Run packsync as a user of the socket's group, mostly `docker`.",
};

/** @returns the status, or why there is none */
function ping(socketPath: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked = request({ socketPath, path: "/_ping", timeout: PING_MS }, (response) => {
    response.resume();
    resolve(String(response.statusCode));
  });
  asked.on("timeout", () => asked.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
  asked.on("error", (error) => resolve(errnoOf(error) ?? error.message));
  asked.end();
  return promise;
}
