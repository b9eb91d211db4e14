import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { syncOnce } from "../../src/once.ts";
import { elfFile } from "../support/elf.ts";
import { outcomes, packOf, silent, testConfig, testMachine } from "../support/sync.ts";
import { readTree, writeTree } from "../support/trees.ts";

function packYaml(ref: string, version = "1.0.0"): string {
  return `ref: ${ref}\nlabel: ${ref}\nversion: ${version}\n`;
}

describe("one pack's trouble is its own affair: others go on", () => {
  test.for<{ title: string; before?: (volume: string) => void; trouble: (volume: string) => void }>([
    {
      title: "a file stands where its directory would be",
      trouble: (volume) => writeFileSync(`${volume}/aaa`, "theirs"),
    },
    { title: "a symlink to nowhere stands there", trouble: (volume) => symlinkSync("nowhere", `${volume}/aaa`) },
    {
      title: "a symlink to a directory stands there",
      trouble(volume) {
        writeTree(volume, { "../else/x": "x" });
        symlinkSync("../else", `${volume}/aaa`);
      },
    },
  ])("$title", async ({ trouble }) => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "bbb/pack.yaml": packYaml("bbb") });
    mkdirSync(machine.volume);
    trouble(machine.volume);
    const report = await machine.sync();
    expect(packOf(report, "bbb").outcome).toBe("published");
    expect(["failed", "published"]).toContain(packOf(report, "aaa").outcome);
    expect(readTree(`${machine.volume}/bbb`)).toEqual({ "pack.yaml": packYaml("bbb") });
    if (existsSync(`${machine.volume}/../else`)) expect(readTree(`${machine.volume}/../else`)).toEqual({ x: "x" });
  });

  test("a symlink to a directory elsewhere stands there: nothing is taken from where it leads, and nothing put there", async () => {
    using machine = testMachine();
    const elsewhere = `${machine.volume}.elsewhere`;
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa") });
    writeTree(elsewhere, { "pack.yaml": "theirs", theirs: "theirs" });
    mkdirSync(machine.volume);
    symlinkSync(elsewhere, `${machine.volume}/aaa`);
    for (const version of ["1.0.1", "1.0.2", "1.0.3"]) {
      await machine.sync();
      writeTree(elsewhere, { [`late-${version}`]: "theirs" });
      writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa", version) });
    }
    const late = { "late-1.0.1": "theirs", "late-1.0.2": "theirs", "late-1.0.3": "theirs" };
    expect(readTree(elsewhere)).toEqual({ "pack.yaml": "theirs", theirs: "theirs", ...late });
    expect(lstatSync(`${elsewhere}/theirs`).nlink).toBe(1);
  });

  test("somebody put a file where a live pack had directories", async () => {
    using machine = testMachine();
    writeTree(machine.packs, {
      "aaa/pack.yaml": packYaml("aaa"),
      "aaa/lib/deep/x": "x",
      "bbb/pack.yaml": packYaml("bbb"),
    });
    await machine.sync();
    await settle();
    await machine.sync();
    rmSync(`${machine.volume}/aaa/lib`, { recursive: true });
    writeFileSync(`${machine.volume}/aaa/lib`, "theirs");
    writeTree(machine.packs, { "bbb/new": "new" });
    const report = await machine.sync();
    expect(outcomes(report)).toEqual(["aaa: published", "bbb: published"]);
    expect(readTree(`${machine.volume}/aaa`)).toEqual({ "lib/deep/x": "x", "pack.yaml": packYaml("aaa") });
  });
});

test("a live pack that nobody can look at fails alone, also when there is nothing to do", async () => {
  using machine = testMachine();
  writeTree(machine.packs, {
    "aaa/pack.yaml": packYaml("aaa"),
    "aaa/lib/x": "x",
    "bbb/pack.yaml": packYaml("bbb"),
  });
  await machine.sync();
  await settle();
  await machine.sync();
  rmSync(`${machine.volume}/aaa`, { recursive: true });
  symlinkSync("aaa", `${machine.volume}/aaa`);
  expect(outcomes(await machine.sync())).toEqual(["aaa: failed", "bbb: unchanged"]);
});

/** Stamps are trusted only when they are some milliseconds old. */
async function settle(): Promise<void> {
  await new Promise((done) => setTimeout(done, 40));
}

describe("foreign content survives", () => {
  test("an empty directory of others, through a sync that has nothing to do with it", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa") });
    writeTree(`${machine.volume}/aaa`, { "pack.yaml": "cp -rf", "data/cache": "directory/" });
    for (const version of ["1.0.0", "1.0.1", "1.0.2"]) {
      writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa", version) });
      await machine.sync();
      expect(readTree(`${machine.volume}/aaa`)).toEqual({
        "data/cache": "directory/",
        "pack.yaml": packYaml("aaa", version),
      });
    }
  });

  test("a binary where the source has an empty directory", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa") });
    await machine.sync();
    writeFileSync(`${machine.volume}/aaa/tool`, elfFile());
    writeTree(machine.packs, { "aaa/tool": "directory/" });
    await machine.sync();
    expect(lstatSync(`${machine.volume}/aaa/tool`).isFile()).toBe(true);
  });
});

