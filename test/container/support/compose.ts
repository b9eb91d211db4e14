import { cpSync, mkdtempSync } from "node:fs";
import { expect } from "vitest";
import { PATIENCE } from "../../scenarios/support/daemon.ts";
import type { Docker, Ended } from "./docker.ts";

/** A project of compose in a directory of its own. */
export interface Project {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  compose(...args: readonly string[]): Promise<Ended>;
  /** The lines that a service has printed, in all of its runs. */
  log(service: string): Promise<string[]>;
  /** What the engine knows of its container. */
  state(service: string): Promise<State>;
  /** How often each of them has started: a stand-in says so. */
  starts(services: readonly string[]): Promise<Record<string, number>>;
  /** `packsync` with these arguments in the daemon's container. */
  packsync(...args: readonly string[]): Promise<Ended>;
  /** Waits until all services that the daemon knows were told. */
  untilTold(services: readonly string[]): Promise<void>;
}

interface State {
  readonly Status: string;
  readonly ExitCode: number;
  readonly StartedAt: string;
  readonly FinishedAt: string;
}

export interface ProjectOptions {
  readonly name: string;
  readonly files: readonly string[];
  /** What is copied into its directory, of the context. */
  readonly copied: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export function composeProject(docker: Docker, { name, files, copied, env: more = {} }: ProjectOptions): Project {
  const directory = mkdtempSync(`${docker.engine.directory}/project-`);
  for (const path of copied)
    cpSync(`${docker.context}/${path}`, `${directory}/${path.split("/").at(-1)}`, { recursive: true });
  const socket = docker.engine.host.slice("unix://".length);
  const env = { STAND_IN_IMAGE: "busybox:latest", DOCKER_SOCKET: socket, ...more };
  const base = ["-p", name, ...files.flatMap((file) => ["-f", file])];
  const compose: Project["compose"] = (...args) =>
    docker.command("docker-compose", [...base, ...args], { cwd: directory, env });
  const containerOf = async (service: string): Promise<string> => {
    const filters = [`label=com.docker.compose.project=${name}`, `label=com.docker.compose.service=${service}`];
    return await docker.ok("ps", "--all", "--quiet", ...filters.flatMap((filter) => ["--filter", filter]));
  };
  const log = async (service: string): Promise<string[]> => {
    const { stdout, stderr } = await docker.run("logs", await containerOf(service));
    return `${stdout}${stderr}`.split("\n").filter(Boolean);
  };
  const packsync: Project["packsync"] = async (...args) =>
    await docker.run("exec", await containerOf("packsync"), "packsync", ...args);
  return {
    ...{ directory, env, compose, log, packsync },
    async state(service) {
      return JSON.parse(await docker.ok("inspect", "--format", "{{json .State}}", await containerOf(service)));
    },
    async starts(services) {
      const counts = services.map(async (service) => {
        const lines = await log(service);
        return [service, lines.filter((line) => line.startsWith("reads:")).length] as const;
      });
      return Object.fromEntries(await Promise.all(counts));
    },
    async untilTold(services) {
      const states = async () => {
        const { stdout } = await packsync("services", "--format", "json");
        const seen: readonly { readonly service: string; readonly state: string }[] =
          stdout === "" ? [] : JSON.parse(stdout).services;
        return Object.fromEntries(seen.map(({ service, state }) => [service, state]));
      };
      const wanted = Object.fromEntries(services.map((service) => [service, "told"]));
      await expect.poll(states, PATIENCE).toMatchObject(wanted);
    },
  };
}
