import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSink } from "../src/publish/staging.ts";
import type { SourceDirectory } from "../src/scan/look.ts";
import type { ScannedPack } from "../src/scan/scan-pack.ts";
import { createScanner, type Scanner } from "../src/scan/scanner.ts";
import type { KnownPack } from "../src/scan/store.ts";
import { startScanThread } from "../src/scan/thread.ts";

/*
 * What a process that stays does: `node in-process.ts <packs> <pack>` validates a directory of packs, looks at it again with what it
 * knows now, and then validates one file of the single pack `<pack>` after each of some edits. Prints one JSON document.
 */

/** Even: the last one mends it. */
const EDITS = 30;
/** The first edits teach the process, as any hour of work would. */
const WARM_UP_EDITS = 10;

const LIMITS = { maxFiles: 200_000, maxFileSize: 2 ** 30, maxPackSize: 2 ** 33, maxDefinitionSize: 2 ** 22 };

/** Milliseconds. */
interface Times {
  readonly cold: number;
  readonly warm: number;
  readonly edits: readonly number[];
}

interface Remembered {
  readonly known: KnownPack;
  readonly scanned: ScannedPack;
}

async function main([packs = "", pack = ""]: readonly string[]): Promise<Times> {
  await using thread = startScanThread(new URL("../src/scan-thread.ts", import.meta.url));
  const scanner = createScanner({ limits: LIMITS, openSink, thread: () => thread });
  const places = placesIn(packs, scanner);
  const first = await timed(() => scanAll(places, scanner));
  expectClean(first.value, places.length);
  await young();
  const again = await timed(() =>
    scanner.look(first.value.map(({ known }, index) => ({ at: at(places, index), known }))),
  );
  const changed = again.value.filter(({ unchanged }) => !unchanged).length;
  if (changed > 0) throw new Error(`Expected each of ${places.length} packs to be as it was, got ${changed} others`);
  return { cold: first.ms, warm: again.ms, edits: await editAgainAndAgain(pack, scanner) };
}

function placesIn(path: string, scanner: Scanner): readonly SourceDirectory[] {
  const source = { name: "bench", path, kind: "production" } as const;
  return scanner.discover(source, new Map()).packs.map((directory) => ({ source, directory }));
}

/** As `validate` does it: 24 packs in flight, for two threads. */
async function scanAll(places: readonly SourceDirectory[], scanner: Scanner): Promise<readonly Remembered[]> {
  await scanner.look(places.map((place) => ({ at: place, known: undefined })));
  const found: Remembered[] = [];
  const waiting = places.entries();
  const worker = async (): Promise<void> => {
    for (const [index, place] of waiting) found[index] = await scan(place, undefined, scanner);
  };
  await Promise.all(Array.from({ length: 24 }, worker));
  return found;
}

async function scan(place: SourceDirectory, before: Remembered | undefined, scanner: Scanner): Promise<Remembered> {
  const scanned = await scanner.scan({
    at: place,
    known: before?.known,
    files: Object.fromEntries(before?.scanned.snapshot.files ?? []),
    facts: before?.scanned.facts,
    arch: [],
    limits: LIMITS,
    live: undefined,
    staging: undefined,
  });
  const { fingerprint, revision, ownManifest, identity, diagnostics } = scanned;
  const { source, directory } = place;
  const said = { verdict: "valid", since: new Date().toISOString(), diagnostics } as const;
  return { scanned, known: { source: source.path, directory, fingerprint, revision, ownManifest, identity, ...said } };
}

/** Every edit breaks the definition or mends it, and has to be seen. */
async function editAgainAndAgain(pack: string, scanner: Scanner): Promise<readonly number[]> {
  const [name = ""] = pack.split("/").slice(-1);
  const source = { name: "bench", path: pack.slice(0, -name.length - 1), kind: "production" } as const;
  const place = { source, directory: name };
  const file = join(pack, "actions/action_03.yaml");
  const right = readFileSync(file, "utf8");
  await scanner.look([{ at: place, known: undefined }]);
  let before = await scan(place, undefined, scanner);
  const times: number[] = [];
  for (let edit = 1; edit <= EDITS; edit += 1) {
    const isBroken = edit % 2 === 1;
    writeFileSync(file, isBroken ? right.replace(/^runner_type: .*$/m, "runner_type: [1]") : right);
    const { value, ms } = await timed(() => scan(place, before, scanner));
    const errors = value.scanned.diagnostics.filter(({ severity }) => severity === "error").length;
    if (isBroken !== errors > 0) throw new Error(`Expected edit ${edit} to be seen, got ${errors} errors`);
    before = value;
    times.push(ms);
  }
  return times.slice(WARM_UP_EDITS);
}

function expectClean(found: readonly Remembered[], packs: number): void {
  const findings = found.flatMap(({ scanned }) => scanned.diagnostics);
  if (found.length === packs && findings.length === 0) return;
  throw new Error(
    `Expected ${packs} packs without a finding, got ${found.length} with ${findings[0]?.message ?? "none"}`,
  );
}

function at(places: readonly SourceDirectory[], index: number): SourceDirectory {
  const place = places[index];
  if (place === undefined) throw new Error(`Expected a place ${index}`);
  return place;
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

/** What is younger than some milliseconds is read again, as nobody knows whether it is still being written. */
function young(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

process.stdout.write(`${JSON.stringify(await main(process.argv.slice(2)))}\n`);