test("a static binary of ours is not taken for the source's, however often its pack is looked at", async () => {
  using machine = testMachine();
  writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "aaa/tool": elfFile() });
  await machine.sync();
  writeTree(machine.packs, { "aaa/tool": elfFile({ interpreter: true }) });
  for (const version of ["1.0.1", "1.0.2", "1.0.3"]) {
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa", version) });
    await settle();
    expect(packOf(await machine.sync(), "aaa").changes).toMatchObject({ replaced: 1, preserved: 1 });
    expect(readFileSync(`${machine.volume}/aaa/tool`).equals(elfFile())).toBe(true);
  }
});

test("a symlink that leads to another file of its pack now is published as that one", async () => {
  using machine = testMachine();
  writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "aaa/v1": "one", "aaa/v2": "two" });
  symlinkSync("v1", `${machine.packs}/aaa/current`);
  await machine.sync();
  await settle();
  rmSync(`${machine.packs}/aaa/current`);
  symlinkSync("v2", `${machine.packs}/aaa/current`);
  expect(outcomes(await machine.sync())).toEqual(["aaa: published"]);
  expect(readTree(`${machine.volume}/aaa`)).toMatchObject({ current: "two" });
});

describe("nothing is retired", () => {
  test.for(["packs", "dev"] as const)(
    "while a pack of %s lacks its pack.yaml and the database was lost",
    async (of) => {
      using machine = testMachine();
      writeTree(machine[of], { "dir/pack.yaml": packYaml("aaa"), "dir/triggers/a.yaml": "name: a\n" });
      await machine.sync();
      for (const name of ["state.db", "state.db-wal", "state.db-shm"])
        rmSync(`${machine.volume}/.packsync/${name}`, { force: true });
      renameSync(`${machine[of]}/dir/pack.yaml`, `${machine[of]}/dir/pack.yml`);
      expect(outcomes(await machine.sync())).toEqual(["aaa: rejected"]);
      expect(existsSync(`${machine.volume}/aaa/pack.yaml`)).toBe(true);
    },
  );

  test("while its directory is a symlink", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa") });
    await machine.sync();
    renameSync(`${machine.packs}/aaa`, `${machine.packs}/../elsewhere`);
    symlinkSync("../elsewhere", `${machine.packs}/aaa`);
    const report = await machine.sync();
    expect(packOf(report, "aaa")).toMatchObject({ outcome: "rejected" });
    expect(packOf(report, "aaa").diagnostics.map(({ code }) => code)).toEqual(["source.escaping_symlink"]);
  });

  test("of a renamed pack by its old name alone", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "dir/pack.yaml": packYaml("aaa") });
    await machine.sync();
    writeTree(machine.packs, { "dir/pack.yaml": packYaml("bbb") });
    await machine.sync({ only: ["aaa"] });
    expect(existsSync(`${machine.volume}/aaa/pack.yaml`)).toBe(true);
    expect(outcomes(await machine.sync())).toEqual(["aaa: retired", "bbb: published"]);
  });

  test("while two directories quarrel about the ref of a live pack", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "bbb/pack.yaml": packYaml("bbb") });
    await machine.sync();
    renameSync(`${machine.packs}/aaa`, `${machine.packs}/one`);
    cpSync(`${machine.packs}/one`, `${machine.packs}/two`, { recursive: true });
    const report = await machine.sync();
    expect(outcomes(report)).toEqual(["aaa: rejected", "aaa: rejected", "bbb: unchanged"]);
    expect(readTree(`${machine.volume}/aaa`)).toEqual({ "pack.yaml": packYaml("aaa") });
  });

  test("nor inherited by a source below, while two directories of the one above quarrel about it", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa") });
    writeTree(machine.dev, { "aaa/pack.yaml": packYaml("aaa", "2.0.0") });
    await machine.sync();
    renameSync(`${machine.dev}/aaa`, `${machine.dev}/one`);
    cpSync(`${machine.dev}/one`, `${machine.dev}/two`, { recursive: true });
    const report = await machine.sync();
    expect(outcomes(report)).toEqual(["aaa: rejected", "aaa: rejected"]);
    expect(readTree(`${machine.volume}/aaa`)).toEqual({ "pack.yaml": packYaml("aaa", "2.0.0") });
    rmSync(`${machine.dev}/two`, { recursive: true });
    expect(outcomes(await machine.sync())).toEqual(["aaa: unchanged"]);
  });

  test("while its directory says that it is a pack which another directory is", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "bbb/pack.yaml": packYaml("bbb") });
    await machine.sync();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("bbb") });
    expect(outcomes(await machine.sync())).toEqual(["bbb: unchanged", "bbb: rejected"]);
    expect(readTree(`${machine.volume}/aaa`)).toEqual({ "pack.yaml": packYaml("aaa") });
  });
});

