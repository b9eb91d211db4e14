import * as z from "zod/mini";
import { asPackRef } from "../pack/ref.ts";
import { MACHINES, machine } from "./machines.ts";
import { DURATION, parseDuration, parseSize, SIZE } from "./units.ts";

/*
 * The kinds of values. Each takes what YAML has (numbers, lists) as well as what flags and variables have (text),
 * and gives one form. `expected` ends the sentence "Expected `volume` to be …" whatever is wrong.
 */

/** Not empty and without NUL, which no file system takes. */
export function text(expected: string) {
  return z.string(expected).check(z.regex(/^[^\0]+$/, expected));
}

export function oneOf<const T extends readonly string[]>(names: T) {
  return z.enum(names, `one of ${names.map((name) => `\`${name}\``).join(", ")}`);
}

/** A number, or text of the shape `pattern` that `read` makes one. */
export function numeric(expected: string, pattern: RegExp, read: (text: string) => number = Number) {
  const given = z.union([z.number(expected), z.string(expected).check(z.regex(pattern, expected))], expected);
  const toNumber = z.transform((value: number | string) => (typeof value === "number" ? value : read(value)));
  return z.pipe(z.pipe(given, toNumber), z.number(expected).check(z.gte(0, expected)));
}

/** As {@link numeric}, whole and at least `min`. */
export function whole(min: number, expected: string, pattern = /^\d+$/, read: (text: string) => number = Number) {
  return z.pipe(numeric(expected, pattern, read), z.int(expected).check(z.gte(min, expected)));
}

/** Of TCP. */
export const MAX_PORT = 65_535;

export function port() {
  const expected = `a port, a whole number from 1 to ${MAX_PORT}`;
  return whole(1, expected).check(z.lte(MAX_PORT, expected));
}

/** A list, or its items in one text, separated by commas; each once. Text without any item is a mistake. */
export function list<T extends z.ZodMiniType<string, string>>(expected: string, item: T) {
  const given = z.union(
    [z.array(z.string(expected), expected), z.string(expected).check(z.regex(/[^\s,]/, expected))],
    expected,
  );
  const toItems = z.transform((value: string | string[]) => [...new Set(Array.isArray(value) ? value : split(value))]);
  return z.pipe(z.pipe(given, toItems), z.array(item, expected));
}

function split(value: string): string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** One or more of the names. */
export function names<const T extends readonly string[]>(known: T) {
  const expected = `one or more of ${known.map((name) => `\`${name}\``).join(", ")}`;
  return z.pipe(list(expected, z.string()), z.array(z.enum(known, expected)));
}

export function directory() {
  return text("a directory");
}

export function databaseUrl() {
  const expected = "a URL that begins with `postgresql://`";
  const isOne = (given: string) => /^postgres(ql)?:\/\/./.test(given) && URL.canParse(given);
  return z.string(expected).check(z.refine(isOne, expected));
}

const EXPECTED_SIZE = "a size in bytes, such as `1048576`, `64MiB` or `1GB`";

export function anySize() {
  return whole(0, EXPECTED_SIZE, SIZE, parseSize);
}

export function size() {
  return whole(1, EXPECTED_SIZE, SIZE, parseSize);
}

/** In seconds. */
export function duration() {
  return numeric("a number of seconds >= 0, or a duration such as `10m`", DURATION, parseDuration);
}

export function refs() {
  const expected = "pack refs of lower-case letters, digits, `_` and `-`, such as `core, deploy`";
  return list(expected, z.string().check(z.refine((name) => asPackRef(name) !== undefined, expected)));
}

export function machines() {
  const known = z.transform((names: string[]) => [...new Set(names.map(machine))]);
  return z.pipe(
    z.pipe(list("a list of machines, such as `x86_64, aarch64`", z.string()), known),
    z.array(oneOf(MACHINES)).check(z.minLength(1, "a list of at least one machine, such as `x86_64`")),
  );
}

export function flag() {
  const expected = "`1`, `true`, `0` or `false`";
  const word = z.string(expected).check(z.regex(/^(1|0|true|false)$/i, expected));
  return z.pipe(
    z.union([z.boolean(expected), word], expected),
    z.transform((value: boolean | string) => /^(1|true)$/i.test(String(value))),
  );
}

/** The highest id that is one: 2^32 - 1 means "leave as it is" to chown(2). */
const MAX_ID = 2 ** 32 - 2;

export function owner() {
  const expected = "an owner as `uid:gid` or `uid`, in numbers";
  return z.pipe(
    z.union([z.number(expected), z.string(expected)], expected).check(z.refine(isOwner, expected)),
    z.transform((value: number | string) => {
      const [uid = 0, gid = uid] = idsOf(value);
      return { uid, gid };
    }),
  );
}

function isOwner(value: number | string): boolean {
  return /^\d+(:\d+)?$/.test(String(value)) && idsOf(value).every((id) => id <= MAX_ID);
}

function idsOf(owner: number | string): readonly number[] {
  return String(owner).split(":").map(Number);
}

/** Without what `.gitignore` would make of `!`, `#` and a missing slash: another thing than people mean here. */
const PATTERN = /^(?![!#\s/])[^\p{Cc}]*[^/\p{Cc}]\/[^\p{Cc}]*\S$/u;

/** Which native binaries survive. The mapping first: what is wrong inside of it says more than that it is no word. */
export function preserve() {
  const word = oneOf(["static-elf", "always", "off"]);
  const patterns = "a mapping of patterns for `<ref>/<path>`, such as `core/sensors/*`, to policies";
  const mapping = z.strictObject({
    default: z.exactOptional(word),
    files: z.exactOptional(z.record(z.string().check(z.regex(PATTERN)), word, patterns)),
  });
  const simplest = z.transform(({ default: word = "static-elf", files = {} }: z.infer<typeof mapping>) =>
    Object.keys(files).length === 0 ? word : { default: word, files },
  );
  return z.union([z.pipe(mapping, simplest), word], "one of `static-elf`, `always`, `off`, or `{default, files}`");
}
