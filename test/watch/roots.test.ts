import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { scratch, writeTree } from "../support/trees.ts";
import { eventually, sh, type Watching, watching } from "../support/watching.ts";

const PACKS = { "packs/core/pack.yaml": "ref: core\n", "packs/core/actions/echo.sh": "echo\n" };

/** The source is watched as it now stands, all of it. */
async function expectWatched(watched: Watching, root: string): Promise<void> {
  await eventually(
    () => watched.watcher.usage().watches === 3,
    () => `${watched.watcher.usage().watches} watches`,
  );
  expect(watched.watcher.stateOf("packs")).toBe("watched");
  watched.forget();
  sh(root, "echo x >> core/actions/echo.sh");
  await watched.until("core changed");
}

test.for([
  { title: "removed and made again", script: "rm -rf packs; cp -r spare packs" },
  { title: "moved away, and another one moved there", script: "mv packs old; cp -r spare packs" },
  { title: "moved away and back, with something new in it", script: "mv packs old; touch old/core/x; mv old packs" },
])("a source's directory may be $title at any time", async ({ script }) => {
  using made = scratch();
  writeTree(made.path, PACKS);
  sh(made.path, "cp -r packs spare");
  await using watched = await watching(join(made.path, "packs"));
  const [away = "", back = ""] = script.split(/; (?=cp|touch)/);
  sh(made.path, away);
  await watched.until("the source vanished");
  expect(watched.watcher.stateOf("packs")).toBe("absent");
  sh(made.path, back);
  await watched.until("the source changed");
  await expectWatched(watched, join(made.path, "packs"));
});

test.for([
  { title: "within a moment", script: "rm -rf packs; cp -r spare packs" },
  { title: "by rename within a moment", script: "mv packs old; mv spare packs" },
])("a source's directory may be replaced $title", async ({ script }) => {
  using made = scratch();
  writeTree(made.path, PACKS);
  sh(made.path, "cp -r packs spare");
  await using watched = await watching(join(made.path, "packs"));
  sh(made.path, script); // the loop stands still meanwhile
  await watched.until("the source changed");
  await expectWatched(watched, join(made.path, "packs"));
});

test("a source that is absent at the start is watched when it comes, however far up the way to it ends", async () => {
  using made = scratch();
  await using watched = await watching(join(made.path, "far/away/packs"));
  expect(watched.watcher.stateOf("packs")).toBe("absent");
  sh(made.path, "mkdir far; sleep 0.02; mkdir far/away; sleep 0.02; mkdir far/away/packs");
  await watched.until("the source changed");
  writeTree(join(made.path, "far/away"), PACKS);
  await watched.until("core changed");
  await expectWatched(watched, join(made.path, "far/away/packs"));
});

test("an absent source whose way is made and removed again and again is found in the end", async () => {
  using made = scratch();
  await using watched = await watching(join(made.path, "far/away/packs"));
  for (let round = 0; round < 50; round++) {
    mkdirSync(join(made.path, "far/away/packs"), { recursive: true });
    if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
    rmSync(join(made.path, "far"), { recursive: true });
    if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  writeTree(join(made.path, "far/away"), PACKS);
  await watched.until("the source changed");
  await expectWatched(watched, join(made.path, "far/away/packs"));
});

test("a symlink that leads to another directory now is found by looking again", async () => {
  using made = scratch();
  writeTree(made.path, PACKS);
  sh(made.path, "mv packs one; cp -r one two");
  symlinkSync("one", join(made.path, "packs"));
  await using watched = await watching(join(made.path, "packs"));
  sh(made.path, "ln -sfn two packs");
  watched.watcher.recheck("packs", true);
  await watched.until("the source changed");
  await expectWatched(watched, join(made.path, "two"));
});

test("looking again at what is as it was says nothing", async () => {
  using made = scratch();
  writeTree(made.path, PACKS);
  await using watched = await watching(join(made.path, "packs"));
  watched.watcher.recheck("packs", true);
  sh(made.path, "touch packs/core/marker");
  await watched.until("core changed");
  expect(watched.hints).toEqual(["core changed"]);
});

testWith({ root: true }, "a disk that is mounted or unmounted there is another directory", async () => {
  using made = scratch();
  writeTree(made.path, PACKS);
  const root = join(made.path, "packs");
  sh(made.path, "mount -t tmpfs none packs");
  using mounted = new DisposableStack();
  mounted.defer(() => sh(made.path, "umount packs 2>/dev/null || true"));
  writeTree(made.path, { "packs/mounted/pack.yaml": "ref: mounted\n" });
  await using watched = await watching(root);
  expect(watched.watcher.usage().watches).toBe(2);
  sh(made.path, "umount packs");
  await watched.until("the source changed");
  await expectWatched(watched, root);
});
