import { execFile } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { expect } from "vitest";
import { importAs, startEngine, type TestEngine } from "../../support/engine.ts";
import { baseImage } from "./base-image.ts";

export const PROJECT = new URL("../../..", import.meta.url).pathname;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An engine with a registry's worth of images made on the spot, and the tools that people use with it. */
export interface Docker extends AsyncDisposable {
  readonly engine: TestEngine;
  /** A copy of all that the Dockerfiles copy. */
  readonly context: string;
  /** `docker` with these arguments, however it ends. */
  run(...args: readonly string[]): Promise<Ended>;
  /** The same; expects that it succeeds. @returns what it said on stdout */
  ok(...args: readonly string[]): Promise<string>;
  /** Any program that finds the engine by its variables. */
  command(file: string, args: readonly string[], options?: CommandOptions): Promise<Ended>;
}

interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The distribution's tools: the client that fits the engine, whatever else somebody has. */
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** The default of the Dockerfile's argument. */
const BASE = "node:26.10.0-slim";

export async function startDocker(): Promise<Docker> {
  const engine = await startEngine("own");
  const context = `${engine.directory}/context`;
  copyContext(context);
  await importAs(engine.api, BASE, baseImage(engine.directory));
  const command: Docker["command"] = (file, args, { cwd = context, env = {} } = {}) => {
    const surroundings = { PATH, HOME: engine.directory, DOCKER_HOST: engine.host, DOCKER_BUILDKIT: "1" };
    const options = { cwd, env: { ...surroundings, ...env }, maxBuffer: 1e8 };
    return new Promise((resolve) => {
      execFile(file, args, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
        resolve({ code, stdout, stderr });
      });
    });
  };
  const run: Docker["run"] = (...args) => command("docker", args);
  return {
    ...{ engine, context, command, run },
    async ok(...args) {
      const { code, stdout, stderr } = await run(...args);
      expect(code, `docker ${args.join(" ")}: ${stderr}${stdout}`).toBe(0);
      return stdout.trim();
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

const COPIED = [
  "Dockerfile",
  ".dockerignore",
  "package.json",
  "package-lock.json",
  "src",
  "web",
  "tsconfig.json",
  "docs/diagnostics.md",
  "docker",
  "packs",
  "packs.dev",
];

function copyContext(context: string): void {
  mkdirSync(`${context}/scripts`, { recursive: true });
  const scripts = ["build", "build-web", "launcher", "warm-up", "dev-stack"].map((name) => `scripts/${name}.ts`);
  const files = [...COPIED, ...scripts];
  for (const name of files) cpSync(`${PROJECT}${name}`, `${context}/${name}`, { recursive: true });
}

/** @returns what the build said of its steps */
export async function buildImage(docker: Docker, target: string, tag = target): Promise<string> {
  const args = ["build", "--network", "none", "--progress", "plain", "--target", target, "--tag", tag, "."];
  const { code, stderr, stdout } = await docker.run(...args);
  expect(code, `${stderr}${stdout}`).toBe(0);
  return `${stderr}${stdout}`;
}
