import type { News } from "./recorder.ts";

/** What was told of packs so far: what is news depends on it. */
export interface Known {
  isRefused(pack: string): boolean;
  /** The release that went live last. */
  liveOf(pack: string): string | undefined;
  /** What was said last of where a pack stands in a catalog. */
  standingOf(pack: string, catalog: string): string | undefined;
}

/** Learns from what is told. */
export function createKnown(): Known & { learn(news: readonly News[]): void } {
  const refused = new Set<string>();
  const live = new Map<string, string>();
  const standing = new Map<string, string>();
  const learnOne = ({ kind, pack, release, data }: News): void => {
    if (pack === undefined) return;
    if ((kind === "pack.rejected" || kind === "pack.failed") && data?.["origin"] !== "install") refused.add(pack);
    if (kind === "pack.published" || kind === "pack.valid" || kind === "pack.retired") refused.delete(pack);
    if (kind === "pack.retired") live.delete(pack);
    if (CHANGES_LIVE.has(kind) && release !== undefined) live.set(pack, release);
    if (kind === "pack.registered") standing.set(`${data?.["catalog"]} ${pack}`, String(data?.["state"]));
    if (kind === "pack.unregistered") standing.delete(`${data?.["catalog"]} ${pack}`);
  };
  return {
    isRefused: (pack) => refused.has(pack),
    liveOf: (pack) => live.get(pack),
    standingOf: (pack, catalog) => standing.get(`${catalog} ${pack}`),
    learn: (news) => void news.forEach(learnOne),
  };
}

const CHANGES_LIVE: ReadonlySet<string> = new Set([
  "pack.published",
  "pack.pinned",
  "pack.repaired",
  "pack.quarantined",
]);
