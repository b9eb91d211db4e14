import { PacksyncError } from "../errors.ts";
import type { LiveSnapshot } from "../pack/snapshot.ts";
import { isAbsence } from "../platform/absence.ts";
import { monotonicMs, msSince } from "../platform/clock.ts";
import { meets, scanLive } from "./live.ts";
import { isStill, rootOf } from "./look.ts";
import { type Reading, readChanged } from "./read-changed.ts";
import type { LivePlace, OpenSink, ScanRequest, ScanSink } from "./scan-pack.ts";
import { type ScanLimits, type SourceWalk, walkSource } from "./walk.ts";

/** What was seen and read of a pack, as plain data: any thread can say what is wrong with it. */
export interface ReadPack {
  readonly walk: Omit<SourceWalk, "files">;
  readonly reading: Reading;
  /** The pack's directory in the volume as it was compared; `undefined`: there is none. */
  readonly live: LiveSnapshot | undefined;
  /** What was written to the staging tree. */
  readonly written: ScanSink["written"];
  /** How long that took, in milliseconds. */
  readonly tookMs: number;
}

/** A pack that is written faster than it can be read is left for the next cycle after so many tries. */
const TRIES = 5;

/**
 * Reads what changed, once. A second look afterwards proves that nothing moved meanwhile: not a file, and not a directory
 * that became a symlink to somewhere else while it was read.
 *
 * @throws PacksyncError `PACK_BUSY` (retryable) when the pack keeps changing; nothing stays in staging then.
 */
export function readPack(request: ScanRequest, openSink: OpenSink): ReadPack {
  const sink = request.staging && openSink(request.staging);
  try {
    return readUntilStill(request, sink);
  } catch (error) {
    sink?.clear();
    throw error;
  }
}

function readUntilStill(request: ScanRequest, sink: ScanSink | undefined): ReadPack {
  const { at, limits, live: place } = request;
  const root = rootOf(at);
  const startedMs = monotonicMs();
  for (let tries = 0; tries < TRIES; tries++) {
    sink?.clear();
    const before = walkIfThere(root, limits);
    if (before === undefined) continue;
    const live = place && lookAtLive(place, before);
    const reading = readChanged(before, live, { request, sink });
    if (reading !== "changed" && isStill(at, before.fingerprint, limits)) {
      const { files: _, ...walk } = before;
      return { walk, reading, live, written: sink?.written ?? new Map(), tookMs: msSince(startedMs) };
    }
  }
  throw new PacksyncError("PACK_BUSY", `${root} changed each of the ${TRIES} times it was read.`, {
    hint: "Wait until whatever writes it is done.",
    retryable: true,
  });
}

/** A directory that vanishes while it is walked is one that changes. */
function walkIfThere(root: string, limits: ScanLimits): SourceWalk | undefined {
  try {
    return walkSource(root, limits, Date.now());
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return undefined;
  }
}

/**
 * Of the volume's own files only those are looked into that stand where the source has something; when a pack is
 * adopted, all: what is displaced then becomes release 0.
 */
function lookAtLive({ root, ledger }: LivePlace, source: SourceWalk): LiveSnapshot | undefined {
  const files = new Set(["pack.yaml", ...source.files.map(({ path }) => path)]);
  const inspect = ledger === undefined ? () => true : meets(files, new Set(source.directories));
  return scanLive({ root, ledger: ledger ?? {}, inspect });
}
