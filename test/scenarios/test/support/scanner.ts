import type { Config } from "../../src/config/config.ts";
import { createChecker } from "../../src/scan/checker.ts";
import { createScanner, type Scanner, type ScannedPack, type SourceDirectory } from "../../src/scan/scanner.ts";
import type { KnownPack } from "../../src/scan/store.ts";
import { type MemorySink, memorySink } from "./sink.ts";

export const LIMITS: Config["limits"] = { maxFiles: 1000, maxFileSize: 10_000_000, maxPackSize: 100_000_000, maxDefinitionSize: 1000 };

/** A scanner that parses in this thread, some seconds from now: then no stamp is too young. */
export function testScanner(limits: Partial<Config["limits"]> = {}): Scanner {
  const checker = createChecker(() => {
    throw new Error("Expected no thread");
  });
  return createScanner({ limits: { ...LIMITS, ...limits }, checker, now: () => Date.now() + 5000 });
}

/** A pack's directory in a source of its own kind; the source's path is the parent's. */
export function packAt(path: string, kind: "production" | "development" = "production"): SourceDirectory {
  const slash = path.lastIndexOf("/");
  return { source: { name: "packs", path: path.slice(0, slash), kind }, directory: path.slice(slash + 1) };
}

export interface Scanned extends ScannedPack {
  readonly sink: MemorySink;
  /** What a database would remember of it. */
  readonly known: KnownPack;
}

interface ScanOptions {
  readonly scanner?: Scanner;
  /** Whether what is not read is live as it is known; by default everything is. */
  readonly isLive?: (path: string) => boolean;
  /** Called between the two looks at the source. */
  readonly meanwhile?: () => void;
}

/** Scans with what the scan before remembers. */
export async function scan(at: SourceDirectory, before: Scanned | undefined, options: ScanOptions = {}): Promise<Scanned> {
  const { scanner = testScanner(), isLive = () => true, meanwhile = () => {} } = options;
  const sink = memorySink();
  const scanned = await scanner.scan({
    at,
    known: before?.known,
    files: before?.files ?? new Map(),
    compareLive() {
      meanwhile();
      return (path) => isLive(path);
    },
    sink,
  });
  const isRejected = scanned.identity === undefined || scanned.diagnostics.some(({ severity }) => severity === "error");
  const { fingerprint, revision, ownManifest, diagnostics } = scanned;
  const identity = scanned.identity ?? before?.known.identity;
  const verdict = isRejected ? "rejected" : "valid";
  const about = { source: at.source.name, directory: at.directory, since: "2026-01-01T00:00:00.000Z" };
  return { ...scanned, sink, known: { ...about, fingerprint, revision, ownManifest, diagnostics, identity, verdict } };
}
