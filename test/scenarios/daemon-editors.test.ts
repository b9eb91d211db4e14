import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { daemon, expectNothingLeft, releasesOf, untilSynced } from "./support/daemon.ts";
import { action, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

/** What is open in the editor, and what is typed. */
const DEFINITION = "packs/core/actions/echo.yaml";
const SCRIPT = "packs/core/actions/echo.sh";
const TYPED = action("echo").replace("Says echo", "Says it louder");
const TYPED_SCRIPT = "#!/bin/sh\necho louder\n";

/** Runs `save` beside a daemon. @returns how many releases it took */
async function releasesFor(save: (it: Story) => void): Promise<number> {
  using it = story({ packs: packs("core", "other") });
  await using running = await daemon(it);
  save(it);
  await untilSynced(it);
  expectNothingLeft(it);
  expect(releasesOf(it, "other"), "releases of a pack that nobody touched").toBe(1);
  expect(running.said("pack rejected")).toEqual([]);
  await running.stop();
  return releasesOf(it, "core") - 1;
}

function expectSaved(it: Story, path: string, text: string): void {
  expect(readFileSync(it.at(path), "utf8")).toBe(text);
}

describe("vim", () => {
  for (const { title, settings } of [
    { title: "with its defaults", settings: "swapfile" },
    { title: "with a backup that is a copy", settings: "swapfile backup backupcopy=yes backupdir=." },
    { title: "with a backup that is the old file", settings: "swapfile backup backupcopy=no backupdir=." },
    { title: "without any backup", settings: "noswapfile nobackup nowritebackup" },
  ])
    testWith({ tools: ["vim"] }, `${title}: each \`:w\` is one release, and nothing of its own lands`, async () => {
      const releases = await releasesFor((it) => {
        const louder = ["-c", "%s/Says echo/Says it/", "-c", "w"];
        // Its swap file stands while somebody thinks; then comes the second save.
        const loudest = ["-c", "sleep 400m", "-c", "%s/Says it/Says it louder/", "-c", "wq"];
        const args = ["-N", "-u", "NONE", "-i", "NONE", "-es", "-c", `set ${settings}`, "-c", `e ${DEFINITION}`];
        execFileSync("vim", [...args, ...louder, ...loudest], { cwd: it.directory, stdio: "ignore" });
        expectSaved(it, DEFINITION, TYPED);
      });
      expect(releases).toBeLessThanOrEqual(2);
      expect(releases).toBeGreaterThanOrEqual(1);
    });
});

/** The system calls by which editors save, as their sources have them. */
const EDITORS: readonly { title: string; save: (path: string, text: string) => void }[] = [
  {
    // microsoft/vscode, src/vs/platform/files/node/diskFileSystemProvider.ts: open `w`, write, fdatasync, close
    title: "VS Code",
    save: writeInPlace,
  },
  {
    // the same with `atomic`, as extensions ask for it: a sibling, then a rename
    title: "VS Code, atomically",
    save(path, text) {
      writeInPlace(`${path}.vsctmp`, text);
      chmodSync(`${path}.vsctmp`, modeOf(path));
      renameSync(`${path}.vsctmp`, path);
    },
  },
  {
    // JetBrains/intellij-community, platform/util/…/io/SafeFileOutputStream.java, 2018: write a sibling, rename the old
    // file away, rename the new one to its place, clone its mode, delete the old one
    title: "JetBrains, safe write",
    save(path, text) {
      writeFileSync(`${path}___jb_tmp___`, text);
      renameSync(path, `${path}___jb_old___`);
      renameSync(`${path}___jb_tmp___`, path);
      chmodSync(path, modeOf(path));
      rmSync(`${path}___jb_old___`);
    },
  },
  {
    // the same file since 2019: copy the old bytes to a backup, write in place, delete the backup
    title: "JetBrains, safe write with a backup",
    save(path, text) {
      copyFileSync(path, `${path}~`);
      writeInPlace(path, text);
      rmSync(`${path}~`);
    },
  },
  {
    // GNU Emacs Lisp manual, "Backup Files", "File Locks", "Auto-Saving": a lock that is a dangling symlink, an auto-save
    // file, the old file renamed to the backup, a new file written, its mode set, lock and auto-save file removed
    title: "Emacs",
    save(path, text) {
      const [directory, name] = [dirname(path), path.slice(dirname(path).length + 1)];
      symlinkSync("somebody@somewhere.4711:1700000000", `${directory}/.#${name}`);
      writeFileSync(`${directory}/#${name}#`, text);
      renameSync(path, `${path}~`);
      writeFileSync(path, text);
      chmodSync(path, modeOf(path));
      rmSync(`${directory}/.#${name}`);
      rmSync(`${directory}/#${name}#`);
    },
  },
  {
    // GNOME/glib, gio/glocalfileoutputstream.c: a sibling `.goutputstream-XXXXXX`, then a rename (gedit, Mousepad)
    title: "GLib",
    save(path, text) {
      const temporary = `${dirname(path)}/.goutputstream-A1B2C3`;
      writeFileSync(temporary, text, { mode: modeOf(path) });
      renameSync(temporary, path);
    },
  },
  {
    title: "sed -i",
    save(path, text) {
      const [from, to] = path.endsWith(".sh") ? ["echo hello", "echo louder"] : ["Says echo", "Says it louder"];
      execFileSync("sed", ["-i", `s/${from}/${to}/`, path]);
      expect(readFileSync(path, "utf8")).toBe(text);
    },
  },
];

function modeOf(path: string): number {
  return path.endsWith(".sh") ? 0o755 : 0o644;
}

function writeInPlace(path: string, text: string): void {
  const fd = openSync(path, "w");
  writeSync(fd, text);
  fdatasyncSync(fd);
  closeSync(fd);
}

test.for(EDITORS)("what $title saves is one release: a definition", async ({ save }) => {
  const releases = await releasesFor((it) => {
    save(it.at(DEFINITION), TYPED);
    expectSaved(it, DEFINITION, TYPED);
  });
  expect(releases).toBe(1);
});

test.for(EDITORS)("what $title saves lands: a script", async ({ save }) => {
  const releases = await releasesFor((it) => {
    save(it.at(SCRIPT), TYPED_SCRIPT);
    expectSaved(it, SCRIPT, TYPED_SCRIPT);
  });
  // Whoever truncates a script first, and is stopped there by a slow machine, leaves an empty one that is as good as any.
  expect(releases).toBeGreaterThanOrEqual(1);
  expect(releases).toBeLessThanOrEqual(2);
});
