import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PacksyncError } from "../../src/errors.ts";
import { LIMITS } from "../../src/install/limits.ts";
import { unpack } from "../../src/install/unpack.ts";
import { memoryIfAny } from "../scenarios/programs/start.ts";
import { isSoak } from "../scenarios/support/is-soak.ts";
import { story } from "../scenarios/support/story.ts";
import { walk } from "../scenarios/support/tree.ts";
import { type ArchiveEntry, tarGzOf, tarOf, zipOf } from "../support/archives.ts";

const RUNS = isSoak ? 10_000 : 1000;
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
      name: fc.string({ unit: fc.constantFrom(..."abcABCxyzXYZ.-_ é語~$*"), minLength: 1, maxLength: 40 }),
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

/** Small ones make a bomb cheap. */
const SMALL = { ...LIMITS, unpackedBytes: 64 * 1024, entries: 40 };
const upwards = fc.constantFrom("..", "a/..", "a/../..", "../..", "./..", "actions/../../..");
const control = fc.constantFrom("\n", "\r", "\u001b", "\u007f", "\u0085");
const plainName = fc.string({ unit: fc.constantFrom(..."abcXYZ.é語"), minLength: 1, maxLength: 20 });
const zeros = Buffer.alloc(100_000);

/** Of what no archive may have. `only`: the other has no such thing; in a tar a NUL ends the name. */
const REFUSED: readonly { readonly entry: fc.Arbitrary<readonly ArchiveEntry[]>; readonly only?: "tar" | "zip" }[] = [
  { entry: fc.tuple(upwards, plainName).map(([way, name]) => [{ name: `${way}/${name}` }]) },
  { entry: plainName.map((name) => [{ name: `/${name}` }]) },
  { entry: plainName.map((name) => [{ name: `..\\${name}` }]) },
  { entry: plainName.map((name) => [{ name: `C:\\${name}` }]) },
  { entry: fc.tuple(plainName, control, plainName).map(([a, odd, b]) => [{ name: `x${a}${odd}${b}` }]) },
  { entry: plainName.map((name) => [{ name: `x${name}\0/../y` }]), only: "zip" },
  { entry: fc.integer({ min: 256, max: 600 }).map((length) => [{ name: "n".repeat(length) }]) },
  { entry: fc.integer({ min: 86, max: 120 }).map((length) => [{ name: "語".repeat(length) }]) },
  { entry: fc.integer({ min: 65, max: 300 }).map((depth) => [{ name: `${"d/".repeat(depth)}f` }]) },
  {
    entry: fc
      .tuple(plainName, fc.constantFrom("/etc", "..", "pack.yaml", "../../x"))
      .map(([name, link]) => [{ name: `l${name}`, type: "2", link }]),
  },
  // Through a link that is an entry before: it must never be there.
  { entry: plainName.map((name) => [{ name: "l", type: "2", link: "/tmp" }, { name: `l/${name}` }]) },
  { entry: plainName.map((name) => [{ name: `h${name}`, type: "1", link: "pack.yaml" }]), only: "tar" },
  { entry: fc.constantFrom("3", "4", "6").map((type) => [{ name: "device", type }]) },
  { entry: plainName.map((name) => [{ name: `t${name}` }, { name: `t${name}`, content: "other" }]) },
  { entry: plainName.map((name) => [{ name: `t${name}` }, { name: `./t${name}//below` }]) },
  { entry: plainName.map((name) => [{ name: `bomb${name}`, content: zeros }]) },
  { entry: fc.constant(Array.from({ length: 41 }, (_, index) => ({ name: `many-${index}` }))) },
  // Less, so that the rest stands where the next entry is to begin; and more than there is.
  { entry: fc.nat(480).map((claims) => [{ name: "liar", content: "x".repeat(1000), claims }]) },
  { entry: fc.integer({ min: 1e6, max: 8e6 }).map((claims) => [{ name: "liar", content: "x", claims }]) },
];
const WRITERS = { tar: [tarOf, tarGzOf], zip: [zipOf] } as const;
const withHostile = fc.constantFrom(...REFUSED).chain(({ entry, only }) =>
  fc.record({
    write: only === undefined ? anyWriter : fc.constantFrom(...WRITERS[only]),
    before: harmless,
    hostile: entry,
    after: harmless,
  }),
);

test("an archive that has anything of what none may have is refused, wherever in it that stands; what is there by then is files and directories", {
  timeout: 1_800_000,
}, async () => {
  using it = story({ volume: {} }, memoryIfAny());
  const property = fc.asyncProperty(withHostile, async ({ write, before, hostile, after }) => {
    const rest = after.map((file) => ({ ...file, name: `after/${file.name}` }));
    writeFileSync(it.at("archive"), write([...before, ...hostile, ...rest]));
    mkdirSync(it.at("volume/into"));
    const failure = await unpack(it.at("archive"), it.at("volume/into"), SMALL, NEVER).catch((error: unknown) => error);
    const paths = walk(it.directory);
    const inside = paths.filter((path) => path.startsWith("volume/into/"));
    const odd = inside.filter((path) => !isPlain(it.at(path)));
    const bytes = inside.reduce((sum, path) => sum + sizeOf(it.at(path)), 0);
    rmSync(it.at("volume/into"), { recursive: true });
    expect(paths.filter((path) => !inside.includes(path)).sort()).toEqual(["archive", "volume", "volume/into"]);
    expect({ failure, odd }).toEqual({ failure: expect.any(PacksyncError), odd: [] });
    expect(bytes).toBeLessThanOrEqual(SMALL.unpackedBytes);
  });
  await fc.assert(property, { numRuns: RUNS });
});

function isPlain(path: string): boolean {
  const stat = lstatSync(path);
  return stat.isDirectory() || (stat.isFile() && stat.nlink === 1 && (stat.mode & 0o7022) === 0);
}

function sizeOf(path: string): number {
  const stat = lstatSync(path);
  return stat.isFile() ? stat.size : 0;
}

test("nothing of any archive is written outside of its directory, and whatever is refused is refused in words", {
  timeout: 1_800_000,
}, async () => {
  using it = story({ volume: {} }, memoryIfAny());
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

test("a harmless archive is unpacked byte for byte", { timeout: 1_800_000 }, async () => {
  using it = story({ volume: {} }, memoryIfAny());
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
