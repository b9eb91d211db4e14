import { excerpt } from "./excerpt.ts";
import type { YamlFault } from "./yaml-text.ts";

/** What a parser says, what was expected in our words, and what to do. The first that matches wins. */
type Phrase = readonly [says: RegExp, expected: string, hint?: string];

const TEMPLATE_HINT = 'Quote a value that begins with a template: `key: "{{ x }}"`.';
const QUOTE_HINT = "Quote the whole value; inside '…' a ' is written ''.";
const INDENT_HINT = "Keys of one mapping, and items of one list, begin in the same column.";
const TAG_HINT = "Remove the tag: the platforms read plain YAML only.";

const PHRASES: readonly Phrase[] = [
  // yaml's
  [/^Nested mappings/, "one `key: value` on a line", 'Quote a value that contains `: `: `key: "a: b"`.'],
  [
    /^Implicit (map )?keys|^Implicit map/,
    "`key: value`",
    "Write a `:` and a space behind the key, or indent the line to continue a text.",
  ],
  [/^Plain value cannot start/, "a value", "Quote a value that begins with `@`, a backtick or `%`."],
  [/^Tabs are not|^tab characters/, "spaces as indentation", "YAML allows no tabs there: replace them by spaces."],
  [/^Missing closing/, "a closing quote", "This quote is not closed, or a line of the text is not indented enough."],
  [/must start at the same column|^bad indentation|^deficient/, "the indentation of the lines above", INDENT_HINT],
  [
    /end with a \]|^Missing , between flow sequence/,
    "`,` or `]`",
    "Close the list that `[` began; its lines have to be indented.",
  ],
  [
    /end with a \}|^Missing , (or : )?between flow map/,
    "`,` or `}`",
    "Close the mapping that `{` began; its lines have to be indented.",
  ],
  [/at node end$/, "nothing more behind the value", QUOTE_HINT],
  [
    /block-seq-ind on same line/,
    "a list to begin on a line of its own",
    "Put the `-` on the next line, or quote the value.",
  ],
  [
    /^Invalid escape|^unknown escape/,
    "a known escape inside double quotes",
    "Use single quotes, or write `\\\\` for a backslash.",
  ],
  [
    /multiple documents/,
    "one YAML document in the file",
    "Remove the second `---`, or put what follows it into a file of its own.",
  ],
  [/^Unresolved tag|^unknown \w+ tag/, "a value without custom tag", TAG_HINT],
  [
    /cannot be an empty string|must contain at least one/,
    "a name behind `*` or `&`",
    "Quote a value that begins with `*` or `&`.",
  ],
  // js-yaml's, where yaml has none of its own
  [/^unidentified alias/, "an alias of an anchor that stands above it", "Quote a value that begins with `*`."],
  [/^cannot merge/, "`<<` to name a mapping"],
  [/^nesting exceeded/, "at most 200 levels of nesting"],
  [/^merge keys exceeded|^abnormal merge/, "fewer merged keys"],
  [/^complex key/, "a text as key"],
  [/^unbounded aliases/, "aliases that can be written out", "They repeat each other without end, or a million times."],
];

/**
 * What a parser found, in the words of a {@link YamlFault}: what was expected, what came, what to do.
 *
 * @param says the parser's own message
 */
export function yamlFault(text: string, offset: number, says: string): YamlFault {
  const [, expected, hint] = PHRASES.find(([pattern]) => pattern.test(says)) ?? [
    undefined,
    `valid YAML (${excerpt(says)})`,
  ];
  const template = templateAt(text, offset);
  const start = template ?? offset;
  const advice = template === undefined ? hint : TEMPLATE_HINT;
  const message = `Expected ${expected}, got ${came(text, start)}`;
  return { offset: start, message, ...(advice !== undefined && { hint: advice }) };
}

/** The rest of the line, as far as it fits into a message. */
function came(text: string, offset: number): string {
  if (text.slice(offset).trim() === "") return "the end of the file";
  if (text[offset] === "\t") return "a tab";
  const rest = restOfLine(text, offset).trim();
  if (rest === "") return "the end of the line";
  return `\`${excerpt(rest)}\``;
}

/** Where an unquoted Jinja template begins on the line of the fault: YAML takes it for a mapping, and stumbles in it or behind it. */
function templateAt(text: string, offset: number): number | undefined {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const before = /^[^"'#]*?[:-]\s+(?=\{[{%])/.exec(text.slice(lineStart, lineStart + 1000))?.[0].length;
  return before !== undefined && lineStart + before <= offset ? lineStart + before : undefined;
}

function restOfLine(text: string, offset: number): string {
  const end = text.indexOf("\n", offset);
  return text.slice(offset, end === -1 ? text.length : end);
}
