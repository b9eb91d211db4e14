// Writes what is not packsync's into a pack that is published all the time: node writer.ts <role> <pack> <seed>
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { liveGeneration, replaceFile, seededRandom, write } from "./generation.ts";
import { serve } from "./serve.ts";

/**
 * `files` creates files and writes others in place, through short and long-open handles; `hammer` replaces the same
 * files as fast as it can; `deleter` replaces and deletes; `inside` creates by relative path in trees that were displaced.
 */
export type WriterRole = "files" | "hammer" | "deleter" | "inside";

export interface Written {
  readonly operations: number;
  /** Path → what it must hold in the end. */
  readonly present: Readonly<Record<string, string>>;
  readonly absent: readonly string[];
  readonly violations: readonly string[];
}

const [role, pack = "", seed] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const present: Record<string, string> = {};
const absent: string[] = [];
const violations: string[] = [];
let operations = 0;
let isStopped = false;
let work: Promise<unknown> | undefined;

serve(async (question: "start" | "stop"): Promise<Written> => {
  isStopped = question === "stop";
  work ??= Promise.all((ROLES[role as WriterRole] ?? []).map((each) => each()));
  if (isStopped) await work;
  return { operations, present, absent, violations };
});

const ROLES: Readonly<Record<WriterRole, readonly (() => Promise<void>)[]>> = {
  files: [createFiles, appendThroughOneHandle, appendToOneFileAfterAnother, copyInPlace],
  hammer: [() => replaceFast([".venv/bin/activate", "sensors/native"])],
  deleter: [replaceAndDelete],
  inside: [createFromInside],
};

/** As somebody who writes by absolute path: what is in the way of it is that the tree was exchanged; then once more. */
function untilDone(action: () => void): void {
  for (;;) {
    try {
      action();
      operations++;
      return;
    } catch (error) {
      const isExchanged =
        error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTEMPTY");
      if (!isExchanged) throw error;
    }
  }
}

const pause = (milliseconds: number) => sleep(random() * milliseconds);

/** Two exchanges later everything that was late must have been brought over. */
async function generationsLater(count: number): Promise<void> {
  const from = liveGeneration(pack);
  while (!isStopped && liveGeneration(pack) < from + count) await sleep(2);
}

/** Each is carried by every publish. */
const MOST_FILES = 60;

async function createFiles(): Promise<void> {
  for (let count = 0; !isStopped && count < MOST_FILES; count++) {
    const path = count % 3 === 0 ? `.venv/lib/new-${count}/module.py` : `.venv/lib/module-${count}.py`;
    untilDone(() => write(`${pack}/${path}`, `module ${count}\n`));
    present[path] = `module ${count}\n`;
    await pause(400);
  }
}

async function appendThroughOneHandle(): Promise<void> {
  const path = "var/service.log";
  untilDone(() => write(`${pack}/${path}`, ""));
  const fd = openSync(`${pack}/${path}`, "a");
  present[path] = "";
  for (let line = 0; !isStopped; line++, operations++) {
    writeSync(fd, `line ${line}\n`);
    present[path] += `line ${line}\n`;
    await pause(6);
  }
  closeSync(fd);
}

/** Each is created, written to while it is carried on and on, and left. */
async function appendToOneFileAfterAnother(): Promise<void> {
  for (let count = 0; !isStopped && count < MOST_FILES; count++) {
    const path = `var/run-${count}.log`;
    mkdirSync(`${pack}/var`, { recursive: true });
    const fd = openSync(`${pack}/${path}`, "a");
    present[path] = "";
    for (let line = 0; line < 10; line++, operations++) {
      appendFileSync(fd, `line ${line}\n`);
      present[path] += `line ${line}\n`;
      await pause(40);
    }
    closeSync(fd);
  }
}

const BINARY = "\x7fELF";