describe("a pack that was retired", () => {
  test("is nobody's directory: two that are copies of it are both refused", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "bbb/pack.yaml": packYaml("bbb") });
    await machine.sync();
    renameSync(`${machine.packs}/aaa`, `${machine.packs}.aside`);
    expect(outcomes(await machine.sync())).toEqual(["aaa: retired", "bbb: unchanged"]);
    cpSync(`${machine.packs}.aside`, `${machine.packs}/aaa`, { recursive: true });
    cpSync(`${machine.packs}.aside`, `${machine.packs}/copy`, { recursive: true });
    expect(outcomes(await machine.sync())).toEqual(["aaa: rejected", "aaa: rejected", "bbb: unchanged"]);
  });

  test("and then put into the volume by others is theirs: `adopt: never` refuses it, `merge` adopts it", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "bbb/pack.yaml": packYaml("bbb") });
    await machine.sync();
    renameSync(`${machine.packs}/aaa`, `${machine.packs}.aside`);
    await machine.sync();
    const theirs = { "pack.yaml": packYaml("aaa", "0.9.0"), theirs: "theirs" };
    writeTree(`${machine.volume}/aaa`, theirs);
    renameSync(`${machine.packs}.aside`, `${machine.packs}/aaa`);
    const refused = packOf(await machine.sync({ adopt: "never" }), "aaa");
    expect(refused).toMatchObject({ outcome: "rejected", diagnostics: [{ code: "volume.adoption_refused" }] });
    expect(readTree(`${machine.volume}/aaa`)).toEqual(theirs);
    const adopted = packOf(await machine.sync(), "aaa");
    expect(adopted).toMatchObject({ outcome: "published", changes: { replaced: 1, carried: 1 } });
    expect(adopted.diagnostics).toContainEqual(expect.objectContaining({ code: "volume.leftover", file: "theirs" }));
    expect(readTree(`${machine.volume}/aaa`)).toEqual({ "pack.yaml": packYaml("aaa"), theirs: "theirs" });
  });
});

test("a run that is stopped before anything goes live leaves everything as it was", async () => {
  using machine = testMachine();
  for (const ref of ["aaa", "bbb", "ccc"]) writeTree(machine.packs, { [`${ref}/pack.yaml`]: packYaml(ref) });
  const stop = new AbortController();
  const options = {
    config: testConfig(dirname(machine.packs)),
    log: silent,
    doing: "test",
    onProgress: () => stop.abort(),
  };
  await expect(syncOnce(options, stop.signal)).rejects.toThrow("aborted");
  expect(readdirSync(machine.volume)).toEqual([".packsync"]);
  expect(readdirSync(`${machine.volume}/.packsync/staging`)).toEqual([]);
});

test("a source that is a pack itself is refused: all it had would count as gone", async () => {
  using machine = testMachine();
  writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa") });
  await machine.sync();
  writeTree(machine.packs, { "pack.yaml": packYaml("bbb") });
  await expect(machine.sync()).rejects.toMatchObject({ code: "SOURCE_UNUSABLE" });
  expect(existsSync(`${machine.volume}/aaa/pack.yaml`)).toBe(true);
});

test("a source of dot-files alone is an emptied one", async () => {
  using machine = testMachine();
  writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa") });
  await machine.sync();
  rmSync(`${machine.packs}/aaa`, { recursive: true });
  writeTree(machine.packs, { ".gitkeep": "" });
  expect(outcomes(await machine.sync())).toEqual(["aaa: held"]);
});

describe("only some packs", () => {
  test("are refused by name before anything is published, if nobody has them", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa") });
    const error = { code: "USAGE", message: expect.stringContaining("`aab` or `nobody`") };
    await expect(machine.sync({ only: ["aaa", "aab", "nobody"] })).rejects.toMatchObject(error);
    await expect(machine.plan({ only: ["aab", "nobody"] })).rejects.toMatchObject(error);
    expect(existsSync(`${machine.volume}/aaa`)).toBe(false);
  });

  test("may be live only, or broken so that nobody knows their ref", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "bad/pack.yaml": "ref: [" });
    await machine.sync({ only: ["aaa"] });
    rmSync(`${machine.packs}/aaa`, { recursive: true });
    expect(outcomes(await machine.sync({ only: ["aaa", "bad"] }))).toEqual(["aaa: retired", "bad: rejected"]);
  });

  test("may be those of a source that is not there: that is said instead", async () => {
    using machine = testMachine();
    expect((await machine.sync({ only: ["aaa"] })).sources[0]).toMatchObject({ state: "absent" });
  });
});

