import { withoutSecrets } from "../install/shown-url.ts";
import { Refusal } from "./refusal.ts";

/** One thing that a schema found wrong, as fastify tells it. */
interface Problem {
  /** `/packs/0`. */
  readonly instancePath: string;
  /** What was expected: every schema says so, in words that end the sentence. */
  readonly message?: string;
}

/** A request whose parts are not what they should be: what was expected, what came, and where. */
export function complaint(problems: readonly Problem[], request: unknown, part: string): Refusal {
  const [first] = problems;
  const others = new Set(problems.map(({ instancePath }) => instancePath)).size - 1;
  const more = others > 0 ? ` (and ${others} more ${others === 1 ? "problem" : "problems"})` : "";
  const path = (first?.instancePath ?? "").split("/").filter((step) => step !== "");
  const name = path.length === 0 ? `the ${part}` : `\`${path.reduce(joined)}\``;
  const got = shown(path.reduce(at, request));
  return new Refusal(400, `Expected ${name} to be ${first?.message ?? "something else"}, got ${got}${more}.`);
}

function joined(path: string, step: string): string {
  return /^\d+$/.test(step) ? `${path}[${step}]` : `${path}.${step}`;
}

function at(value: unknown, step: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, step)
    ? Reflect.get(value, step)
    : undefined;
}

const SHOWN_LENGTH = 60;

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "`null`";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  const text = typeof value === "string" ? JSON.stringify(withoutSecrets(value)).slice(1, -1) : JSON.stringify(value);
  return `\`${text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text}\``;
}
