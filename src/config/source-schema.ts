import * as z from "zod/mini";
import { SOURCE_NAME } from "./sources.ts";
import { oneOf, text } from "./values.ts";

const EXPECTED =
  "a mapping of names (letters, digits, `.`, `_`, `-`) to directories, such as `{packs: ./packs}`, with at least one";

/** Where packs come from, by name. */
export function sources() {
  return z
    .record(z.string().check(z.regex(SOURCE_NAME)), source(), EXPECTED)
    .check(z.refine((value) => Object.keys(value).length > 0, EXPECTED));
}

function source() {
  const expected = "a directory, or `{path, kind, mode, dialect}`";
  const directory = text("a directory");
  const dialect = oneOf(["attune", "stackstorm"]);
  const dialects = "`attune`, `stackstorm`, or `{<directory>: <one of these>}`";
  const described = z.strictObject(
    {
      path: directory,
      /** Whether packs may lack `pack.yaml` and never fail a run: `development` for `packs.dev`, else `production`. */
      kind: z.exactOptional(oneOf(["production", "development"])),
      /** `mounted`: services read it where it is (StackStorm's packs.dev); validate it and tell them, copy nothing. */
      mode: z.exactOptional(oneOf(["published", "mounted"])),
      /** Whose rules its packs follow, where they do not say so by what they have: for all, or by the pack's directory. */
      dialect: z.exactOptional(z.union([dialect, z.record(z.string(), dialect)], dialects)),
    },
    expected,
  );
  return z.union([directory, described], expected);
}
