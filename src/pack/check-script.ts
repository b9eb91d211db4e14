import type { Diagnostic } from "./diagnostics.ts";
import { excerpt } from "./excerpt.ts";
import type { Facts } from "./facts.ts";
import type { Dialect } from "./identity.ts";
import { languageOfRunner, languageOfScript } from "./language.ts";
import type { ScriptFacts } from "./scripts.ts";

/** A script, and the definition that it is the entry point of. */
export interface Script {
  /** Relative to the pack, as `definition`. */
  readonly file: string;
  readonly definition: string;
  readonly facts: ScriptFacts;
  readonly about: Facts;
  readonly dialect: Dialect;
}

/** What will go wrong with a script when it is run as its definition says. */
export function checkScript(script: Script): readonly Diagnostic[] {
  return [...checkShebang(script), ...checkRunner(script), ...checkVariables(script)];
}

function checkShebang(script: Script): Diagnostic[] {
  const { file, facts } = script;
  const { shebang, hidden } = facts;
  const at = { file, line: 1, column: 1 };
  if (shebang === undefined) return noShebang(at, script);
  if (hidden) return [hiddenShebang(at)];
  if (shebang.endsWith("\r")) return [crlf(at, shebang.trim())];
  return insane(at, shebang.trim());
}

type At = { readonly file: string; readonly line: number; readonly column: number };

/** A runner with an interpreter does without; people, editors and linters then have to guess. */
function noShebang(at: At, { about: { runner }, dialect }: Script): Diagnostic[] {
  const code = "script.no_shebang";
  if (runner === "native") {
    const message = "Expected `#!` in the first line, got none: a `native` runner starts the file itself";
    const hint = "Begin it with e.g. `#!/bin/sh`, or name the runner: `runner_type: shell`.";
    return [{ severity: "warning", code, message, ...at, hint }];
  }
  if (dialect !== "attune" || languageOfRunner(runner) !== "shell") return [];
  const message = "Expected `#!` in the first line, got none: it does not say which shell it is written for";
  return [{ severity: "hint", code, message, ...at, hint: "Begin it with `#!/bin/sh` or `#!/bin/bash`." }];
}

function hiddenShebang(at: At): Diagnostic {
  const message =
    "Expected `#!` to be the very first characters, got invisible ones before it: no kernel sees it there";
  const hint = "Save the file as UTF-8 without byte order mark, and without blanks or empty lines above `#!`.";
  return { severity: "warning", code: "script.invalid_shebang", message, ...at, hint };
}

function crlf(at: At, shebang: string): Diagnostic {
  const message = `Expected \`#!${excerpt(shebang)}\` to end with LF, got CRLF: the interpreter's name then ends with an invisible \`\\r\`, and there is none of that name`;
  const hint = "Save the file with Unix line ends: `sed -i 's/\\r$//'` does it.";
  return { severity: "warning", code: "script.crlf_shebang", message, ...at, hint };
}

function insane(at: At, shebang: string): Diagnostic[] {
  const [interpreter = "", ...words] = shebang.split(/\s+/);
  const isEnv = interpreter.endsWith("/env");
  // The kernel hands all words over as one; `env` then looks for a program with blanks in its name.
  const isSplit = isEnv && words.length > 1 && !/^-\w*S|^--split-string/.test(words[0] ?? "");
  const expected = !interpreter.startsWith("/")
    ? "an absolute path behind `#!`"
    : isEnv && words.length === 0
      ? "a program behind `env`"
      : isSplit
        ? "one word behind `env`"
        : undefined;
  if (expected === undefined) return [];
  const message = `Expected ${expected}, got ${shebang === "" ? "nothing" : `\`${excerpt(shebang)}\``}`;
  const hint = isSplit ? `Write \`#!${interpreter} -S ${words.join(" ")}\`.` : "Write e.g. `#!/usr/bin/env python3`.";
  return [{ severity: "warning", code: "script.invalid_shebang", message, ...at, hint }];
}

/** A runner that hands the file to an interpreter does not look at `#!`. */
function checkRunner({ file, definition, facts, about }: Script): Diagnostic[] {
  const wanted = languageOfRunner(about.runner);
  const got = languageOfScript(file, facts);
  if (wanted === undefined || got === undefined || wanted === got) return [];
  const message = `Expected a ${wanted} script for \`runner_type: ${about.runner}\`, got the ${got} script \`${file}\``;
  const hint = `Write \`runner_type: ${got === "node" ? "nodejs" : got}\`, or name another \`entry_point\`.`;
  return [
    { severity: "warning", code: "script.runner_mismatch", message, file: definition, ...about.runnerRange, hint },
  ];
}

/** What Attune's workers do set. */
const GIVEN: ReadonlySet<string> = new Set(
  [
    "ACTION",
    "ACTION_REF",
    "API_TOKEN",
    "API_URL",
    "ARTIFACTS_DIR",
    "EXEC_ID",
    "EXECUTION_ID",
    "PACK_REF",
    "RULE",
    "TRIGGER",
  ].map((name) => `ATTUNE_${name}`),
);

/** Parameters come on stdin or in a file; nothing ever puts them into the environment. */
function checkVariables({ file, facts, about, dialect }: Script): Diagnostic[] {
  if (facts.variables.length === 0 || dialect !== "attune" || about.kind !== "action") return [];
  const parameters = new Map(about.parameters.map((name) => [name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_"), name]));
  return facts.variables.flatMap(({ name, range }) => {
    const [, plain = ""] = /^ATTUNE_(.*)$/.exec(name) ?? [];
    const parameter = parameters.get(plain) ?? parameters.get(plain.replace(/^(ACTION|PARAM|PARAMETER)_/, ""));
    if (parameter === undefined || GIVEN.has(name)) return [];
    const way = about.delivery === "file" ? "in a file" : "on stdin";
    const message = `\`$${name}\` is never set: the parameter \`${excerpt(parameter)}\` comes ${way}`;
    return [{ severity: "warning", code: "script.parameter_not_in_environment", message, file, ...range, hint: HINT }];
  });
}

const HINT =
  "Read the parameters where they come, in the format that `parameter_format` says: with `json` and `stdin` e.g. `jq -r .name`.";
