import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { scratch } from "../support/trees.ts";
import { startCommand } from "./programs/start.ts";
import { type Bundle, buildBundle } from "./support/bundle.ts";
import { runInjected, stepsOf } from "./support/calls.ts";
import { isSoak } from "./support/is-soak.ts";
import { MANY, type Operation, operationNamed, SMALL } from "./support/operations.ts";
import {
  expectOrderAfterNext,
  expectWhole,
  observe,
  type Reference,
  traced,
  wantedAfterNext,
} from "./support/trial.ts";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await buildBundle();
});
afterAll(() => bundle[Symbol.dispose]());

/**
 * When the power goes, after the run has stopped. `committed`: ext4 has written its journal, as it does after 5 s at
 * most, but not yet the data of new files, for which it takes 30 s.
 */
type Moment = "at once" | "committed";

describe("when the power is cut, every pack is whole, and the next run puts all right", () => {
  for (const { title, operation, moments } of [
    { title: "first publish", operation: operationNamed("first publish", SMALL), moments: ["committed"] },
    { title: "update", operation: operationNamed("update", SMALL), moments: ["at once", "committed"] },
    { title: "update with many files", operation: operationNamed("update", MANY), moments: ["committed"] },
  ] as const)
    testWith(
      { root: true, tools: ["strace", "mount", "mkfs.ext4"], fileSystem: "ext4", timeout: 600_000 },
      title,
      async () => {
        using machine = await prepareMachine(operation);
        const { about } = machine;
        for (const call of isSoak ? about.calls : stepsOf(about.calls))
          for (const moment of moments) {
            using _ = machine.boot();
            const { text } = await runInjected(traced(machine.root, operation, bundle), call, "signal=KILL");
            expect(text).toBe(call.text);
            machine.cutPower(moment);
            await expectRecovery(machine, `the power was cut ${moment}, before ${call.text} (${call.nth})`);
          }

        using _ = machine.boot();
        const { exitCode, stderr } = await startCommand(machine.root, bundle.command(...operation.args)).ended;
        expect(exitCode, stderr).toBe(0);
        machine.cutPower("at once");
        const found = await expectRecovery(machine, "all was reported");
        expect(found).toEqual(about.after);
      },
    );
});

async function expectRecovery({ root, operation, about }: Machine, where: string) {
  const found = await expectWhole(root, about, operation, where);
  await expectOrderAfterNext(root, operation, wantedAfterNext(about, operation, found), bundle, where);
  return found;
}

/** A directory whose volume is a disk of its own, which can be set back and lose its power. */
interface Machine extends Disposable {
  readonly root: string;
  readonly operation: Operation;
  readonly about: Reference;
  /** Mounts the disk as it was before the operation. Disposing unmounts it. */
  boot(): Disposable;
  /** Mounts what is on the disk at this moment; all that is only in memory is lost. */
  cutPower(moment: Moment): void;
}

async function prepareMachine(operation: Operation): Promise<Machine> {
  const directory = scratch();
  const root = directory.path;
  const volume = `${root}/volume`;
  const [base, disk, rest] = ["base", "disk", "rest"].map((name) => `${root}/${name}.ext4`) as [string, string, string];
  mkdirSync(volume);
  execFileSync("truncate", ["--size", "16M", base]);
  execFileSync("mkfs.ext4", ["-q", base]);
  const boot = (): Disposable => {
    execFileSync("cp", ["--sparse=always", base, disk]);
    return mounted(disk, volume);
  };
  {
    using _ = mounted(base, volume);
    await operation.arrange(root);
  }
  using _ = boot();
  const about = await observe(root, operation, bundle);
  return {
    root,
    operation,
    about,
    boot,
    cutPower(moment) {
      if (moment === "committed") commitJournal(volume);
      copyAtRest(disk, rest);
      execFileSync("umount", [volume]);
      execFileSync("mount", ["-o", "loop", rest, volume]);
    },
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

function mounted(image: string, path: string): Disposable {
  execFileSync("mount", ["-o", "loop", image, path]);
  return { [Symbol.dispose]: () => execFileSync("umount", [path]) };
}

/** One file's `fsync` commits what ext4's journal has of all. */
function commitJournal(volume: string): void {
  const fd = openSync(`${volume}/somebody-else`, "w");
  writeSync(fd, "x");
  fsyncSync(fd);
  closeSync(fd);
}

/** What the disk held at one instant: the copy was equal to it when all was copied. */
function copyAtRest(disk: string, copy: string): void {
  for (let tries = 0; tries < 100; tries++) {
    execFileSync("cp", ["--sparse=always", disk, copy]);
    if (isEqual(disk, copy)) return;
  }
  throw new Error("the disk does not come to rest");
}

function isEqual(a: string, b: string): boolean {
  try {
    execFileSync("cmp", ["--quiet", a, b]);
    return true;
  } catch {
    return false;
  }
}
