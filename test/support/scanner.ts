import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { vi } from "vitest";
import type { LedgerFile } from "../../src/pack/snapshot.ts";
import type { SourceDirectory } from "../../src/scan/look.ts";
import { type ScannedPack, type ScanRequest, scanPack } from "../../src/scan/scan-pack.ts";
import type { KnownPack } from "../../src/scan/store.ts";
import type { ScanLimits } from "../../src/scan/walk.ts";
import { type MemorySink, memorySink } from "./sink.ts";
import { type Content, scratch, type TreeOf, writeTree } from "./trees.ts";

export const LIMITS: ScanLimits = {
  maxFiles: 1000,
  maxFileSize: 10_000_000,
  maxPackSize: 100_000_000,
  maxDefinitionSize: 1000,
};

/** A pack's directory in a source of its own kind; the source's path is the parent's. */
export function packAt(path: string, kind: "production" | "development" = "production"): SourceDirectory {
  const slash = path.lastIndexOf("/");
  return { source: { name: "packs", path: path.slice(0, slash), kind }, directory: path.slice(slash + 1) };
}

export const MANIFEST = "ref: mypack\nlabel: My Pack\nversion: 1.2.3\ndependencies: [core]\n";
export const PACK = {
  "pack.yaml": MANIFEST,
  "actions/run.yaml": "ref: mypack.run\nentry_point: run.sh\n",
  "actions/run.sh": { script: "#!/bin/sh\n" },
  "lib/a.py": "a",
} as const;

/** A pack in a source of its own, and a place for it to be live. */
export function pack(tree: TreeOf<Content> = PACK) {
  const directory = scratch();
  const root = `${directory.path}/packs/mypack`;
  writeTree(root, tree);
  const dispose = () => directory[Symbol.dispose]();
  return {
    root,
    at: packAt(root),
    dev: packAt(root, "development"),
    live: `${directory.path}/live`,
    [Symbol.dispose]: dispose,
  };
}

export interface Scanned extends ScannedPack {
  readonly sink: MemorySink;
  /** What a database would remember of it. */
  readonly known: KnownPack;
}

interface ScanOptions {
  /** By default some seconds from now: then no stamp is too young; some seconds ago all are. */
  readonly at?: "earlier" | "later";
  readonly live?: ScanRequest["live"];
  /** Called each time the source was walked and nothing is read yet. */
  readonly meanwhile?: () => void;
}

/** Scans with what the scan before remembers. */
export async function scan(at: SourceDirectory, before?: Scanned, options: ScanOptions = {}): Promise<Scanned> {
  const sink = memorySink(options.meanwhile);
  const shiftMs = options.at === "earlier" ? -5000 : 5000;
  vi.useFakeTimers({ toFake: ["Date"], now: performance.timeOrigin + performance.now() + shiftMs });
  try {
    const staging = { root: "/nowhere", volume: "/", minFreeBytes: 0, owner: undefined };
    const known = before?.known;
    const request = {
      at,
      known,
      files: Object.fromEntries(before?.snapshot.files ?? []),
      facts: before?.facts,
      arch: [],
      limits: LIMITS,
      live: options.live,
      staging,
    };
    const scanned = await scanPack(request, () => sink);
    return { ...scanned, sink, known: remember(at, scanned, before?.known) };
  } finally {
    vi.useRealTimers();
  }
}

function remember(at: SourceDirectory, scanned: ScannedPack, before: KnownPack | undefined): KnownPack {
  const isRejected = scanned.identity === undefined || scanned.diagnostics.some(({ severity }) => severity === "error");
  const { fingerprint, revision, ownManifest, diagnostics } = scanned;
  const identity = scanned.identity ?? before?.identity;
  const about = { source: at.source.name, directory: at.directory, since: "2026-01-01T00:00:00.000Z" };
  return {
    ...about,
    fingerprint,
    revision,
    ownManifest,
    diagnostics,
    identity,
    verdict: isRejected ? "rejected" : "valid",
  };
}

/** Puts what a scan wrote where it is live from now on; `except` these paths. */
export function goLive(
  { sink, snapshot }: Scanned,
  root: string,
  except: readonly string[] = [],
): NonNullable<ScanRequest["live"]> {
  const ledger = new Map<string, LedgerFile>();
  rmSync(root, { recursive: true, force: true });
  for (const [path, { bytes, mode }] of sink.files) {
    if (except.includes(path)) continue;
    mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    writeFileSync(`${root}/${path}`, bytes);
    chmodSync(`${root}/${path}`, mode);
    const { ino, mtimeMs } = lstatSync(`${root}/${path}`);
    const entry = snapshot.files.get(path) ?? {
      digest: createHash("sha256").update(bytes).digest("hex"),
      size: bytes.length,
      mode,
    };
    ledger.set(path, { ...entry, inode: ino, mtimeMs });
  }
  return { root, ledger: Object.fromEntries(ledger) };
}
