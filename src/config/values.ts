import * as z from "zod/mini";

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
