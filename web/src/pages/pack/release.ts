import type { PackState } from "../../documents.ts";

/** As `GET /api/v1/packs/{ref}/releases` has it, the newest first. */
export interface Release {
  readonly release: string;
  readonly version: string;
  readonly state: "live" | "pinned" | "kept" | "retirement" | "gone";
  readonly origin: string;
  readonly source: string | null;
  readonly published_at: string;
  readonly restores: string | null;
  readonly files: number;
  readonly bytes: number;
  readonly changes: { readonly added: number; readonly replaced: number; readonly removed: number };
}

export function isLive({ state }: Release): boolean {
  return state === "live" || state === "pinned";
}

/** Its files are there. */
export function isKept({ state }: Release): boolean {
  return state !== "gone";
}

/** `2 added, 1 replaced` */
export function changesText({ changes, restores }: Release): string {
  const counted = Object.entries(changes).flatMap(([what, count]) => (count === 0 ? [] : `${count} ${what}`));
  return [...(restores === null ? [] : [`back to ${restores}`]), ...counted].join(", ") || "nothing";
}

/** What a service did not survive is pinned, too, to the release before. */
export function isPinned(state: PackState): boolean {
  return state === "pinned" || state === "quarantined";
}
