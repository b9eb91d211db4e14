import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { buildEnvironments } from "../../src/install/environments.ts";
import type { EnvironmentOrder, StageProgress } from "../../src/install/stages.ts";
import type { Owner } from "../../src/platform/ownership.ts";
import { npmTarball, writePack } from "../support/packages.ts";
import { type Content, scratch } from "../support/trees.ts";

/** A directory of environments, and packs that need some. */
export interface Site extends Disposable {
  at(path: string): string;
  pack(ref: string, tree: Readonly<Record<string, Content>>, more?: string): string;
  /** Builds, with neither index nor registry: wheels are in `wheels`. */
  build(packs: readonly string[], options?: BuildOptions): ReturnType<typeof buildEnvironments>;
  /** The lines that programs said in all builds. */
  readonly lines: readonly string[];
  /** What stands beside a pack's environments, the hidden locks left out. */
  shelf(ref: string): readonly string[];
}

interface BuildOptions {
  readonly order?: Partial<EnvironmentOrder>;
  readonly env?: Readonly<Record<string, string>>;
  readonly owner?: Owner;
  readonly abort?: AbortSignal;
  readonly onStage?: (progress: StageProgress) => void;
}

export function site(): Site {
  const directory = scratch();
  const at = (path: string): string => join(directory.path, path);
  const lines: string[] = [];
  return {
    at,
    lines,
    pack: (ref, tree, more) => writePack(at("packs"), ref, tree, more),
    shelf: (ref) => readdirSync(at(`envs/${ref}`)).filter((name) => !name.endsWith(".lock")),
    build(packPaths, { order, env, owner, abort, onStage } = {}) {
      const local = { PIP_NO_INDEX: "1", PIP_FIND_LINKS: at("wheels"), PIP_CONFIG_FILE: "/dev/null" };
      const about = {
        env: { PATH: process.env["PATH"], NPM_CONFIG_OFFLINE: "true", ...local, ...env },
        owner,
        onStage(progress: StageProgress) {
          if (progress.line !== undefined) lines.push(progress.line);
          onStage?.(progress);
        },
      };
      const usual = {
        packPaths,
        envs: at("envs"),
        pythonVersion: undefined,
        nodejsVersion: undefined,
        timeoutSeconds: 300,
      };
      const flags = {
        skipPython: false,
        skipNodejs: false,
        forceRebuild: false,
        mode: "build",
        activation: "at once",
      } as const;
      return buildEnvironments({ ...usual, ...flags, ...order }, about, abort ?? new AbortController().signal);
    },
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

/** A pack's files that need one package, whose script runs while it is installed. */
export function needing(version: string, preinstall?: string): Record<string, Content> {
  const scripts = preinstall === undefined ? {} : { scripts: { preinstall } };
  return {
    "package.json": JSON.stringify({ dependencies: { left: `file:vendor/left-${version}.tgz` } }),
    [`vendor/left-${version}.tgz`]: npmTarball({ name: "left", version, ...scripts }),
  };
}

const WATCHING = `
const { workerData, parentPort } = require("node:worker_threads");
const { statSync } = require("node:fs");
let looks = 0; const bad = [];
parentPort.postMessage("ready");
const look = () => {
  for (let i = 0; i < 50; i++) { looks++; try { statSync(workerData); } catch (error) { bad.push(error.code); } }
  setImmediate(look);
};
parentPort.once("message", () => { parentPort.postMessage({ looks, bad }); process.exit(); });
look();`;

/** Looks at a path without pause, until it is asked what it saw. */
export async function lookingAt(
  path: string,
): Promise<() => Promise<{ readonly looks: number; readonly bad: string[] }>> {
  const worker = new Worker(WATCHING, { eval: true, workerData: path });
  await once(worker, "message");
  return async () => {
    worker.postMessage("enough");
    const [seen] = await once(worker, "message");
    return seen;
  };
}

/** What has ended, and nobody has taken note of it yet, does not run. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
