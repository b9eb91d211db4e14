import { PacksyncError } from "../errors.ts";
import type { Requests } from "../requests.ts";
import type { Askable } from "./protocol.ts";

type Field =
  | "text"
  | "text, or nothing"
  | "list of texts"
  | "truth value"
  | "list of packs with paths"
  | "list of packs with releases";

/** What each request consists of. */
const FIELDS: { readonly [K in Askable]: { readonly [F in keyof Requests[K]]-?: Field } } = {
  sync: { only: "list of texts", allowRemovals: "truth value" },
  rollback: { pack: "text", to: "text, or nothing", from: "text, or nothing" },
  pin: { pack: "text" },
  unpin: { pack: "text" },
  verify: { packs: "list of texts", repair: "truth value", prune: "truth value" },
  register: { packs: "list of texts" },
  notify: { service: "text" },
  install: { packs: "list of packs with paths", force: "truth value", unchecked: "truth value" },
  settle: { packs: "list of packs with releases", keep: "truth value" },
  uninstall: { pack: "text" },
};

/**
 * A request as it came over the socket: anybody may have written it.
 *
 * @throws PacksyncError `USAGE` when it is none
 */
export function parseRequest<K extends Askable>(kind: K, body: string): Requests[K] {
  const given = parseObject(kind, body);
  const fields = Object.entries<Field>(FIELDS[kind]);
  for (const [name, field] of fields)
    if (!isField(given[name], field)) throw unexpected(kind, `\`${name}\` to be a ${field}`);
  return Object.fromEntries(fields.map(([name]) => [name, given[name]])) as unknown as Requests[K];
}

function parseObject(kind: Askable, body: string): Readonly<Record<string, unknown>> {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    throw unexpected(kind, "JSON");
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw unexpected(kind, "an object");
  return { ...given };
}

function isField(value: unknown, field: Field): boolean {
  switch (field) {
    case "text":
      return typeof value === "string";
    case "text, or nothing":
      return value === undefined || typeof value === "string";
    case "list of texts":
      return Array.isArray(value) && value.every((each) => typeof each === "string");
    case "truth value":
      return typeof value === "boolean";
    case "list of packs with paths":
      return isListOf(value, ["pack", "path"]);
    case "list of packs with releases":
      return isListOf(value, ["pack", "release"]);
    default:
      return field satisfies never;
  }
}

function isListOf(value: unknown, names: readonly string[]): boolean {
  const isOne = (each: unknown): boolean =>
    typeof each === "object" && each !== null && names.every((name) => typeof Reflect.get(each, name) === "string");
  return Array.isArray(value) && value.every(isOne);
}

function unexpected(kind: Askable, expected: string): PacksyncError {
  return new PacksyncError("USAGE", `Expected of the request \`${kind}\` ${expected}.`);
}
