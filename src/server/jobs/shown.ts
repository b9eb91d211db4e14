import { shownUrl } from "../../install/shown-url.ts";
import { printableName } from "../../platform/names.ts";
import type { JobRequest } from "./job.ts";

/** Of a line of output that is kept; in characters. */
const MAX_LINE = 2000;
/** What is looked at of it at all. */
const MAX_READ = 64 * 1024;

/** A line of a program's output as it is kept: without passwords in URLs, without control characters, cut where it is long. */
export function shownLine(line: string): string {
  const safe = line.slice(0, MAX_READ).replaceAll(CREDENTIALS, "://…@").replaceAll(ESCAPES, "").trimEnd();
  const shown = printableName(safe.replaceAll("\t", "  "));
  return shown.length > MAX_LINE ? `${shown.slice(0, MAX_LINE).toWellFormed()}…` : shown;
}

/** What stands between `//` and the last `@` before a path. */
const CREDENTIALS = /:\/\/[^/\s"'<>]*@/g;

/** ECMA-48's control sequences. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-?]*[ -/]*[@-~]`, "g");

/** What was asked for, as far as anybody may see it: known fields only, and no URL with its credentials or its query. */
export function shownRequest(request: Readonly<Record<string, unknown>>): JobRequest {
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const shown = shownValue(request[field]);
      return shown === undefined ? [] : [[field, shown]];
    }),
  );
}

const MAX_ITEMS = 100;

function shownValue(value: unknown): JobRequest[string] | undefined {
  if (typeof value === "string") return shownText(value);
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((each) => typeof each === "string");
  const more = texts.length - MAX_ITEMS;
  return [...texts.slice(0, MAX_ITEMS).map(shownText), ...(more > 0 ? [`… and ${more} more`] : [])];
}

function shownText(text: string): string {
  return printableName(shownUrl(text));
}

/** Of all requests together; what is not here is kept by nobody. */
const FIELDS = [
  "pack",
  "packs",
  "service",
  "repair",
  "allow_removals",
  "source",
  "path",
  "pack_paths",
  "destination_dir",
  "packs_base_dir",
  "registry_url",
  "ref_spec",
  "timeout",
  "verify_ssl",
  "python_version",
  "nodejs_version",
  "skip_python",
  "skip_nodejs",
  "skip_deps",
  "skip_tests",
  "skip_validation",
  "force",
  "force_rebuild",
  "to",
  "from",
] as const;
