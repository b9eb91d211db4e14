import type { Job } from "../../documents.ts";

/** What a job is about, of what was asked for. */
export function subjectOf({ request }: Job): string {
  const named = ["source", "path", "pack", "service", "packs", "pack_paths"]
    .map((field) => request[field])
    .find((each) => each !== undefined);
  const text = Array.isArray(named) ? named.join(", ") : String(named ?? "");
  return text;
}
