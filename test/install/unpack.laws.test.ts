import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PacksyncError } from "../../src/errors.ts";
import { LIMITS } from "../../src/install/limits.ts";
import { unpack } from "../../src/install/unpack.ts";
import { story } from "../scenarios/support/story.ts";
import { walk } from "../scenarios/support/tree.ts";
import { type ArchiveEntry, tarGzOf, tarOf, zipOf } from "../support/archives.ts";

/** `PACKSYNC_TEST_ARCHIVES=10000` makes a long run. */
const RUNS = Number(process.env["PACKSYNC_TEST_ARCHIVES"] ?? 500);
const NEVER = new AbortController().signal;

const anyWriter = fc.constantFrom(tarOf, tarGzOf, zipOf);
const anyContent = fc.uint8Array({ maxLength: 1500 });

const hostileName = fc
  .array(
    fc.constantFrom(
      "..",
      ".",
      "",
      "a",
      "A",
      "link",
      "pack.yaml",
      "\\",
      "c:",
      "ä",
      "a\u0308",
      "\0",
      "\n",
      "~",
      "-",
      "n".repeat(200),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .chain((parts) => fc.constantFrom(parts.join("/"), `/${parts.join("/")}`, `${parts.join("/")}/`, parts.join("")));
const hostileEntry: fc.Arbitrary<ArchiveEntry> = fc.record(
  {
    name: fc.oneof(hostileName, fc.string({ unit: "binary", maxLength: 120 })),
    content: anyContent,
    type: fc.constantFrom("0", "0", "0", "1", "2", "3", "5", "5", "6", "x", "g", "L", "K", "S", "\0"),
    link: fc.constantFrom("..", "../outside", "/etc", "a", "pack.yaml"),
    mode: fc.constantFrom(0o644, 0o755, 0o6777, 0),
    claims: fc.oneof(fc.nat(4000), fc.constant(0o77777777)),
  },
  { requiredKeys: ["name"] },
);

/** Names that no entry below repeats as a directory. */
const harmless = fc
  .uniqueArray(
    fc.record({
      directories: fc.array(fc.constantFrom("actions", "lib", "ä ö", "-x", "..a", "...", "日本"), { maxLength: 5 }),
      name: fc.string({ unit: fc.constantFrom(..."abcdeXYZ.-_ é語~$*"), minLength: 1, maxLength: 40 }),
      content: anyContent,
      executable: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20, selector: ({ directories, name }) => [...directories, `f${name}`].join("/") },
  )
  .map((files) =>
    files.map(({ directories, name, content, executable }) => ({
      name: [...directories, `f${name}`].join("/"),
      content,
      mode: executable ? 0o755 : 0o644,
    })),
  );

test("nothing of any archive is written outside of its directory, and whatever is refused is refused in words", {
  timeout: 300_000,
}, async () => {
  using it = story({ volume: {} });
  const property = fc.asyncProperty(
    anyWriter,
    fc.array(hostileEntry, { minLength: 1, maxLength: 6 }),
    fc.nat(),
    async (write, entries, cut) => {
      const whole = write(entries);
      writeFileSync(it.at("archive"), cut % 4 === 0 ? whole.subarray(0, cut % whole.length) : whole);
      mkdirSync(it.at("volume/into"));
      const failure = await unpack(it.at("archive"), it.at("volume/into"), LIMITS, NEVER).catch(
        (error: unknown) => error,
      );
      const outside = walk(it.directory).filter((path) => !path.startsWith("volume/into/"));
      rmSync(it.at("volume/into"), { recursive: true });
      expect(outside.sort()).toEqual(["archive", "volume", "volume/into"]);
      if (failure !== undefined) expect(failure).toBeInstanceOf(PacksyncError);
    },
  );
  await fc.assert(property, { numRuns: RUNS });
});

test("a harmless archive is unpacked byte for byte", { timeout: 300_000 }, async () => {
  using it = story({ volume: {} });
  const property = fc.asyncProperty(anyWriter, harmless, async (write, files) => {
    writeFileSync(it.at("archive"), write(files));
    mkdirSync(it.at("volume/into"));
    try {
      await unpack(it.at("archive"), it.at("volume/into"), LIMITS, NEVER);
      for (const { name, content } of files) {
        expect(readFileSync(it.at(`volume/into/${name}`)).equals(content), name).toBe(true);
      }
    } finally {
      rmSync(it.at("volume/into"), { recursive: true });
    }
  });
  await fc.assert(property, { numRuns: RUNS });
});
