import { mkdirSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeName, fsPath, listNames, printableName } from "../../src/platform/names.ts";
import { scratch } from "../support/trees.ts";

/** Names as file systems have them: any bytes but NUL and `/`. Many that are almost UTF-8. */
const anyName = fc
  .array(
    fc.oneof(
      fc.integer({ min: 1, max: 255 }).map((byte) => Buffer.of(byte)),
      fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
      fc.constantFrom(
        Buffer.from("\uFFFD"),
        Buffer.of(0xed, 0xb2, 0x80),
        Buffer.of(0xef, 0xbb, 0xbf),
        Buffer.of(0xf0, 0x9f, 0x98),
      ),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => Buffer.from(Buffer.concat(parts).filter((byte) => byte !== 0 && byte !== 0x2f)))
  .filter(({ length }) => length > 0);

test("keeps every name without loss", () => {
  fc.assert(
    fc.property(anyName, (bytes) => {
      expect(Buffer.from(fsPath(decodeName(bytes))).equals(bytes)).toBe(true);
    }),
  );
});

test("keeps them in paths, too", () => {
  fc.assert(
    fc.property(fc.array(anyName, { minLength: 1, maxLength: 3 }), (names) => {
      const path = `/ä/${names.map(decodeName).join("/")}`;
      const expected = Buffer.concat([Buffer.from("/ä"), ...names.flatMap((name) => [Buffer.from("/"), name])]);
      expect(Buffer.from(fsPath(path)).equals(expected)).toBe(true);
    }),
  );
});

test("gives different names different strings", () => {
  fc.assert(
    fc.property(anyName, anyName, (a, b) => {
      expect(decodeName(a) === decodeName(b)).toBe(a.equals(b));
    }),
  );
});

test("tells undecodable names from all others by their form", () => {
  fc.assert(
    fc.property(anyName, (bytes) => {
      const isUtf8 = Buffer.from(bytes.toString("utf8")).equals(bytes);
      expect(decodeName(bytes).isWellFormed()).toBe(isUtf8);
    }),
  );
});

test("prints no control character, and nothing that is not well-formed", () => {
  const anyText = fc.oneof(
    anyName.map(decodeName),
    fc.string({ unit: fc.constantFrom("\u001b", "\u007f", "\u0085", "\u009b", "\r", "a") }),
  );
  fc.assert(
    fc.property(anyText, (name) => {
      const printed = printableName(name);
      expect(printed).not.toMatch(/\p{Cc}/u);
      expect(printed.isWellFormed()).toBe(true);
    }),
  );
});

test.for([
  { name: "plain-ä-😀.yaml", printed: "plain-ä-😀.yaml" },
  { name: "a\nb\t\u001b[31m", printed: "a\\nb\\t\\u001b[31m" },
  { name: decodeName(Buffer.of(0x62, 0xe4, 0x72)), printed: "b\\xe4r" },
])("prints $printed", ({ name, printed }) => {
  expect(printableName(name)).toBe(printed);
});

test("lists names of a directory as they are, sorted by code unit", () => {
  using directory = scratch();
  const odd = Buffer.concat([Buffer.from(`${directory.path}/odd`), Buffer.of(0xff)]);
  mkdirSync(odd);
  for (const name of ["b", "B", "a-b", "ä", "\uFFFD"]) writeFileSync(`${directory.path}/${name}`, "");
  const names = listNames(directory.path);
  expect(names).toEqual(
    ["B", "a-b", "b", decodeName(Buffer.from([...Buffer.from("odd"), 0xff])), "ä", "\uFFFD"].sort(),
  );
  writeFileSync(Buffer.concat([odd, Buffer.from("/inside")]), "");
  expect(names.flatMap((name) => (name.startsWith("odd") ? listNames(`${directory.path}/${name}`) : []))).toEqual([
    "inside",
  ]);
});
