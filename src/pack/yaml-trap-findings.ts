import type { Severity } from "./diagnostics.ts";
import { excerpt } from "./excerpt.ts";
import type { Finding, ValuePath } from "./finding.ts";
import type { Dialect } from "./identity.ts";
import type { Range } from "./yaml-positions.ts";
import { positionAt } from "./yaml-text.ts";
import type { Trap } from "./yaml-trap-search.ts";

export interface TrapContext {
  readonly dialect: Dialect;
  /** Whether `true` or `false` is expected at a path: for StackStorm, `yes` is as good there. */
  readonly isBoolean?: (path: ValuePath) => boolean;
}

/** What there is to say about a trap; nothing where StackStorm reads just what is meant. */
export function findingsOf(trap: Trap, about: TrapContext, text: string): Finding[] {
  const said = trap.kind === "key" ? repeated(trap.path) : described(trap, about);
  if (said === undefined) return [];
  const { path } = trap;
  const at = trap.kind === "key" ? "key" : trap.at;
  const range = trap.node.range ? rangeOf(text, trap.node.range) : undefined;
  return [{ severity: "warning", ...said, path, at, ...(range !== undefined && { range }) }];
}

function rangeOf(text: string, [start, end]: readonly [number, number, number]): Range {
  const [from, to] = [positionAt(text, start), positionAt(text, end)];
  return { ...from, endLine: to.line, endColumn: to.column };
}

type Said = { readonly severity?: Severity; readonly code: string; readonly message: string; readonly hint: string };

function repeated(path: ValuePath): Said {
  return {
    code: "yaml.duplicate_key",
    message: `Expected each key once, got \`${excerpt(String(path.at(-1)))}\` again: only the last one counts`,
    hint: "Remove the one that is not meant.",
  };
}

function described(trap: Trap & { kind: "scalar" }, about: TrapContext): Said | undefined {
  const { source, reading } = trap;
  const quote = `Quote it: \`"${excerpt(source)}"\`.`;
  switch (reading.kind) {
    case "value":
      return trap.at === "key" ? undefined : equalsSign(about.dialect);
    case "date":
      return said(
        "yaml.ambiguous_date",
        source,
        "a date",
        "the text",
        about,
        `${quote} A date is no JSON, and cannot be stored.`,
      );
    case "boolean":
      if (isMeantBoolean(trap, about)) return undefined;
      return said(
        "yaml.ambiguous_boolean",
        source,
        `\`${reading.value}\``,
        "the text",
        about,
        `${quote} Or write \`${reading.value}\`.`,
      );
    case "number":
      if (Object.is(reading.value, trap.node.value)) return lostDigits(trap, reading.value, about);
      if (about.dialect === "stackstorm" && isMeantNumber(source)) return undefined;
      return said(
        "yaml.ambiguous_number",
        source,
        `the number \`${reading.value}\``,
        shown(trap.node.value),
        about,
        quote,
      );
    case "text":
      return said(
        "yaml.ambiguous_number",
        source,
        "the text",
        shown(trap.node.value),
        about,
        `${quote} Or write the number out.`,
      );
    case "null":
    case "merge":
      return undefined;
    default:
      return reading satisfies never;
  }
}

function said(code: string, source: string, in11: string, in12: string, { dialect }: TrapContext, hint: string): Said {
  const got = `\`${excerpt(source)}\``;
  const message =
    dialect === "stackstorm"
      ? `Expected a value that reads as it looks, got ${got}: StackStorm (YAML 1.1) reads ${in11}`
      : `Expected a value with one meaning, got ${got}: Attune's loader (YAML 1.1) reads ${in11}, its API (YAML 1.2) ${in12}`;
  return { code, message, hint };
}

/** PyYAML resolves `=` to a tag that its `safe_load` does not construct. */
function equalsSign(dialect: Dialect): Said {
  return {
    severity: dialect === "stackstorm" ? "error" : "warning",
    code: "yaml.equals_sign",
    message: "Expected a value, got `=`, for which the platform's loader refuses the whole file",
    hint: 'Quote it: `"="`.',
  };
}

/** That Attune wants its own `version` fields as text is said anyway. */
function lostDigits(
  { source, path }: Trap & { kind: "scalar" },
  value: number,
  { dialect }: TrapContext,
): Said | undefined {
  if (dialect === "attune" && path.length === 1) return undefined;
  const message = `Expected the version as text, got the number \`${source}\`, which is read as \`${value}\``;
  return { code: "yaml.lost_digits", message, hint: `Quote it: \`"${source}"\`.` };
}

function isMeantBoolean({ path, at, type }: Trap & { kind: "scalar" }, { dialect, isBoolean }: TrapContext): boolean {
  if (dialect !== "stackstorm" || at === "key") return false;
  return isBoolean?.(path) === true || (path.at(-1) === "default" && type === "boolean");
}

/** `1_000` and `0b11` are numbers in YAML 1.1, and nobody means anything else. */
function isMeantNumber(source: string): boolean {
  return !source.includes(":") && !/^[-+]?0[0-7_]/.test(source);
}

function shown(value: unknown): string {
  return typeof value === "number" ? `the number \`${value}\`` : "the text";
}
