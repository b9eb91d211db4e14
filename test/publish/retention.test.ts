import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createPublisher } from "../../src/publish/publisher.ts";
import { prunable, type RetentionPolicy } from "../../src/publish/retention.ts";
import { readTree, writeTree } from "../support/trees.ts";
import { historyOf, PACK, publish, type TestVolume, testVolume } from "../support/volume.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const KEEP_TWO: RetentionPolicy = { keep: 2, minAgeSeconds: 600, maxBytes: 1000 };

/** Each release is `<number>: <bytes> bytes, <age in seconds>`. */
test.for<{
  title: string;
  history: readonly (readonly [number: number, bytes: number, ageSeconds: number | undefined])[];
  policy?: Partial<RetentionPolicy>;
  pruned: readonly number[];
}>([
  {
    title: "nothing while there are few",
    history: [
      [1, 10, 9000],
      [2, 10, 9000],
    ],
    pruned: [],
  },
  {
    title: "the oldest beyond the number, oldest first",
    history: [
      [1, 10, 9000],
      [2, 10, 9000],
      [3, 10, 9000],
      [4, 10, 9000],
    ],
    pruned: [1, 2],
  },
  {
    title: "in whatever order they are listed",
    history: [
      [4, 10, 9000],
      [1, 10, 9000],
      [3, 10, 9000],
      [2, 10, 9000],
    ],
    pruned: [1, 2],
  },
  {
    title: "none that is younger than the least age",
    history: [
      [1, 10, 600],
      [2, 10, 599],
      [3, 10, 0],
      [4, 10, 0],
    ],
    pruned: [1],
  },
  {
    title: "those that are too old, whatever their number",
    history: [
      [1, 10, 5001],
      [2, 10, 5000],
    ],
    policy: { maxAgeSeconds: 5000 },
    pruned: [1],
  },
  {
    title: "not for its age what is younger than the least age",
    history: [[1, 10, 599]],
    policy: { maxAgeSeconds: 5 },
    pruned: [],
  },
  {
    title: "what is beyond the bytes, but not what fits",
    history: [
      [1, 400, 9000],
      [2, 600, 9000],
    ],
    pruned: [],
  },
  {
    title: "the oldest beyond the bytes",
    history: [
      [1, 401, 9000],
      [2, 600, 9000],
    ],
    pruned: [1],
  },
  {
    title: "also the newest, when it alone is too large",
    history: [
      [1, 10, 9000],
      [2, 1001, 9000],
    ],
    pruned: [1, 2],
  },
  {
    title: "never release 0, which does not count either",
    history: [
      [0, 9999, 9000],
      [1, 500, 9000],
      [2, 500, 9000],
    ],
    pruned: [],
  },
  {
    title: "everything, when none is kept",
    history: [
      [0, 1, 9000],
      [1, 1, 9000],
    ],
    policy: { keep: 0 },
    pruned: [1],
  },
  { title: "none whose age is not known", history: [[1, 1, undefined]], policy: { keep: 0 }, pruned: [] },
])("prunes $title", ({ history, policy, pruned }) => {
  const releases = history.map(([number, bytes, age]) => ({
    ref: PACK,
    number,
    release: `${number}-00000000`,
    version: "1.0.0",
    origin: "sync",
    publishedAt: "2026-01-01T00:00:00Z",
    displacedAt: age === undefined ? undefined : new Date(NOW.getTime() - age * 1000).toISOString(),
    bytes,
  }));
  expect(prunable(releases, { ...KEEP_TWO, ...policy }, NOW).map(({ number }) => number)).toEqual(pruned);
});

const KEEP_ONE: RetentionPolicy = { keep: 1, minAgeSeconds: 600, maxBytes: 1e9 };

function prune(volume: TestVolume, policy = KEEP_ONE): number {
  return volume.publisher.prune([PACK], policy);
}

