import type { Downloads } from "./download.ts";

/** As `POST /api/v1/packs/download` of the platform answers. */
export function downloadDocument({ downloaded, failed }: Downloads) {
  return {
    downloaded_packs: downloaded.map((each) => ({
      source: each.source,
      source_type: each.sourceType,
      pack_path: each.packPath,
      pack_ref: each.packRef,
      pack_version: each.packVersion,
      git_commit: each.gitCommit ?? null,
      checksum: each.checksum,
    })),
    failed_packs: failed.map(({ source, error, hint }) => ({ source, error, ...(hint !== undefined && { hint }) })),
    total_count: downloaded.length + failed.length,
    success_count: downloaded.length,
    failure_count: failed.length,
  };
}
