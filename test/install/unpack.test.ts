import { execFileSync } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { LIMITS, type Limits } from "../../src/install/limits.ts";
import { unpack } from "../../src/install/unpack.ts";
import { story } from "../scenarios/support/story.ts";
import { treeOf } from "../scenarios/support/tree.ts";
import { type ArchiveEntry, tarGzOf, tarOf, zipOf } from "../support/archives.ts";
import { testWith } from "../support/requires.ts";

const NEVER = new AbortController().signal;
const WRITERS = { "tar.gz": tarGzOf, tar: tarOf, zip: zipOf } as const;

/** What is there afterwards, or why there is not. */
async function unpacked(archive: Buffer, limits: Partial<Limits> = {}) {
  using it = story({ volume: { into: {} } });
  writeFileSync(it.at("archive"), archive);
  const into = it.at("volume/into");
  const failure = await unpack(it.at("archive"), into, { ...LIMITS, ...limits }, NEVER).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(readdirSync(it.directory).sort(), "names beside it").toEqual(["archive", "volume"]);
  expect(readdirSync(it.at("volume")), "names beside the target").toEqual(["into"]);
  return { tree: treeOf(into), failure };
}

const REFUSED: readonly { readonly what: string; readonly entry: ArchiveEntry; readonly only?: "tar" }[] = [
  { what: "an absolute path", entry: { name: "/etc/packsync-was-here" } },
  { what: "a path upwards", entry: { name: "../outside" } },
  { what: "a path upwards in the middle", entry: { name: "a/../../outside" } },
  { what: "a path upwards that comes back", entry: { name: "a/../b" } },
  { what: "a Windows path", entry: { name: "..\\outside" } },
  { what: "a symbolic link", entry: { name: "link", type: "2", link: "/etc/passwd" } },
  { what: "a hard link", entry: { name: "link", type: "1", link: "pack.yaml" }, only: "tar" },
  { what: "a device", entry: { name: "null", type: "3" } },
  { what: "a FIFO", entry: { name: "fifo", type: "6" } },
  { what: "an unknown type", entry: { name: "x", type: "Z" }, only: "tar" },
  { what: "a name with a line break", entry: { name: "a\nb" } },
  { what: "a name that is too long", entry: { name: "n".repeat(256) } },
  { what: "a path that is too deep", entry: { name: "d/".repeat(65) } },
  { what: "a file twice", entry: { name: "pack.yaml" } },
  { what: "a file below a file", entry: { name: "pack.yaml/x" } },
];

describe("refuses an archive with", () => {
  const cases = REFUSED.flatMap((each) =>
    (["tar.gz", "zip"] as const)
      .filter((format) => each.only !== "tar" || format !== "zip")
      .map((format) => ({ ...each, format })),
  );
  test.for(cases)("$what in a $format", async ({ entry, format }) => {
    const archive = WRITERS[format]([{ name: "pack.yaml", content: "ref: demo\n" }, entry]);
    const { failure, tree } = await unpacked(archive);
    expect(failure).toMatchObject({ code: "DOWNLOAD_FAILED" });
    expect(Object.keys(tree).filter((path) => path !== "pack.yaml" && !/^a?$/.test(path))).toEqual([]);
  });
});

describe("gives up", () => {
  const zeros = Buffer.alloc(20 * 2 ** 20);
  test.for([
    { what: "a bomb in a tar.gz", archive: () => tarGzOf([{ name: "bomb", content: zeros }]), limits: { ratio: 10 } },
    { what: "a bomb in a zip", archive: () => zipOf([{ name: "bomb", content: zeros }]), limits: { ratio: 10 } },
    {
      what: "a bomb behind the end of a tar",
      archive: () => gzipSync(Buffer.concat([tarOf([{ name: "a" }]), zeros])),
      limits: { ratio: 10 },
    },
    {
      what: "a file that says it is small",
      archive: () => zipOf([{ name: "a", content: zeros, claims: 10 }]),
      limits: {},
    },
    {
      what: "more bytes than wanted",
      archive: () => tarOf([{ name: "a", content: "x".repeat(5000) }]),
      limits: { unpackedBytes: 4096 },
    },
    { what: "more entries than wanted", archive: () => zipOf([{ name: "a" }, { name: "b" }]), limits: { entries: 1 } },
    { what: "a tar in a tar", archive: () => gzipSync(tarGzOf([{ name: "a", content: "b" }])), limits: {} },
    {
      what: "half a tar.gz",
      archive: () => tarGzOf([{ name: "a", content: "b".repeat(999) }]).subarray(0, -20),
      limits: {},
    },
    {
      what: "half a tar",
      archive: () => tarOf([{ name: "a", content: "b".repeat(9999) }]).subarray(0, 4000),
      limits: {},
    },
    { what: "half a zip", archive: () => zipOf([{ name: "a", content: "b" }]).subarray(0, -10), limits: {} },
    { what: "a damaged zip", archive: () => damaged(zipOf([{ name: "a", content: "b".repeat(99) }])), limits: {} },
    { what: "a web page", archive: () => Buffer.from("<html>Not found</html>"), limits: {} },
    { what: "nothing", archive: () => Buffer.alloc(0), limits: {} },
  ])("$what", async ({ archive, limits }) => {
    expect((await unpacked(archive(), limits)).failure).toMatchObject({ code: "DOWNLOAD_FAILED" });
  });
});

/** Another checksum, in both places. */
function damaged(zip: Buffer): Buffer {
  const at = zip.indexOf("PK\x01\x02");
  zip.writeUInt32LE(1, at + 16);
  return zip;
}

testWith({ tools: ["tar", "zip"] }, "unpacks what tar and zip themselves write, execute bits too", async () => {
  using it = story({
    packs: { demo: { "pack.yaml": "ref: demo\n", actions: { "run.sh": "#!/bin/sh\n" }, empty: {} } },
  });
  execFileSync("chmod", ["+x", it.at("packs/demo/actions/run.sh")]);
  execFileSync("tar", ["czf", it.at("demo.tgz"), "-C", it.at("packs"), "./demo"]);
  execFileSync("zip", ["-qr", it.at("demo.zip"), "demo"], { cwd: it.at("packs") });
  for (const name of ["demo.tgz", "demo.zip"]) {
    const into = `volume/${name}`;
    it.write("volume", { [name]: {} });
    await unpack(it.at(name), it.at(into), LIMITS, NEVER);
    expect(it.tree(into), name).toEqual(it.tree("packs"));
    expect(statSync(it.at(`${into}/demo/actions/run.sh`)).mode & 0o777, name).toBe(0o755);
    expect(statSync(it.at(`${into}/demo/pack.yaml`)).mode & 0o777, name).toBe(0o644);
  }
});

test("ends when it is aborted", async () => {
  using it = story({ volume: {} });
  writeFileSync(it.at("archive"), tarGzOf([{ name: "a" }]));
  const abort = AbortSignal.abort(new Error("enough"));
  await expect(unpack(it.at("archive"), it.at("volume"), LIMITS, abort)).rejects.toThrow("enough");
});