/** `cp` onto a file that is there: the same inode, emptied and filled again. */
async function copyInPlace(): Promise<void> {
  const path = "bin/attune-tool";
  for (let count = 0; !isStopped; count++) {
    const parts = Array.from(
      { length: 5 },
      (_, part) => `${part === 0 ? BINARY : ""}${`${count}.${part} `.repeat(800)}`,
    );
    untilDone(() => write(`${pack}/${path}`, ""));
    if (count === 0) await generationsLater(3); // now it is carried, and opening it always finds it
    const fd = openSync(`${pack}/${path}`, "w");
    for (const part of parts) {
      writeSync(fd, part);
      await pause(2);
    }
    closeSync(fd);
    present[path] = parts.join("");
    operations++;
    await pause(10);
  }
}

/**
 * Replaces files, one of them where the source has a script, until one of them reads older than what was just written:
 * then an exchange came between, and what was written last has to come over with it.
 */
async function replaceFast(paths: readonly string[]): Promise<void> {
  for (let count = 0; !isStopped; ) {
    for (const path of paths) {
      const lost: string[] = [];
      for (let burst = 0; burst < 150; burst++) {
        present[path] = `${BINARY} ${++count} `.repeat(40);
        replaceAtLast(path, present[path], lost);
        if (readIfAny(path) !== present[path]) break;
      }
      await generationsLater(3);
      const now = readIfAny(path);
      if (!isStopped && now !== present[path])
        violations.push(`${path}: ${count} was the last, ${now?.slice(5, 13)} is there`);
      removeAtLast(lost);
    }
  }
}

/** A temporary file that an exchange takes away comes over later; then its owner removes it. */
function replaceAtLast(path: string, content: string, lost: string[]): void {
  for (let attempt = 0; ; attempt++) {
    const temporary = `${path}.${operations}-${attempt}.tmp`;
    try {
      replaceFile(`${pack}/${path}`, content, `${pack}/${temporary}`);
      operations++;
      return;
    } catch {
      lost.push(temporary);
    }
  }
}

function removeAtLast(lost: readonly string[]): void {
  if (isStopped) return; // nobody publishes any more; they are litter of the writer's own
  for (const path of lost) {
    if (readIfAny(path) === undefined) violations.push(`${path} did not come over`);
    else unlinkSync(`${pack}/${path}`);
    absent.push(path);
  }
}

function readIfAny(path: string): string | undefined {
  try {
    return readFileSync(`${pack}/${path}`, "utf8");
  } catch {
    return undefined;
  }
}

/** Files and directories whose last change comes just before they are deleted. */
async function replaceAndDelete(): Promise<void> {
  for (let round = 0; !isStopped; round++) {
    const paths = Array.from({ length: 6 }, (_, index) => `tmp/build-${round}-${index}/object.o`);
    for (const path of paths) untilDone(() => write(`${pack}/${path}`, "first"));
    await generationsLater(3);
    if (isStopped) return;
    for (const [index, path] of paths.entries()) {
      if (index % 2 === 0) replaceAtLast(path, "second", []);
      const until = performance.now() + random() * 4;
      while (performance.now() < until); // between two system calls of a program
      untilDone(() => unlinkSync(`${pack}/${path}`));
      if (index < 2) untilDone(() => rmdirSync(`${pack}/tmp/build-${round}-${index}`));
      await pause(5);
    }
    await generationsLater(3);
    if (isStopped) return;
    absent.push(...paths, `tmp/build-${round}-0`, `tmp/build-${round}-1`);
  }
}

/** A shell that was in the pack's directory before it was displaced. */
async function createFromInside(): Promise<void> {
  for (let count = 0; !isStopped && count < MOST_FILES; count++) {
    process.chdir(pack);
    await generationsLater(random() < 0.8 ? 1 : 2);
    const path = `notes/from-inside-${count}.txt`;
    mkdirSync("notes", { recursive: true });
    writeFileSync(path, `note ${count}\n`);
    present[path] = `note ${count}\n`;
    operations++;
    process.chdir("/");
    await pause(300);
  }
}
