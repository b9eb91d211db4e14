import { readdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rebuildLedger } from "../../src/publish/recover.ts";
import { readTree, writeTree } from "../support/trees.ts";
import { PACK, publish, retire, stage, type TestVolume, testVolume } from "../support/volume.ts";

/** The database is lost. */
function forget({ database }: TestVolume): void {
  database.exec("DELETE FROM pack; DELETE FROM release; DELETE FROM intent;");
}

test("fills an empty index from the manifests beside it", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1" });
  publish(volume, { "pack.yaml": "2" });
  const { ledger } = volume.deps;
  const before = ledger.packs().get(PACK);
  const releases = ledger.releases(PACK).map(({ release }) => release);
  forget(volume);

  expect(rebuildLedger(volume.deps)).toEqual([PACK]);
  expect(ledger.packs().get(PACK)).toMatchObject({
    number: 2,
    release: before?.release,
    version: "1.0.0",
    source: "packs",
    directory: PACK,
  });
  expect(ledger.releases(PACK).map(({ release }) => release)).toEqual(releases);
  expect(ledger.releases(PACK).map(({ displacedAt }) => displacedAt === undefined)).toEqual([false, true]);
  publish(volume, { "pack.yaml": "3" });
  expect(readTree(volume.live)).toEqual({ "pack.yaml": "3" });
  expect(ledger.packs().get(PACK)?.number).toBe(3);
});

test("remembers what is whose: foreign files stay, ours go", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1", gone: "ours" });
  writeTree(volume.live, { theirs: "theirs" });
  publish(volume, { "pack.yaml": "2", gone: "ours" });
  forget(volume);
  rebuildLedger(volume.deps);
  publish(volume, { "pack.yaml": "2" });
  expect(readTree(volume.live)).toEqual({ "pack.yaml": "2", theirs: "theirs" });
});

test("does not take for published what was staged when the run died", () => {
  using volume = testVolume();
  writeTree(volume.live, { "pack.yaml": "theirs" });
  stage(volume, { "pack.yaml": "1" });
  rebuildLedger(volume.deps);
  expect(volume.deps.ledger.packs().get(PACK)).toBeUndefined();
});

test("remembers that a pack was retired", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1" });
  retire(volume);
  forget(volume);
  rebuildLedger(volume.deps);
  expect(volume.deps.ledger.packs().get(PACK)).toMatchObject({ number: 2, release: undefined });
});

test("ignores directories that are no pack's, and manifests that are none", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1" });
  const { releases } = volume.layout;
  writeTree(releases, { "..hostile/1-00000000.json": "{}", "empty_pack/notes.txt": "" });
  writeFileSync(`${releases}/${PACK}/9-00000000.json`, "{ half a manif");
  forget(volume);
  rebuildLedger(volume.deps);
  expect([...volume.deps.ledger.packs().keys()]).toEqual([PACK]);
  expect(volume.deps.ledger.packs().get(PACK)?.number).toBe(1);
  expect(readdirSync(releases).length).toBe(3);
});
