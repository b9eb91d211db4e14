/**
 * Whether a YAML file may hide a trap, told without parsing it: nearly every file has none, and is through with this. It
 * suspects too much (in block texts, say), and too little only for spellings that nobody uses.
 *
 * @param repeats whether a key in a block does, if whoever parsed it knows
 */
export function isSuspect(text: string, repeats?: boolean): boolean {
  return SCALAR.test(text) || (repeats ?? repeatsInBlocks(text)) || repeatsInBraces(text);
}

/** Where a scalar without quotes may begin. */
const START = String.raw`(?:^[ \t]*|[:\-?] +|[[{,] *)`;
const WORD = String.raw`(?:[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|=)(?=[ \t\r]*(?:$|[,\]}:]| #))`;
/** A number that is not just digits, or has digits that get lost. */
const NUMBER = String.raw`[-+.]?(?:0[0-9_bo]|[0-9][0-9_.]*(?:[:eE_-]|\.[0-9]+0(?![0-9])))`;
const SCALAR = new RegExp(`${START}(?:${WORD}|${NUMBER})`, "m");

/** What all parsers take for the same number, in which no digit gets lost. */
const PLAIN_NUMBER = String.raw`-?(?:0|[1-9][0-9]{0,14})(?:\.(?:[0-9]|[0-9]{0,14}[1-9]))?$`;
const AMBIGUOUS = new RegExp(`^(?:[yYnNoO][a-zA-Z]{1,2}$|=$|(?!${PLAIN_NUMBER})[-+.0-9])`);

/** Whether somebody may read one scalar without quotes in another way; it suspects too much, but never too little. */
export function isAmbiguous(scalar: string): boolean {
  return AMBIGUOUS.test(scalar);
}

/** A key at the beginning of a line, or a line that begins an item and says nothing else. */
const KEY =
  /^((?: |-(?= ))*)(?:([^\s#"'[{&*!|>%@`:-][^\n:]*|-[^\s:][^\n:]*|"[^"\n]*"|'[^'\n]*')[ \t]*:(?=\s|$)|-[ \t\r]*$)/gm;
const FLOW = /\{[^{}]{0,2000}\}/g;

function repeatsInBlocks(text: string): boolean {
  // The keys of the mappings that the line is in, the innermost last.
  const open: { readonly column: number; readonly keys: Set<string> }[] = [];
  KEY.lastIndex = 0;
  for (let match = KEY.exec(text); match !== null; match = KEY.exec(text)) {
    const [, before = "", key] = match;
    const column = before.length;
    const dash = before.indexOf("-");
    const outer = dash === -1 ? column : dash;
    while ((open.at(-1)?.column ?? -1) > outer) open.pop();
    if (key === undefined) continue;
    const name = /^["']/.test(key) ? key.trim().replace(/^["']|["']$/g, "") : key.trim();
    const innermost = open.at(-1);
    if (innermost?.column !== column) open.push({ column, keys: new Set([name]) });
    else if (innermost.keys.has(name) && name !== "<<") return true;
    else innermost.keys.add(name);
  }
  return false;
}

function repeatsInBraces(text: string): boolean {
  for (const [braces] of text.matchAll(FLOW)) {
    const keys = [...braces.matchAll(/[{,]\s*["']?([^\s"':,{}](?:[^"':,{}]*[^\s"':,{}])?)["']?\s*:/g)].map(
      ([, key]) => key,
    );
    if (new Set(keys).size < keys.length) return true;
  }
  return false;
}
