import { readdirSync } from "node:fs";

/**
 * Linux names are bytes; most are UTF-8. A name that is not is kept as a string without loss, Python's
 * `surrogateescape` way: every byte from 0x80 becomes the lone surrogate U+DC80 … U+DCFF (PEP 383).
 * Such a string is never well-formed, which is how it is told from all others.
 */
export function decodeName(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  if (!text.includes("\uFFFD") || Buffer.from(text, "utf8").equals(bytes)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join("");
}

/** What to hand to a system call for a path: the string itself, or its bytes where it holds an undecodable name. */
export function fsPath(path: string): string | Buffer {
  if (path.isWellFormed()) return path;
  const parts = Array.from(path, (char) => {
    const code = char.charCodeAt(0);
    return char.length === 1 && code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(char, "utf8");
  });
  return Buffer.concat(parts);
}

/** For people: undecodable bytes as `\xNN`, control characters as escapes, so that a name cannot forge a log line. */
export function printableName(path: string): string {
  return Array.from(path, (char) => {
    const code = char.charCodeAt(0);
    if (char.length === 1 && code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
    if (code < 0x20) return JSON.stringify(char).slice(1, -1);
    return /^\p{Cc}$/u.test(char) || !char.isWellFormed() ? `\\u${code.toString(16).padStart(4, "0")}` : char;
  }).join("");
}

/** The names in a directory, sorted by code unit, undecodable ones as {@link decodeName} gives them. */
export function listNames(directory: string): string[] {
  const target = fsPath(directory);
  const names = readdirSync(target);
  if (!names.some((name) => name.includes("\uFFFD"))) return names.sort();
  return readdirSync(target, { encoding: "buffer" }).map(decodeName).sort();
}
