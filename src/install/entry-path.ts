import { printableName } from "../platform/names.ts";
import { downloadFailed } from "./failure.ts";

/** In bytes: what file systems take for one name, and what is left for a path below a long directory. */
const MAX_NAME = 255;
const MAX_PATH = 2048;
const MAX_DEPTH = 64;

/**
 * The names that lead from the root of an archive to one of its entries; none for the root itself (`./`).
 *
 * @throws PacksyncError for whatever could lead elsewhere, or could not be published
 */
export function entryPath(name: string): readonly string[] {
  const fault = faultOf(name);
  if (fault !== undefined) throw refused(name, fault);
  return segmentsOf(name);
}

/** What an archive may not have. */
export function refused(name: string, fault: string) {
  return downloadFailed(`Expected an archive of files and directories, got ${fault}: \`${shown(name)}\``);
}

function shown(name: string): string {
  return printableName(name.slice(0, 200));
}

function segmentsOf(name: string): string[] {
  return name.split("/").filter((segment) => segment !== "" && segment !== ".");
}

function faultOf(name: string): string | undefined {
  const segments = segmentsOf(name);
  if (name === "") return "an empty name";
  if (name.startsWith("/")) return "an absolute path";
  if (segments.includes("..")) return "a path with `..`";
  if (name.includes("\\")) return "a path with a backslash";
  if (/\p{Cc}/u.test(name)) return "a name with a control character";
  if (!name.isWellFormed() || name.includes("\uFFFD")) return "a name that is not UTF-8";
  if (segments.length > MAX_DEPTH || Buffer.byteLength(name) > MAX_PATH) return "a path that is too long";
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_NAME)) return "a name that is too long";
  return undefined;
}
