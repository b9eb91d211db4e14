import { errnoOf } from "../errors.ts";
import { isOfFileAlone } from "../pack/across-files.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { isDefinitionFile } from "../pack/layout.ts";
import { MAX_SCRIPT, type ScriptFacts, scriptFacts } from "../pack/scripts.ts";
import { entryAt, type FileEntry, type LiveSnapshot } from "../pack/snapshot.ts";
import { printableName } from "../platform/names.ts";
import type { Definition } from "./check-definitions.ts";
import { sameNames } from "./fingerprint.ts";
import { isLive } from "./live.ts";
import { type ReadFile, readOnce, readWhole, type Sink } from "./read.ts";
import type { ScanRequest, ScanSink } from "./scan-pack.ts";
import type { KnownPack } from "./store.ts";
import type { SourceWalk, WalkedFile } from "./walk.ts";

/** What there is to judge: above all the bytes of changed definitions. */
export interface Reading {
  readonly files: Map<string, FileEntry>;
  readonly definitions: Definition[];
  readonly scripts: Map<string, ScriptFacts>;
  readonly diagnostics: Diagnostic[];
  /** What has the content that it had at the last scan. */
  readonly same: WalkedFile[];
  readonly manifest: Uint8Array | undefined;
}

/** What one scan works with; `sink` is `undefined` when only planning. */
interface Attempt {
  readonly request: ScanRequest;
  readonly sink: ScanSink | undefined;
}

/** Reads each file once that changed, or that the volume has not got. */
export function readChanged(
  walk: SourceWalk,
  live: LiveSnapshot | undefined,
  { request, sink }: Attempt,
): Reading | "changed" {
  const reading = {
    files: new Map<string, FileEntry>(),
    definitions: [] as Definition[],
    scripts: new Map<string, ScriptFacts>(),
    diagnostics: [] as Diagnostic[],
    same: [] as WalkedFile[],
  };
  const same = sameNames(request.known?.fingerprint, walk.fingerprint);
  const isSkipped = ({ path, name }: WalkedFile): boolean => {
    const known = name === path && same.has(name) ? entryAt(request.files, path) : undefined;
    return known !== undefined && isLive(live, path, known);
  };
  const skipped = new Set(walk.files.filter(isSkipped));
  sink?.expect(walk.files.filter((file) => !skipped.has(file)).map(({ size }) => size));
  let manifest: Uint8Array | undefined;
  for (const file of walk.files) {
    const before = entryAt(request.files, file.path);
    if (before !== undefined && skipped.has(file)) {
      reading.files.set(file.path, before);
      if (before.mode === 0o755 && !file.executable) reading.diagnostics.push(notExecutable(file.path));
      reading.same.push(file);
      continue;
    }
    const isDefinition = isDefinitionFile(file.path);
    const read = tryRead(isDefinition ? readWhole : readOnce, file, sink, reading.diagnostics);
    if (read === undefined) continue;
    if (read.entry.size !== file.size) return "changed";
    reading.files.set(file.path, read.entry);
    if (read.madeExecutable) reading.diagnostics.push(notExecutable(file.path));
    if (before?.digest === read.entry.digest) reading.same.push(file);
    else if (read.bytes !== undefined) take(reading, file.path, read.bytes);
    if (file.path === "pack.yaml" && before?.digest !== read.entry.digest) manifest = read.bytes;
  }
  return { ...reading, manifest };
}

/** The bytes are only good until the next read, but for those of definitions. */
function take(
  { definitions, scripts }: Pick<Reading, "definitions" | "scripts">,
  file: string,
  bytes: Uint8Array,
): void {
  if (isDefinitionFile(file)) {
    definitions.push({ file, bytes });
    return;
  }
  const script = scriptFacts(file, bytes);
  if (script !== undefined) scripts.set(file, script);
}

/**
 * What did not change is read again where what was said of it does not hold any more: under another dialect, another ref
 * or by another packsync. What moves meanwhile is seen by the next scan.
 */
export function readAgain(reading: Reading): void {
  for (const file of reading.same) {
    const { elf } = reading.files.get(file.path) ?? {};
    const isDefinition = isDefinitionFile(file.path);
    if (!isDefinition && (elf !== undefined || file.size > MAX_SCRIPT || !/^(actions|sensors)\//.test(file.path)))
      continue;
    const { bytes } = tryRead(isDefinition ? readWhole : readOnce, file, undefined, []) ?? {};
    if (bytes !== undefined) take(reading, file.path, bytes);
  }
}

/** What the last scan said about files that did not change; what the walk says is said anew each time. */
export function rememberedFindings(
  known: KnownPack | undefined,
): ReadonlyMap<string | undefined, readonly Diagnostic[]> {
  const findings = known?.diagnostics ?? [];
  const isSaidAnew = (code: string) => /^(source|limits|volume)\.|^script\.not_executable$/.test(code);
  const lasting = findings.filter(({ code }) => !isSaidAnew(code) && isOfFileAlone(code));
  return Map.groupBy(lasting, ({ file }) => file);
}

/** That a file became something else, or is gone, is what the second look sees, too. */
const BECAME_ANOTHER: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EISDIR", "ENXIO"]);
const UNREADABLE: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM", "EIO"]);

function tryRead(
  read: (file: WalkedFile, sink: Sink | undefined) => ReadFile,
  file: WalkedFile,
  sink: Sink | undefined,
  diagnostics: Diagnostic[],
): ReadFile | undefined {
  try {
    return read(file, sink);
  } catch (error) {
    const errno = errnoOf(error);
    if (BECAME_ANOTHER.has(errno)) return undefined;
    if (!UNREADABLE.has(errno)) throw error;
    const path = printableName(file.path);
    diagnostics.push({
      severity: "error",
      code: "source.unreadable",
      message: `\`${path}\`: cannot be read (${errno})`,
      file: path,
      hint: "Let packsync's user read it.",
    });
    return undefined;
  }
}

function notExecutable(path: string): Diagnostic {
  const file = printableName(path);
  return {
    severity: "hint",
    code: "script.not_executable",
    message: `\`${file}\` is a program without its execute bit; its release has it`,
    file,
    hint: `chmod +x ${file}`,
  };
}