describe("pruning", () => {
  test("takes old releases out of history, tree and manifest and record, and nothing else", () => {
    using volume = testVolume();
    for (const text of ["1", "2", "3", "4"]) publish(volume, { "pack.yaml": text });
    expect(prune(volume)).toBe(0);
    volume.wait(601);
    expect(prune(volume)).toBe(2);
    expect(historyOf(volume)).toEqual(["3-<hash>.json", "3-<hash>/", "4-<hash>.json"]);
    expect(volume.deps.ledger.releases(PACK).map(({ number }) => number)).toEqual([3, 4]);
    expect(readTree(volume.live)).toEqual({ "pack.yaml": "4" });
    expect(readdirSync(volume.layout.staging)).toEqual([]);
    expect(prune(volume)).toBe(0);
  });

  test("keeps release 0, and the manifest that says what was carried out of it", () => {
    using volume = testVolume();
    writeTree(volume.live, { "pack.yaml": "theirs", theirs: "theirs" });
    for (const text of ["1", "2", "3"]) publish(volume, { "pack.yaml": text });
    volume.wait(601);
    prune(volume);
    expect(historyOf(volume)).toEqual([
      "0-<hash>.json",
      "0-<hash>/",
      "1-<hash>.json",
      "2-<hash>.json",
      "2-<hash>/",
      "3-<hash>.json",
    ]);
    const adopted = readdirSync(`${volume.layout.releases}/${PACK}`).find((name) => /^0-\w+$/.test(name));
    expect(readTree(`${volume.layout.releases}/${PACK}/${adopted}`)).toEqual({
      "pack.yaml": "theirs",
      theirs: "theirs",
    });
  });

  test("never takes release 0 for the tree that the newest release displaced", () => {
    using volume = testVolume();
    writeTree(volume.live, { "pack.yaml": "theirs", "data/conf": "v1" });
    publish(volume, { "pack.yaml": "1" });
    writeTree(volume.live, { ".venv/bin/x": "precious" });
    publish(volume, { "pack.yaml": "2" });
    writeFileSync(`${volume.live}/data/conf.new`, "v2");
    renameSync(`${volume.live}/data/conf.new`, `${volume.live}/data/conf`);
    for (const number of [3, 4, 5]) {
      publish(volume, { "pack.yaml": `${number}` });
      volume.wait(5);
      volume.publisher.prune([PACK], { keep: 0, minAgeSeconds: 0, maxBytes: 0 });
      expect(readTree(volume.live)).toEqual({ "pack.yaml": `${number}`, "data/conf": "v2", ".venv/bin/x": "precious" });
    }
    expect(historyOf(volume)).toEqual(["0-<hash>.json", "0-<hash>/", "1-<hash>.json", "5-<hash>.json"]);
  });

  test("keeps foreign files that were replaced, of whatever type", () => {
    using volume = testVolume();
    publish(volume, { "pack.yaml": "1" });
    writeTree(volume.live, { "a/b": "theirs", c: "theirs", link: { link: "/usr/bin/python3.99" } });
    publish(volume, { "pack.yaml": "2", a: "ours", "c/d": "ours", link: "ours" });
    for (const text of ["3", "4"]) publish(volume, { "pack.yaml": text });
    volume.wait(601);
    expect(prune(volume)).toBe(2);
    const kept = readdirSync(`${volume.layout.releases}/${PACK}`).find((name) => name.endsWith(".displaced"));
    expect(readTree(`${volume.layout.releases}/${PACK}/${kept}`)).toEqual({
      "a/b": "theirs",
      c: "theirs",
      link: "→ /usr/bin/python3.99",
    });
  });

  test("brings over what somebody whose working directory stands there wrote last", () => {
    using volume = testVolume();
    publish(volume, { "pack.yaml": "1" });
    const old = `${volume.layout.releases}/${PACK}/${volume.publisher.previous(PACK)?.release}`;
    for (const text of ["2", "3", "4"]) publish(volume, { "pack.yaml": text });
    writeTree(old, { "late/file": "late", "pack.yaml": "edited" });
    volume.wait(601);
    prune(volume);
    expect(existsSync(old)).toBe(false);
    expect(readTree(volume.live)).toEqual({ "pack.yaml": "4", "late/file": "late" });
    expect(readTree(`${old}.displaced`)).toEqual({ "pack.yaml": "edited" });
  });

  test("does not take what was carried out of a tree for removed when the tree goes", () => {
    using volume = testVolume();
    publish(volume, { "pack.yaml": "1" });
    writeTree(volume.live, { theirs: "theirs" });
    for (const text of ["2", "3", "4"]) publish(volume, { "pack.yaml": text });
    volume.wait(601);
    prune(volume);
    prune(volume, { ...KEEP_ONE, keep: 0 });
    publish(volume, { "pack.yaml": "5" });
    expect(readTree(volume.live)).toEqual({ "pack.yaml": "5", theirs: "theirs" });
  });

  test("is not misled by the manifest of a release that never went live", () => {
    using volume = testVolume();
    publish(volume, { "pack.yaml": "1" });
    const directory = `${volume.layout.releases}/${PACK}`;
    const [name = ""] = readdirSync(directory).filter((each) => each.endsWith(".json"));
    const never = {
      ...JSON.parse(readTree(directory)[name] ?? ""),
      number: 2,
      release: "2-00000000",
      displaced: {},
      carried: {},
    };
    writeTree(volume.live, { added: "theirs" });
    publish(volume, { "pack.yaml": "2", added: "ours" });
    writeFileSync(`${directory}/2-00000000.json`, JSON.stringify(never));
    for (const text of ["3", "4"]) publish(volume, { "pack.yaml": text, added: "ours" });
    volume.wait(601);
    prune(volume);
    const kept = readdirSync(directory).find((each) => each.endsWith(".displaced"));
    expect(kept && readTree(`${directory}/${kept}`)).toEqual({ added: "theirs" });
    expect(readTree(volume.live)).toEqual({ "pack.yaml": "4", added: "ours" });
  });

  test("counts only bytes that no other release shares", () => {
    using volume = testVolume();
    const large = "x".repeat(1000);
    for (const text of ["1", "2", "3"]) publish(volume, { "pack.yaml": text, large });
    volume.wait(601);
    expect(prune(volume, { keep: 5, minAgeSeconds: 600, maxBytes: 100 })).toBe(0);
    for (const text of ["4", "5"]) publish(volume, { "pack.yaml": text, large: large + text });
    volume.wait(601);
    expect(prune(volume, { keep: 5, minAgeSeconds: 600, maxBytes: 1500 })).toBe(0);
    expect(prune(volume, { keep: 5, minAgeSeconds: 600, maxBytes: 900 })).toBeGreaterThan(0);
  });
});

