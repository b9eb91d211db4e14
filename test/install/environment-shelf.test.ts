import { mkdirSync, readdirSync, readlinkSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openShelf, type Place, useEnvironment } from "../../src/install/environments/shelf.ts";
import { scratch, writeTree } from "../support/trees.ts";
import { lookingAt } from "./building.ts";

const FACTS = { packageCount: 1, runtimeVersion: "Python 3.11.4" };
const never = new AbortController().signal;

function place(envs: string): Place {
  return { envs, ref: "demo", runtime: "python" };
}

/** One that looks whole. */
async function environment(envs: string, digest: string): Promise<string> {
  using shelf = await openShelf(place(envs), undefined, never);
  const made = await shelf.begin(digest.repeat(16));
  writeTree(made, { "bin/python": "" });
  shelf.complete(made, FACTS);
  return made;
}

const namesIn = (envs: string) => readdirSync(join(envs, "demo")).filter((name) => !name.endsWith(".lock"));

test("however often the link is switched, whoever looks finds an environment", async () => {
  using at = scratch();
  const [a, b] = [await environment(at.path, "a"), await environment(at.path, "b")];
  await useEnvironment(place(at.path), a);
  const seen = await lookingAt(join(at.path, "demo/python/bin/python"));
  for (let time = 0; time < 500; time += 1) await useEnvironment(place(at.path), time % 2 === 0 ? b : a);
  const { looks, bad } = await seen();
  expect(looks).toBeGreaterThan(0);
  expect(bad).toEqual([]);
  expect(namesIn(at.path)).toEqual(["python", `python.${"a".repeat(16)}`, `python.${"b".repeat(16)}`]);
});

test("what was used before is kept, older ones are removed, and what waits for its turn stays for a day", async () => {
  using at = scratch();
  const made = [
    await environment(at.path, "a"),
    await environment(at.path, "b"),
    await environment(at.path, "c"),
  ] as const;
  const waiting = await environment(at.path, "d");
  for (const each of made) await useEnvironment(place(at.path), each);
  expect(readlinkSync(join(at.path, "demo/python"))).toBe(`python.${"c".repeat(16)}`);
  expect(namesIn(at.path)).toEqual(["python", ...["b", "c", "d"].map((digest) => `python.${digest.repeat(16)}`)]);

  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  utimesSync(join(waiting, ".packsync/waiting"), twoDaysAgo, twoDaysAgo);
  await useEnvironment(place(at.path), made[1]);
  expect(namesIn(at.path)).toEqual(["python", ...["b", "c"].map((digest) => `python.${digest.repeat(16)}`)]);
});

test("a directory that somebody else made is never absent while it is moved aside, and never removed", async () => {
  using at = scratch();
  writeTree(join(at.path, "demo/python"), { "bin/python": "theirs" });
  const seen = await lookingAt(join(at.path, "demo/python/bin/python"));
  await useEnvironment(place(at.path), await environment(at.path, "a"));
  await useEnvironment(place(at.path), await environment(at.path, "b"));
  expect((await seen()).bad).toEqual([]);
  expect(namesIn(at.path)).toContain("python.before-packsync");
  expect(readdirSync(join(at.path, "demo/python.before-packsync/bin"))).toEqual(["python"]);
});

test.for<[string, (path: string) => void]>([
  ["a link of somebody else's", (path) => symlinkSync("/elsewhere", path)],
  ["a file", (path) => writeFileSync(path, "a file")],
])("%s in the link's place is kept beside it, also a second time", async ([, put]) => {
  using at = scratch();
  mkdirSync(join(at.path, "demo"));
  put(join(at.path, "demo/python"));
  put(join(at.path, "demo/python.before-packsync"));
  await useEnvironment(place(at.path), await environment(at.path, "a"));
  expect(namesIn(at.path)).toEqual([
    ...["python", `python.${"a".repeat(16)}`, "python.before-packsync", "python.before-packsync-2"],
  ]);
});

test("what died half-way is removed by the next one that is built, and what is not whole is not found", async () => {
  using at = scratch();
  {
    using shelf = await openShelf(place(at.path), undefined, never);
    const half = await shelf.begin("a".repeat(16));
    writeTree(half, { "bin/python": "" });
    expect(shelf.find("a".repeat(16))).toBeUndefined();
  }
  symlinkSync(`python.${"a".repeat(16)}`, join(at.path, "demo/python.before-packsync")); // about to be exchanged
  const made = await environment(at.path, "b");
  expect(namesIn(at.path)).toEqual([`python.${"b".repeat(16)}`, "python.before-packsync"]);
  await useEnvironment(place(at.path), made);
  expect(namesIn(at.path)).toEqual(["python", `python.${"b".repeat(16)}`]);
  using shelf = await openShelf(place(at.path), undefined, never);
  expect(shelf.find("b".repeat(16))).toBe(made);
});

test("one whose interpreter is gone is not used again", async () => {
  using at = scratch();
  using shelf = await openShelf(place(at.path), undefined, never);
  const made = await shelf.begin("a".repeat(16));
  writeTree(made, { "bin/python": { link: "/nonexistent/python3" } });
  shelf.complete(made, FACTS);
  expect(shelf.find("a".repeat(16))).toBeUndefined();
  expect(() => useEnvironment(place(at.path), made)).toThrow(/to be whole/);
});

test("nothing leads a pack's environments elsewhere", async () => {
  using at = scratch();
  writeTree(at.path, { "other/x": "", "envs/demo": { link: "../other" } });
  await expect(openShelf(place(join(at.path, "envs")), undefined, never)).rejects.toThrow(/to be a directory/);
  expect(readdirSync(join(at.path, "other"))).toEqual(["x"]);
});

test("what a program put in the place of packsync's own directory is not followed", async () => {
  using at = scratch();
  using shelf = await openShelf(place(at.path), undefined, never);
  const made = await shelf.begin("a".repeat(16));
  renameSync(join(made, ".packsync"), join(made, "was"));
  symlinkSync(at.path, join(made, ".packsync"));
  expect(() => shelf.complete(made, FACTS)).toThrow(/ENOTDIR|ELOOP/);
  expect(readdirSync(at.path)).toEqual(["demo"]);
});
