import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { isSystemError, PacksyncError } from "../errors.ts";
import { readIdentity } from "../pack/identity.ts";
import { attunePackRef } from "../pack/ref.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { fsPath } from "../platform/names.ts";
import { rootOf } from "../scan/look.ts";
import { readYaml } from "../scan/read-yaml.ts";
import { type ScanLimits, walkSource } from "../scan/walk.ts";
import type { Target } from "./targets.ts";

/** What was mended: an absolute path, and what is different about it now. */
export interface Mended {
  readonly file: string;
  readonly what: string;
}

/**
 * Mends what cannot be meant: a `pack.yaml` or `ref` that is missing, a script without execute bit or with Windows line
 * ends. Nothing else is touched, and a file is replaced as a whole: its mode and owner stay.
 */
export async function mend({ at, only }: Target, limits: ScanLimits): Promise<readonly Mended[]> {
  const root = rootOf(at);
  const { files } = walkSource(root, limits, Date.now());
  const isMeant = (path: string) => only === undefined || only === path;
  // A symlink's target is mended where it stands.
  const own = files.filter(({ path, real, size }) => isMeant(path) && real === `${root}/${path}` && size <= MAX_SIZE);
  try {
    const manifest = isMeant("pack.yaml") ? await mendManifest(root, at.directory) : [];
    return [...manifest, ...own.flatMap(({ real }) => mendScript(real))];
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const hint = "Let packsync's user write it, or mend it by hand.";
    throw new PacksyncError("PACK_FAILED", `Cannot mend ${root}: ${error.message}.`, { hint, cause: error });
  }
}

/** No script is longer than this, in bytes. */
const MAX_SIZE = 1024 * 1024;

async function mendManifest(root: string, directory: string): Promise<readonly Mended[]> {
  const file = `${root}/pack.yaml`;
  const ref = attunePackRef(directory);
  if (ref === undefined) return [];
  const stats = lstatIfAny(file);
  if (stats === undefined) {
    writeFileSync(file, `ref: ${quoted(ref)}\nlabel: ${quoted(ref)}\nversion: "0.1.0"\n`, { flag: "wx" });
    return [{ file, what: `written, with the ref \`${ref}\` and the version \`0.1.0\`` }];
  }
  if (!stats.isFile() || stats.size > MAX_SIZE) return [];
  const text = readFileSync(file, "utf8");
  const mended = await withRef(text, ref);
  if (mended === undefined) return [];
  replace(file, stats, mended);
  return [{ file, what: `\`ref: ${ref}\` added` }];
}

/** `undefined`: it is not missing, or there is no place for it that would change nothing else. */
async function withRef(text: string, ref: string): Promise<string | undefined> {
  const before = await mappingIn(text);
  if (before === undefined || Object.hasOwn(before, "ref")) return undefined;
  if (readIdentity(before, { file: "pack.yaml", directory: ref }).dialect !== "attune") return undefined;
  const [first = ""] = Object.keys(before);
  const lines = text.split("\n");
  const index = lines.findIndex((line) => line.startsWith(first));
  const end = text.includes("\r\n") ? "\r" : "";
  const mended = lines.toSpliced(Math.max(index, 0), 0, `ref: ${quoted(ref)}${end}`).join("\n");
  return isDeepStrictEqual(await mappingIn(mended), { ref, ...before }) ? mended : undefined;
}

async function mappingIn(text: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const parsed = await readYaml(Buffer.from(text), "pack.yaml");
  if (!parsed.ok || typeof parsed.value !== "object" || Array.isArray(parsed.value)) return undefined;
  return { ...parsed.value };
}

/** `null` and `on` are refs, too. */
function quoted(ref: string): string {
  return /^(?:null|true|false|yes|no|on|off|y|n)$/.test(ref) ? `"${ref}"` : ref;
}

function mendScript(file: string): readonly Mended[] {
  const fd = openSync(fsPath(file), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const stats = fstatSync(fd);
    const bytes = readFileSync(fd);
    if (!stats.isFile() || bytes[0] !== 0x23 || bytes[1] !== 0x21) return []; // #!
    return [...mendLineEnds(file, stats, bytes), ...mendMode(file, stats)];
  } finally {
    closeSync(fd);
  }
}

/** The kernel takes the `\r` for a part of the interpreter's name. What has a NUL is no text. */
function mendLineEnds(file: string, stats: Stats, bytes: Buffer): readonly Mended[] {
  const text = bytes.toString("latin1"); // each byte as it is
  if (!/^[^\n]*\r\n/.test(text) || text.includes("\0")) return [];
  replace(file, stats, Buffer.from(text.replaceAll("\r\n", "\n"), "latin1"));
  return [{ file, what: "line ends are `\\n` now, not `\\r\\n`" }];
}

/** Whoever may read it may run it. */
function mendMode(file: string, { mode }: Stats): readonly Mended[] {
  if ((mode & 0o111) !== 0) return [];
  chmodSync(fsPath(file), (mode & 0o7777) | ((mode & 0o444) >> 2));
  return [{ file, what: "executable now" }];
}

/** In one step: whoever reads meanwhile sees the old file or the new one. */
function replace(file: string, { mode, uid, gid }: Stats, content: string | Uint8Array): void {
  const temporary = `${file}.packsync~`; // a name that every scan passes over
  try {
    const fd = openSync(fsPath(temporary), "wx", 0o600);
    try {
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (process.geteuid?.() === 0) chownSync(fsPath(temporary), uid, gid);
    chmodSync(fsPath(temporary), mode & 0o7777);
    renameSync(fsPath(temporary), fsPath(file));
  } catch (error) {
    rmSync(fsPath(temporary), { force: true });
    throw error;
  }
}