describe("when there is no room", () => {
  test("the oldest releases go, however young, until enough came free", () => {
    using volume = testVolume();
    for (const text of ["1", "2", "3", "4"])
      publish(volume, { "pack.yaml": text, large: `${text}${"x".repeat(100_000)}` });
    expect(volume.publisher.makeRoom(1)).toBe(true);
    expect(numbers(volume)).toEqual([2, 3, 4]);
    expect(volume.publisher.makeRoom(150_000)).toBe(true);
    expect(numbers(volume)).toEqual([4]);
    expect(volume.publisher.makeRoom(1)).toBe(false);
    expect(readTree(volume.live)).toMatchObject({ "pack.yaml": "4" });
  });

  test("release 0 stays, and so does what others had in the way", () => {
    using volume = testVolume();
    writeTree(volume.live, { "pack.yaml": "theirs" });
    publish(volume, { "pack.yaml": "1" });
    writeTree(volume.live, { added: "theirs" });
    for (const text of ["2", "3"]) publish(volume, { "pack.yaml": text, added: "ours" });
    while (volume.publisher.makeRoom(1e15));
    expect(numbers(volume)).toEqual([0, 3]);
    const [kept = ""] = volume.publisher.keptTrees(PACK);
    expect(readTree(kept)).toEqual({ added: "theirs" });
  });

  test("nothing goes while what is left to the services is free", () => {
    using volume = testVolume();
    for (const text of ["1", "2"]) publish(volume, { "pack.yaml": text });
    volume.publisher.keepFree();
    expect(numbers(volume)).toEqual([1, 2]);
    const greedy = createPublisher({ ...volume.deps, minFreeBytes: 1e15 });
    greedy.keepFree();
    expect(numbers(volume)).toEqual([2]);
  });
});

function numbers({ deps }: TestVolume): number[] {
  return deps.ledger.releases(PACK).map(({ number }) => number);
}
