import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { expect } from "vitest";
import { isLitter } from "../../../src/pack/layout.ts";
import { COMPILE_CACHE, MAIN } from "../programs/start.ts";
import type { Story } from "./story.ts";
import { treeOf } from "./tree.ts";

/** A line of the daemon's log; the other fields are those of its event. */
export interface Said {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface End {
  /** `undefined`: a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stderr: string;
}

/** The real program, which stays. Disposing it kills it, and whatever it was started through. */
export interface Daemon extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<End>;
  /** Its log so far: all of it, or the lines with this message. */
  said(message?: string): readonly Said[];
  /** Waits until its log has this message so many times. */
  hear(message: string, times?: number): Promise<void>;
  stderr(): string;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and waits until it is gone; expects that all went well. */
  stop(): Promise<void>;
}

export interface DaemonOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  /** A command that runs the program, e.g. `strace`. */
  readonly through?: readonly string[];
}

/** However slow the machine is, what must come comes by then. */
export const PATIENCE = { timeout: 50_000, interval: 50 } as const;

/** A daemon that watches already. */
export async function daemon(it: Story, options: DaemonOptions = {}): Promise<Daemon> {
  const started = startDaemon(it, options);
  await started.hear("watching");
  return started;
}

let count = 0;

/** Its output goes to files: a pipe that nobody reads for a moment would stop it. */
export function startDaemon(it: Story, { args = [], env = {}, uid, through = [] }: DaemonOptions = {}): Daemon {
  const [out, err] = [it.at(`daemon-${count}.out`), it.at(`daemon-${count++}.err`)];
  const [stdout, stderr] = [openSync(out, "a"), openSync(err, "a")];
  const [file = "", ...rest] = [...through, process.execPath, MAIN, ...args];
  const child = spawn(file, rest, {
    cwd: it.directory,
    env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ["ignore", stdout, stderr],
    detached: true, // a group of its own
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  for (const fd of [stdout, stderr]) closeSync(fd);
  const stderrText = (): string => readFileSync(err, "utf8");
  const ended = once(child, "exit").then(
    ([code, signal]): End => ({ code: code ?? undefined, signal: signal ?? undefined, stderr: stderrText() }),
  );
  const pid = child.pid ?? 0;
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const said: Daemon["said"] = (message) => {
    const lines = readFileSync(out, "utf8").split("\n").slice(0, -1); // the last one may be half-written
    return lines.map((line): Said => JSON.parse(line)).filter(({ msg }) => message === undefined || msg === message);
  };
  return {
    pid,
    ended,
    said,
    stderr: stderrText,
    async hear(message, times = 1) {
      const isOverOrHeard = () => isOver() || said(message).length >= times;
      await expect.poll(isOverOrHeard, { ...PATIENCE, message: `\`${message}\`, ${times} times` }).toBe(true);
      const heard = said(message).length;
      expect(heard, `\`${message}\` before it ended; it said: ${stderrText()}`).toBeGreaterThanOrEqual(times);
    },
    signal: (name) => void process.kill(pid, name),
    async stop() {
      process.kill(pid, "SIGTERM");
      expect(await ended).toMatchObject({ code: 0 });
    },
    async [Symbol.asyncDispose]() {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {} // it is over
      await ended;
    },
  };
}

/** Waits until the volume has every file of these sources, but litter, and nothing else. */
export async function untilSynced(it: Story, ...sources: readonly string[]): Promise<void> {
  await untilLive(
    it,
    Object.assign({}, ...(sources.length === 0 ? ["packs"] : sources).map((name) => wantedOf(it, name))),
  );
}

/** Waits until the volume has these files and nothing else. */
export async function untilLive(it: Story, wanted: Readonly<Record<string, string>>): Promise<void> {
  await expect.poll(() => filesIn(it.at("volume")), PATIENCE).toEqual(wanted);
}

/** What a source's packs look like when they are live, if each directory is called as its pack. */
export function wantedOf(it: Story, source: string): Record<string, string> {
  const files = Object.entries(filesIn(it.at(source))).filter(([path]) => !path.split("/").some(isLitter));
  return Object.fromEntries(
    files.map(([path, what]) => {
      const isProgram =
        (statSync(it.at(`${source}/${path}`)).mode & 0o111) !== 0 || it.read(`${source}/${path}`).startsWith("#!");
      return [path, what.replace(/^\d+/, isProgram ? "755" : "644")];
    }),
  );
}

/** Every file of every pack in a directory, by mode and digest. */
export function filesIn(directory: string): Record<string, string> {
  const packs = existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith(".")) : [];
  const files = packs.flatMap((pack) =>
    Object.entries(treeOf(`${directory}/${pack}`)).map(([path, what]) => [`${pack}/${path}`, what] as const),
  );
  return Object.fromEntries(files.filter(([, what]) => what !== "directory"));
}

/** How many releases of a pack there were, as long as none is pruned. */
export function releasesOf(it: Story, ref: string): number {
  return readdirSync(it.at(`volume/.packsync/releases/${ref}`)).filter((name) => name.endsWith(".json")).length;
}

/** Has the daemon look at everything there and then: whatever it had not seen, or had still to do, would be published now. */
export function expectNothingLeft(it: Story): void {
  const { code, report } = it.once();
  const news = report.packs.filter(({ outcome }) => outcome !== "unchanged" && outcome !== "checked");
  expect({ code, news }).toEqual({ code: 0, news: [] });
}
