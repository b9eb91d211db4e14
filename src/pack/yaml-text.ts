import type { Position } from "./diagnostics.ts";

/** What is wrong with a YAML text, and where: `offset` in UTF-16 code units. */
export interface YamlFault {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

/** What the parsers get; for a text that they must not get, as much of it as says where the fault is. */
type YamlText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly text: string; readonly fault: YamlFault };

/** What YAML allows in a file, as PyYAML and libyaml check it before they parse. */
const UNPRINTABLE = /[^\t\n\r -~\x85\xA0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** Where YAML 1.1 and PyYAML end a line and YAML 1.2, or `yaml` alone, does not. */
const OTHER_LINE_BREAKS = /\r(?!\n)|[\x85\u2028\u2029]/g;

/**
 * The text of a YAML file as every parser understands it: without byte order mark, and with line feeds where PyYAML
 * ends a line. Nothing else moves, so positions stay.
 */
export function readYamlText(source: string | Uint8Array): YamlText {
  const decoded =
    typeof source === "string" ? { ok: true as const, text: source.replace(/^\uFEFF/, "") } : decode(source);
  if (!decoded.ok) return decoded;

  const text = decoded.text.replace(OTHER_LINE_BREAKS, "\n");
  const offset = text.search(UNPRINTABLE);
  return offset === -1 ? { ok: true, text } : { ok: false, text, fault: unprintable(text, offset) };
}

/** Where `offset` is in the text. The end of a file is where its last visible character ends, not the empty lines below. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, Math.min(offset, text.trimEnd().length));
  return { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n") };
}

function decode(bytes: Uint8Array): YamlText {
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return undecodable(bytes);
  }
}

/** TextDecoder does not say where it gave up: the longest beginning that it takes does. */
function undecodable(bytes: Uint8Array): YamlText {
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (decodeStart(bytes, middle) === undefined) bad = middle;
    else good = middle;
  }
  const text = decodeStart(bytes, good) ?? "";
  const byteOrderMark = bytes[0] === 0xef && good >= 3 ? 3 : 0;
  const byte = bytes[byteOrderMark + new TextEncoder().encode(text).length] ?? 0;
  const message = `Expected UTF-8, got the byte \`0x${byte.toString(16).padStart(2, "0")}\``;
  // A visible character stands for the byte: without one, the position would be the end of what is visible before it.
  const shown = `${text}\uFFFD`.replace(OTHER_LINE_BREAKS, "\n");
  return { ok: false, text: shown, fault: { offset: text.length, message, hint: "Save the file as UTF-8." } };
}

/** As a stream, so that a character which `end` cuts in two is left out and no error. */
function decodeStart(bytes: Uint8Array, end: number): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
  } catch {
    return undefined;
  }
}

function unprintable(text: string, offset: number): YamlFault {
  const code = text.codePointAt(offset) ?? 0;
  return {
    offset,
    message: `Expected printable text, got the control character \`U+${code.toString(16).toUpperCase().padStart(4, "0")}\``,
    hint: 'Remove it, or write it as an escape in double quotes, e.g. `"\\x07"`.',
  };
}
