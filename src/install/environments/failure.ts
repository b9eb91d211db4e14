import { PacksyncError } from "../../errors.ts";
import type { Wanted } from "./wanted.ts";

/** An environment could not be built. Messages may be shown to anybody: no credentials in them. */
export function environmentFailed(message: string, hint?: string): PacksyncError {
  return new PacksyncError("PACK_FAILED", message, { hint });
}

/** What is there instead, each as `3.8.18 at /usr/bin/python3.8`. */
export function runtimeNotThere(name: string, { text }: Wanted, found: readonly string[], install: string) {
  const wanted = text === "" ? "any version" : `\`${text}\``;
  const got = found.length === 0 ? "none" : found.join(", ");
  const hint = `Install ${install}; of packsync's images \`packsync-install\` has one.`;
  return environmentFailed(`${name} not available in system: expected ${wanted}, got ${got}`, hint);
}
