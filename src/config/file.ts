import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import type { Node } from "yaml";
import { errnoOf, PacksyncError } from "../errors.ts";
import type { Position } from "../pack/diagnostics.ts";

/** A file of settings: the plain values in it, and where each stands. */
export interface SettingsFile {
  readonly file: string;
  /** `undefined` if there is nothing in it but comments. */
  readonly raw: unknown;
  /** Where the key that ends `path` stands; the nearest one around it if it is not there. */
  keyPosition(path: readonly string[]): Position;
  /** Where the value at `path` stands. */
  valuePosition(path: readonly string[]): Position;
}

/** Of a file that is far too long to be written by hand: in bytes. */
const MAX_FILE_SIZE = 2 ** 20;

/**
 * Reads a file of settings.
 *
 * @param file absolute
 * @returns `undefined` if there is no such file
 * @throws PacksyncError if it cannot be read, or is not YAML
 */
export async function readSettingsFile(file: string): Promise<SettingsFile | undefined> {
  const text = readText(file);
  return text === undefined ? undefined : parse(file, text);
}

function readText(file: string): string | undefined {
  try {
    return decode(file, readBytes(file));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    if (error instanceof PacksyncError || errno === undefined) throw error;
    throw new PacksyncError("CONFIG_INVALID", `Expected \`${file}\` to be readable, got ${errno}`, {
      hint: "Make it readable for the user that runs packsync.",
      cause: error,
    });
  }
}

/** Whatever the file is (`/dev/null`, a pipe of the shell), by at most one read more than the limit. */
function readBytes(file: string): Uint8Array {
  const fd = openSync(file, "r");
  try {
    if (fstatSync(fd).isDirectory()) throw unusable(file, "to be a file, got a directory");
    const buffer = Buffer.allocUnsafe(MAX_FILE_SIZE + 1);
    let length = 0;
    let count: number;
    do {
      count = readSync(fd, buffer, length, buffer.length - length, null);
      length += count;
    } while (count > 0 && length < buffer.length);
    if (length > MAX_FILE_SIZE) throw unusable(file, "to have at most 1 MiB, got more");
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

/** Without its byte order mark. */
function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unusable(file, "to be text in UTF-8, got other bytes");
  }
}

function unusable(file: string, what: string): PacksyncError {
  return new PacksyncError("CONFIG_INVALID", `Expected \`${file}\` ${what}`, {
    hint: "Is it the right one? A packsync.yaml has some twenty lines.",
  });
}

/** `yaml` takes as long to load as all the rest of a start, hence only if there is a file. */
async function parse(file: string, text: string): Promise<SettingsFile> {
  const { isAlias, isMap, isNode, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });

  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [fault] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  if (fault !== undefined) throw notYaml(file, fault.message, position(fault.pos[0]), fault);

  /** Offsets of the key and of the value at `path`, as far as the file has them. */
  const find = (path: readonly string[]): { readonly key: number; readonly value: number } => {
    let found = { key: 0, value: startOf(document.contents) ?? 0 };
    let node: unknown = document.contents;
    for (const name of path) {
      const map: unknown = isAlias(node) ? node.resolve(document) : node;
      const pair = isMap(map) ? map.items.find(({ key }) => String(key) === name) : undefined;
      if (pair === undefined) return found;
      const key = (isNode(pair.key) ? startOf(pair.key) : undefined) ?? found.key;
      node = pair.value;
      found = { key, value: (isNode(node) ? startOf(node) : undefined) ?? key };
    }
    return found;
  };
  return {
    file,
    raw: toPlain(file, () => document.toJS()),
    keyPosition: (path) => position(find(path).key),
    valuePosition: (path) => position(find(path).value),
  };
}

function startOf(node: Node | null): number | undefined {
  return node?.range?.[0];
}

/** Aliases are resolved only here: one may lead nowhere, or be one of a million. */
function toPlain(file: string, toJS: () => unknown): unknown {
  try {
    return toJS() ?? undefined;
  } catch (error) {
    throw notYaml(file, error instanceof Error ? error.message : String(error), { line: 1, column: 1 }, error);
  }
}

function notYaml(file: string, message: string, position: Position, cause: unknown): PacksyncError {
  return new PacksyncError("CONFIG_INVALID", `Expected \`${basename(file)}\` to be YAML: ${message}`, {
    position: { file, ...position },
    hint: "Correct it; docs/configuration.md has an example.",
    cause,
  });
}
