import type { PackRow, PackState } from "../documents.ts";

/** What is shown of the packs; nothing chosen: all. */
export interface Filter {
  readonly text: string;
  readonly state: PackState | "not registered" | undefined;
  readonly source: string | undefined;
}

/** What waits for a person stands first. */
const ORDER: Readonly<Record<PackState, number>> = {
  quarantined: 0,
  missing: 1,
  invalid: 2,
  rejected: 3,
  held: 4,
  pinned: 5,
  live: 6,
  mounted: 6,
  foreign: 7,
  shadowed: 8,
  retired: 9,
};

const TROUBLE: readonly PackState[] = ["quarantined", "missing", "invalid", "rejected", "held"];

const LIVE: readonly PackState[] = ["live", "pinned", "mounted"];

/** As it should be, and read by the services. */
export function isLive({ state }: PackRow): boolean {
  return LIVE.includes(state);
}

export function needsAttention(pack: PackRow, now: number): boolean {
  return TROUBLE.includes(pack.state) || isUnregistered(pack, now);
}

const FRESH_MS = 10_000;

/** Published a moment ago. */
export function isFresh({ state, since }: PackRow, now: number): boolean {
  return state === "live" && since !== null && now - Date.parse(since) < FRESH_MS;
}

/** What went live a moment ago is registered in a moment: that is no trouble yet. */
export function isUnregistered(pack: PackRow, now: number): boolean {
  return pack.is_registered === false && !isFresh(pack, now);
}

export function inOrder(packs: readonly PackRow[]): readonly PackRow[] {
  return packs.toSorted((a, b) => ORDER[a.state] - ORDER[b.state] || compare(a.ref, b.ref));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function matching(packs: readonly PackRow[], { text, state, source }: Filter): readonly PackRow[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return packs.filter(
    (pack) =>
      (state === undefined || isOf(pack, state)) &&
      (source === undefined || (pack.source ?? "") === source) &&
      (words.length === 0 || words.every((word) => haystack(pack).includes(word))),
  );
}

function isOf(pack: PackRow, state: NonNullable<Filter["state"]>): boolean {
  return state === "not registered" ? pack.is_registered === false : pack.state === state;
}

const haystacks = new WeakMap<PackRow, string>();

/** Made once for each row. */
function haystack(pack: PackRow): string {
  const known = haystacks.get(pack);
  if (known !== undefined) return known;
  const { ref, label, version, source, directory, dialect, release, state } = pack;
  const made = [ref, label, version, source, directory, dialect, release, state].join("\n").toLowerCase();
  haystacks.set(pack, made);
  return made;
}

/** How many packs there are of each, in order; none where there are none. */
export function countsOf<K extends string>(
  packs: readonly PackRow[],
  keyOf: (pack: PackRow) => K | undefined,
): ReadonlyMap<K, number> {
  const counts = new Map<K, number>();
  for (const pack of packs) {
    const key = keyOf(pack);
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
