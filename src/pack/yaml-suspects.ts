/**
 * Whether a YAML file may hide a trap, told without parsing it: nearly every file has none, and is through with this. It
 * suspects too much (in block texts, say), and too little only for spellings that nobody uses.
 */
export function isSuspect(text: string): boolean {
  return SCALAR.test(text) || repeatsInBlocks(text) || repeatsInBraces(text);
}

/** Where a scalar without quotes may begin. */
const START = String.raw`(?:^[ \t]*|[:\-?] +|[[{,] *)`;
const WORD = String.raw`(?:[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|=)(?=[ \t\r]*(?:$|[,\]}:]| #))`;
/** A number that is not just digits, or has digits that get lost. */
const NUMBER = String.raw`[-+.]?(?:0[0-9_bo]|[0-9][0-9_.]*(?:[:eE_-]|\.[0-9]+0(?![0-9])))`;
const SCALAR = new RegExp(`${START}(?:${WORD}|${NUMBER})`, "m");

/** A key at the beginning of a line, or a line that begins an item and says nothing else. */
const KEY =
  /^((?: |-(?= ))*)(?:([^\s#"'[{&*!|>%@`:-][^\n:]*|-[^\s:][^\n:]*|"[^"\n]*"|'[^'\n]*')[ \t]*:(?=\s|$)|-[ \t\r]*$)/gm;
const FLOW = /\{[^{}]{0,2000}\}/g;

function repeatsInBlocks(text: string): boolean {
  // The keys of the mappings that the line is in, by their columns.
  const open = new Map<number, Set<string>>();
  for (const [, before = "", key] of text.matchAll(KEY)) {
    const column = before.length;
    const firstDash = before.indexOf("-");
    for (const other of open.keys()) {
      const isOver = other > column || (firstDash !== -1 && other > firstDash);
      if (isOver) open.delete(other);
    }
    if (key === undefined) continue;
    const keys = open.get(column) ?? new Set();
    const name = key.trim().replace(/^["']|["']$/g, "");
    if (keys.has(name) && name !== "<<") return true;
    open.set(column, keys.add(name));
  }
  return false;
}

function repeatsInBraces(text: string): boolean {
  for (const [braces] of text.matchAll(FLOW)) {
    const keys = [...braces.matchAll(/[{,]\s*["']?([^\s"':,{}]+)["']?\s*:/g)].map(([, key]) => key);
    if (new Set(keys).size < keys.length) return true;
  }
  return false;
}
