import type { Range } from "./yaml-positions.ts";

/** What is known of a script from its bytes: small plain data, to be remembered while the file stays as it is. */
export interface ScriptFacts {
  /** What its first line says behind `#!`, with everything that is invisible there; `undefined`: it has no such line. */
  readonly shebang?: string;
  /** Something that nobody sees stands before `#!`: a byte order mark, or blanks. */
  readonly hidden: boolean;
  /** Variables that look like parameters and are never set in the script itself, each with its first place. */
  readonly variables: readonly { readonly name: string; readonly range: Range }[];
}

/** Larger ones are no scripts that a person wrote. In bytes. */
export const MAX_SCRIPT = 262_144;

const MAX_VARIABLES = 100;
const UTF8 = new TextDecoder();
const EXTENSIONS = /\.(sh|bash|py|js|mjs|cjs|rb|pl)$/;

/**
 * What is to be known of a program that is no binary: something below `actions/` or `sensors/` with the extension of a
 * script, or with `#!`.
 *
 * @param file relative to the pack
 */
export function scriptFacts(file: string, bytes: Uint8Array): ScriptFacts | undefined {
  if (!/^(actions|sensors)\//.test(file) || bytes.length > MAX_SCRIPT || bytes.length === 0) return undefined;
  const head = UTF8.decode(bytes.subarray(0, 512)); // drops a byte order mark
  const [, before = "", shebang] = /^(\s*)#!([^\n]*)/.exec(head) ?? [];
  if (shebang === undefined && !EXTENSIONS.test(file)) return undefined;
  const hidden = shebang !== undefined && (before !== "" || bytes[0] === 0xef);
  return { ...(shebang !== undefined && { shebang }), hidden, variables: variablesOf(bytes) };
}

/** `$ATTUNE_X` and `${ATTUNE_X}` in a shell, `os.environ["ATTUNE_X"]`, `process.env.ATTUNE_X` and the like elsewhere. */
const READ = /(\$\{?|(?:environ|getenv|process\.env|ENV)\b[^\w\n]{0,3}(?:get\(\s*)?["']?)(ATTUNE_[A-Z0-9_]+)/g;

function variablesOf(bytes: Uint8Array): ScriptFacts["variables"] {
  const text = UTF8.decode(bytes);
  if (!text.includes("ATTUNE_")) return [];
  const found = new Map<string, Range>();
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|\/\/)/.test(line)) continue;
    for (const { 1: before = "", 2: name = "", index: start } of line.matchAll(READ)) {
      const column = start + before.length + 1;
      const range = { line: index + 1, column, endLine: index + 1, endColumn: column + name.length };
      if (!found.has(name) && found.size < MAX_VARIABLES) found.set(name, range);
    }
  }
  const isSet = (name: string) => new RegExp(`(^|[\\s;(\\["'])${name}["'\\]]*\\s?=(?!=)`, "m").test(text);
  return [...found].filter(([name]) => !isSet(name)).map(([name, range]) => ({ name, range }));
}
