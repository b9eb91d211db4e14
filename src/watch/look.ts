import { lstatSync, type Stats } from "node:fs";
import { isSystemError } from "../errors.ts";
import type { Hint } from "../plan/settle.ts";
import { isAbsence } from "../platform/absence.ts";
import { fsPath } from "../platform/names.ts";
import { adoptChild, type Directory, dropChild, isSkipped, type Surroundings } from "./directories.ts";

/** Tells what a name's event means for which pack, and keeps the watches below up with it. */
export function look(
  directory: Directory,
  name: string,
  isRename: boolean,
  around: Surroundings,
  note: (pack: string, kind: Hint["kind"]) => void,
): void {
  const { pack } = directory;
  // What a pack leaves out changes with this file, which is itself left out.
  if (name === ".packignore" && pack !== undefined) note(pack, "changed");
  if (isSkipped(directory, name)) return;
  // Whatever happens to a directory libuv calls a rename, also that it may be read from now on.
  if (!isRename) {
    if (pack !== undefined) note(pack, "changed"); // files in the source itself belong to no pack
    return;
  }
  const stats = statsAt(`${directory.path}/${name}`);
  if (stats === "unknown" || stats?.isDirectory()) {
    if (!directory.isClosed) adoptChild(directory, name, around);
    note(pack ?? name, "changed");
    return;
  }
  const wasKnown = dropChild(directory, name);
  if (pack !== undefined) note(pack, stats === undefined ? "removed" : "changed");
  else if (wasKnown || stats?.isSymbolicLink()) note(name, stats === undefined ? "vanished" : "changed");
}

function statsAt(path: string): Stats | "unknown" | undefined {
  try {
    return lstatSync(fsPath(path));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return isAbsence(error) ? undefined : "unknown";
  }
}