describe("invalid never lands", () => {
  test("not by a second look: a definition that is too large", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "aaa/actions/big.yaml": `# ${"x".repeat(2000)}\n` });
    expect(packOf(await machine.sync(), "aaa").outcome).toBe("rejected");
    writeTree(machine.packs, { "aaa/README.md": "other" });
    expect(packOf(await machine.sync(), "aaa").outcome).toBe("rejected");
    expect(existsSync(`${machine.volume}/aaa`)).toBe(false);
  });
});

describe("a sync that has nothing to do", () => {
  test("says so, and is planned so", async () => {
    using machine = testMachine();
    writeTree(machine.packs, {
      "aaa/pack.yaml": packYaml("aaa"),
      "aaa/run.sh": { script: "#!/bin/sh" },
      "aaa/empty": "directory/",
    });
    writeTree(machine.dev, { "bbb/triggers/a.yaml": "name: a\n" });
    expect(outcomes(await machine.plan())).toEqual(["aaa: published", "bbb: published"]);
    expect(outcomes(await machine.sync())).toEqual(["aaa: published", "bbb: published"]);
    await settle();
    for (let times = 0; times < 3; times++)
      expect(outcomes(await machine.sync())).toEqual(["aaa: unchanged", "bbb: unchanged"]);
    expect(outcomes(await machine.plan())).toEqual(["aaa: unchanged", "bbb: unchanged"]);
    expect((await machine.status())?.packs.map(({ ref, state }) => `${ref} ${state}`)).toEqual([
      "aaa live",
      "bbb live",
    ]);
  });

  test("also with files that have names of JavaScript's own", async () => {
    using machine = testMachine();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "aaa/__proto__": "x", "aaa/constructor": "y" });
    await machine.sync();
    writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa", "1.0.0") });
    expect(outcomes(await machine.sync())).toEqual(["aaa: unchanged"]);
    rmSync(`${machine.packs}/aaa/__proto__`);
    await machine.sync();
    expect(Object.keys(readTree(`${machine.volume}/aaa`))).toEqual(["constructor", "pack.yaml"]);
  });
});

test("a file of others stays where ours was, once the source and they had removed that", async () => {
  using machine = testMachine();
  writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "aaa/cache": "ours" });
  await machine.sync();
  rmSync(`${machine.packs}/aaa/cache`);
  rmSync(`${machine.volume}/aaa/cache`);
  await machine.sync();
  writeTree(machine.volume, { "aaa/cache": "theirs" });
  expect(packOf(await machine.sync(), "aaa").outcome).toBe("unchanged");
  expect(readTree(`${machine.volume}/aaa`)).toEqual({ "pack.yaml": packYaml("aaa"), cache: "theirs" });
});

test("a binary of others stands where the source has a directory: it stays, and the rest is published", async () => {
  using machine = testMachine();
  writeTree(machine.packs, { "aaa/pack.yaml": packYaml("aaa"), "aaa/bin/tool": "text" });
  writeTree(machine.volume, { "aaa/bin": elfFile() });
  const { outcome, diagnostics } = packOf(await machine.sync(), "aaa");
  expect({ outcome, codes: diagnostics.map(({ code }) => code) }).toEqual({
    outcome: "published",
    codes: ["volume.preserved"],
  });
  expect(readFileSync(`${machine.volume}/aaa/bin`).equals(elfFile())).toBe(true);
  expect(existsSync(`${machine.volume}/aaa/pack.yaml`)).toBe(true);
});

describe("what went live says how long each stage of it took", () => {
  test.for([1, 40])("and nothing else does, with %i packs at once", async (count) => {
    using machine = testMachine();
    const refs = Array.from({ length: count }, (_, index) => `pack_${index}`);
    for (const ref of refs) writeTree(machine.packs, { [`${ref}/pack.yaml`]: packYaml(ref) });
    writeTree(machine.packs, { "bad/pack.yaml": "ref: [" });
    const { packs } = await machine.sync();
    for (const { ref, outcome, timings = {} } of packs) {
      const stages = Object.keys(timings).sort();
      expect([ref, stages]).toEqual([ref, outcome === "published" ? ["publish", "scan", "stage", "validate"] : []]);
      for (const ms of Object.values(timings)) expect(ms).toBeGreaterThan(0);
    }
    expect(packs.filter(({ outcome }) => outcome === "published")).toHaveLength(count);
    const again = await machine.sync();
    expect(again.packs.filter(({ timings }) => timings !== undefined)).toEqual([]);
  });
});
