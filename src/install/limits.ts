/** What a download may become before it is given up. */
export interface Limits {
  /** Of an archive, as it is fetched; of what git fetches, too. */
  readonly archiveBytes: number;
  /** Of a registry's index. */
  readonly indexBytes: number;
  /** Of all files together. */
  readonly unpackedBytes: number;
  /** Files and directories. */
  readonly entries: number;
  /** Unpacked bytes for each byte of the archive; small archives may have more. */
  readonly ratio: number;
}

/** Ten times what the largest public packs have. */
export const LIMITS: Limits = {
  archiveBytes: 100 * 2 ** 20,
  indexBytes: 10 * 2 ** 20,
  unpackedBytes: 2 ** 30,
  entries: 50_000,
  ratio: 100,
};
