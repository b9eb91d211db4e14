import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch, writeTree } from "../support/trees.ts";
import { eventually, kernelWatches, sh, watching } from "../support/watching.ts";

const PACKS = {
  "core/pack.yaml": "ref: core\n",
  "core/actions/echo.sh": "echo\n",
  "other/pack.yaml": "ref: other\n",
};

function packs(): Disposable & { readonly path: string } {
  const made = scratch();
  writeTree(made.path, PACKS);
  return made;
}

test.for<{ title: string; script: string; expected: string }>([
  { title: "a file written in place", script: "echo x >> core/actions/echo.sh", expected: "core changed" },
  {
    title: "a file replaced by rename",
    script: "echo x > core/.new~; mv core/.new~ core/actions/echo.sh",
    expected: "core changed",
  },
  { title: "a file's mode", script: "chmod +x core/actions/echo.sh", expected: "core changed" },
  { title: "a new file", script: "touch core/actions/new.sh", expected: "core changed" },
  { title: "a removed file", script: "rm core/actions/echo.sh", expected: "core removed" },
  { title: "a removed directory", script: "rm -r core/actions", expected: "core removed" },
  { title: "a symlink in a pack", script: "ln -s actions core/link", expected: "core changed" },
  { title: "what a pack leaves out", script: "echo '*.o' > core/.packignore", expected: "core changed" },
  { title: "a new pack", script: "mkdir third", expected: "third changed" },
  { title: "a pack that vanishes", script: "rm -r core", expected: "core vanished" },
  { title: "a pack that becomes a file", script: "rm -r core; touch core", expected: "core changed" },
  { title: "a name that is no UTF-8", script: "mkdir \"core/$(printf 'a\\377')\"", expected: "core changed" },
])("announces $title", async ({ script, expected }) => {
  using made = packs();
  await using watched = await watching(made.path);
  sh(made.path, script);
  await watched.until(expected);
  expect(watched.doubts).toEqual([]);
});

test.for([
  { title: "what editors leave beside files", script: "touch core/.echo.sh.swp core/4913 core/actions/echo.sh~" },
  { title: "the source's own .git", script: "mkdir -p .git/objects; touch .git/index .git/objects/x" },
  { title: "a pack's .git", script: "mkdir -p core/.git/objects; touch core/.git/objects/x" },
  { title: "files in the source that belong to no pack", script: "touch README.md; echo x >> README.md; rm README.md" },
  { title: "reading", script: "cat core/pack.yaml; ls -R ." },
])("says nothing of $title", async ({ script }) => {
  using made = packs();
  await using watched = await watching(made.path);
  sh(made.path, script);
  sh(made.path, "touch other/marker"); // the kernel keeps the order
  await watched.until("other changed");
  expect(watched.hints.filter((hint) => !hint.startsWith("other "))).toEqual([]);
  expect(watched.watcher.usage().watches).toBe(4);
});

test("watches directories only, follows no symlinks, and knows how many watches it has", async () => {
  using made = packs();
  using elsewhere = packs();
  symlinkSync(elsewhere.path, join(made.path, "core/outside"));
  symlinkSync(elsewhere.path, join(made.path, "linked"));
  symlinkSync("..", join(made.path, "core/loop"));
  const before = kernelWatches();
  await using watched = await watching(made.path);
  expect(watched.watcher.usage()).toEqual({ watches: 4, allowed: expect.toSatisfy((allowed) => allowed > 4) });
  expect(kernelWatches() - before).toBe(4);
  expect(watched.watcher.stateOf("packs")).toBe("watched");
});

test("what was there at the start is no news", async () => {
  using made = packs();
  await using watched = await watching(made.path);
  sh(made.path, "touch other/marker");
  await watched.until("other changed");
  expect(watched.hints).toEqual(["other changed"]);
});

test("a pack's directory that is renamed vanishes under one name and appears under the other, still watched", async () => {
  using made = packs();
  await using watched = await watching(made.path);
  sh(made.path, "mv core kernel");
  await watched.until("core vanished", "kernel changed");
  watched.forget();
  sh(made.path, "echo x >> kernel/actions/echo.sh");
  await watched.until("kernel changed");
  expect(watched.hints).toEqual(["kernel changed"]);
});

test("a file that was replaced by rename is still heard when it is written in place", async () => {
  using made = packs();
  await using watched = await watching(made.path);
  sh(made.path, "cp core/pack.yaml core/new; mv core/new core/actions/echo.sh");
  await watched.until("core changed");
  sh(made.path, "touch other/marker");
  await watched.until("other changed");
  watched.forget();
  sh(made.path, "echo x >> core/actions/echo.sh");
  await watched.until("core changed");
});

