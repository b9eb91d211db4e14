import { between, type Random } from "../random.ts";
import { paragraph, sentence } from "./prose.ts";

/** A Python script of 1–4 KB that reads JSON from its standard input; `shebang` makes it one that runs by itself. */
export function pythonScript(random: Random, shebang: string | undefined): string {
  const lines = [
    ...(shebang === undefined ? [] : [shebang]),
    `"""${sentence(random)}."""`,
    "import json",
    "import sys",
    "",
  ];
  return grow(random, lines, pythonFunction, ["", 'if __name__ == "__main__":', "    print(json.dumps({}))"]);
}

/** A POSIX shell script of 1–4 KB. */
export function shellScript(random: Random): string {
  return grow(random, ["#!/bin/sh", `# ${sentence(random)}`, "set -eu", ""], shellFunction, ["", 'echo "{}"']);
}

/** A Markdown page of 1–4 KB. */
export function markdown(random: Random, title: string): string {
  return grow(random, [`# ${title}`, ""], (inner, n) => [`## Part ${n}`, "", ...paragraph(inner, 300), ""], []);
}

function pythonFunction(random: Random, n: number): readonly string[] {
  return [
    "",
    `def step_${n}(params):`,
    `    """${sentence(random)}."""`,
    `    limit = params.get("limit", ${between(random, 1, 9_999)})`,
    "    found = [item for item in params.get('items', []) if item.get('age', 0) < limit]",
    `    print("step ${n} found", len(found), file=sys.stderr)`,
    "    return found",
    "",
  ];
}

function shellFunction(random: Random, n: number): readonly string[] {
  return [
    `# ${sentence(random)}`,
    `step_${n}() {`,
    `  limit="\${LIMIT:-${between(random, 1, 9_999)}}"`,
    '  if [ "$1" -gt "$limit" ]; then',
    `    echo "step ${n}: $1 is over $limit" >&2`,
    "    return 1",
    "  fi",
    "}",
    "",
  ];
}

function grow(
  random: Random,
  head: readonly string[],
  block: (random: Random, n: number) => readonly string[],
  tail: readonly string[],
): string {
  const target = between(random, 1_000, 3_500);
  let text = head.join("\n");
  for (let n = 1; text.length < target; n += 1) text += `\n${block(random, n).join("\n")}`;
  return `${text}${tail.join("\n")}\n`;
}
