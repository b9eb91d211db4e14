import type { PackRecord } from "../publish/ledger.ts";

/** Whether what is live of a pack came from this directory of this source. */
export function isLiveFrom(record: PackRecord | undefined, source: string, directory: string): boolean {
  return record?.release !== undefined && record.source === source && record.directory === directory;
}
