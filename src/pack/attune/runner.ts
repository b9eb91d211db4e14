import { shown } from "../check-shape.ts";
import type { Finding } from "../finding.ts";
import type { DefinitionContext } from "../model.ts";
import { nearest } from "../spelling.ts";

/** The runtimes of the platform's core pack with their aliases, which it compares in lower case (`resolve_runtime`). */
const CORE_RUNTIMES =
  /^(shell|bash|sh|python3?|node(\.?js)?|native|builtin|standalone|go(lang)?|java|jdk|openjdk|perl5?|r|rscript|ruby|rb)$/;
const USUAL = ["shell", "bash", "python", "python3", "nodejs", "native", "builtin", "java", "perl", "ruby"];
const NATIVE = /^(native|builtin|standalone|core\.native)$/;

const STACKSTORM_RUNNERS: readonly (readonly [RegExp, string])[] = [
  [/^(python-script|run-python)$/, "`python`"],
  [/^(local|remote)-shell|^run-(local|remote)/, "`shell`"],
  [/^(orquesta|mistral-v2|action-chain|cloudslang)$/, "none: name the workflow with `workflow_file`"],
];

/** Without a runtime nobody runs it; a dotted name may be any pack's runtime. */
export function checkRunner(
  given: unknown,
  { runtimes }: DefinitionContext,
  code: "action.unknown_runner_type" | "sensor.unknown_runner_type",
): readonly Finding[] {
  if (typeof given !== "string") return [];
  const name = given.trim().toLowerCase();
  if (name.includes(".") || CORE_RUNTIMES.test(name) || runtimes?.has(name) === true) return [];
  return [
    {
      severity: "warning",
      code,
      message: `Expected \`runner_type\` to be a runtime, e.g. \`shell\`, \`python\`, \`nodejs\` or \`native\`, got ${shown(given)}`,
      hint: hintFor(name, runtimes),
      path: ["runner_type"],
      at: "value",
    },
  ];
}

/** A program that is built, not committed: its file may be missing in the source. */
export function isNative(runner: unknown): boolean {
  return typeof runner === "string" && NATIVE.test(runner.trim().toLowerCase());
}

function hintFor(name: string, runtimes: DefinitionContext["runtimes"]): string {
  const here = STACKSTORM_RUNNERS.find(([pattern]) => pattern.test(name))?.[1];
  if (here !== undefined) return `\`${name}\` is StackStorm's; here it is ${here}.`;
  const meant = nearest(name, [...USUAL, ...(runtimes ?? [])]);
  if (meant !== undefined) return `Did you mean \`${meant}\`?`;
  return "No worker takes it, unless a pack in the volume has a runtime of this name.";
}
