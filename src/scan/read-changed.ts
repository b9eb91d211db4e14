import { errnoOf } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { isDefinitionFile } from "../pack/layout.ts";
import { entryAt, type FileEntry } from "../pack/snapshot.ts";
import { printableName } from "../platform/names.ts";
import type { Definition } from "./check-definitions.ts";
import { sameNames } from "./fingerprint.ts";
import { type ReadFile, readOnce, readWhole, type Sink } from "./read.ts";
import type { Attempt, IsLive } from "./scan-pack.ts";
import type { KnownPack } from "./store.ts";
import type { SourceWalk, WalkedFile } from "./walk.ts";

/** What there is to judge: the bytes of changed definitions, and what was said of the others. */
export interface Reading {
  readonly files: Map<string, FileEntry>;
  readonly definitions: Definition[];
  readonly diagnostics: Diagnostic[];
  readonly manifest: Uint8Array | undefined;
}

/** Reads each file once that changed, or that the volume has not got. */
export function readChanged(walk: SourceWalk, isLive: IsLive, { request, sink }: Attempt): Reading | "changed" {
  const reading = {
    files: new Map<string, FileEntry>(),
    definitions: [] as Definition[],
    diagnostics: [] as Diagnostic[],
  };
  const remembered = rememberedFindings(request.known);
  const same = sameNames(request.known?.fingerprint, walk.fingerprint);
  const isSkipped = ({ path, name }: WalkedFile): boolean => {
    const known = name === path && same.has(name) ? entryAt(request.files, path) : undefined;
    return known !== undefined && isLive(path, known);
  };
  const skipped = new Set(walk.files.filter(isSkipped));
  sink?.expect(walk.files.filter((file) => !skipped.has(file)).map(({ size }) => size));
  let manifest: Uint8Array | undefined;
  for (const file of walk.files) {
    const before = entryAt(request.files, file.path);
    if (before !== undefined && skipped.has(file)) {
      reading.files.set(file.path, before);
      if (before.mode === 0o755 && !file.executable) reading.diagnostics.push(notExecutable(file.path));
      reading.diagnostics.push(...(remembered.get(file.path) ?? []));
      continue;
    }
    const isDefinition = isDefinitionFile(file.path);
    const read = tryRead(isDefinition ? readWhole : readOnce, file, sink, reading.diagnostics);
    if (read === undefined) continue;
    if (read.entry.size !== file.size) return "changed";
    reading.files.set(file.path, read.entry);
    if (read.madeExecutable) reading.diagnostics.push(notExecutable(file.path));
    if (before?.digest === read.entry.digest) reading.diagnostics.push(...(remembered.get(file.path) ?? []));
    else if (file.path === "pack.yaml") manifest = read.bytes;
    else if (isDefinition && read.bytes !== undefined) reading.definitions.push({ file: file.path, bytes: read.bytes });
  }
  return { ...reading, manifest };
}

/** What the last scan said about files that did not change; what the walk says is said anew each time. */
function rememberedFindings(known: KnownPack | undefined): ReadonlyMap<string | undefined, readonly Diagnostic[]> {
  const findings = known?.diagnostics ?? [];
  const lasting = findings.filter(({ code }) => !/^(source|limits|volume)\.|^script\.not_executable$/.test(code));
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