test("a directory that moves from pack to pack is announced for both, and watched for the second", async () => {
  using made = packs();
  await using watched = await watching(made.path);
  sh(made.path, "mv core/actions other/actions");
  await watched.until("core removed", "other changed");
  watched.forget();
  sh(made.path, "echo x >> other/actions/echo.sh");
  await watched.until("other changed");
  expect(watched.hints).toEqual(["other changed"]);
});

test("a pack that is replaced within one moment is watched anew", async () => {
  using made = packs();
  await using watched = await watching(made.path);
  rmSync(join(made.path, "core"), { recursive: true });
  writeTree(made.path, PACKS); // the loop has not turned in between
  await watched.until("core changed");
  watched.forget();
  sh(made.path, "echo x >> core/actions/echo.sh");
  await watched.until("core changed");
});

test("hundreds of new packs are announced, and everything in them is watched", async () => {
  using made = packs();
  await using watched = await watching(made.path);
  sh(made.path, "for i in $(seq 300); do mkdir -p new$i/actions/lib && echo x > new$i/actions/lib/x; done");
  const all = Array.from({ length: 300 }, (_, index) => `new${index + 1} changed`);
  await watched.until(...all);
  await eventually(
    () => watched.watcher.usage().watches === 4 + 900,
    () => `${watched.watcher.usage().watches} watches`,
  );
  watched.forget();
  sh(made.path, "for i in $(seq 300); do echo y >> new$i/actions/lib/x; done");
  await watched.until(...all);
});

test("whatever several processes make, move and remove: in the end every directory is watched, and nothing else", async () => {
  using made = packs();
  const before = kernelWatches();
  await using watched = await watching(made.path);
  const program = join(import.meta.dirname, "programs/churn.ts");
  const churning = ["1", "2", "3"].map((seed) => spawn(process.execPath, [program, made.path, seed, "1500"]));
  const codes = await Promise.all(churning.map(async (process) => (await once(process, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0]);
  const directories = directoriesBelow(made.path);
  await eventually(
    () => watched.watcher.usage().watches === directories.length && kernelWatches() - before === directories.length,
    () => `${watched.watcher.usage().watches} of ${directories.length}, the kernel has ${kernelWatches() - before}`,
  );
  for (const directory of directories.slice(1)) {
    watched.forget();
    writeFileSync(join(made.path, directory, "marker"), "");
    await watched.until(`${directory.split("/")[0]} changed`);
  }
});

test("no watch and no descriptor is left behind by thousands of directories that came and went", async () => {
  using made = packs();
  await using watched = await watching(made.path);
  const before = { watches: kernelWatches(), descriptors: readdirSync("/proc/self/fd").length };
  for (let round = 0; round < 20; round++) {
    for (let index = 0; index < 100; index++) mkdirSync(join(made.path, `core/new${index}/deep`), { recursive: true });
    await eventually(
      () => watched.watcher.usage().watches === 204,
      () => `${watched.watcher.usage().watches} watches`,
    );
    for (let index = 0; index < 100; index++) rmSync(join(made.path, `core/new${index}`), { recursive: true });
    await eventually(
      () => watched.watcher.usage().watches === 4,
      () => `${watched.watcher.usage().watches} watches`,
    );
  }
  expect({ watches: kernelWatches(), descriptors: readdirSync("/proc/self/fd").length }).toEqual(before);
});

test("nothing is watched and nothing is said after the end", async () => {
  using made = packs();
  const before = kernelWatches();
  const watched = await watching(made.path);
  writeFileSync(join(made.path, "core/new"), "");
  await watched[Symbol.asyncDispose]();
  expect(kernelWatches()).toBe(before);
  renameSync(join(made.path, "core"), join(made.path, "kernel"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(watched.hints).toEqual([]);
});

test("a burst near the size of the kernel's queue is a doubt, after which what was lost is watched again", async () => {
  using made = packs();
  await using watched = await watching(made.path);
  // While another process runs, this one's loop stands still: the queue (16,384 unless somebody changed it) overflows.
  sh(
    made.path,
    'n=$(cat /proc/sys/fs/inotify/max_queued_events); seq -f "core/f%g" $n | xargs touch; mkdir -p core/late',
  );
  await eventually(
    () => watched.doubts.length > 0 && watched.watcher.usage().watches === 5,
    () => `${watched.doubts.length} doubts, ${watched.watcher.usage().watches} watches`,
  );
  expect(watched.doubts[0]).toMatch(/^\d+ events at once/);
  watched.forget();
  sh(made.path, "touch core/late/x");
  await watched.until("core changed");
});

function directoriesBelow(root: string): string[] {
  const entries = readdirSync(root, { withFileTypes: true, recursive: true });
  const paths = entries.filter((each) => each.isDirectory()).map((each) => join(each.parentPath, each.name));
  return ["", ...paths.map((path) => path.slice(root.length + 1))];
}
