import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a machine needs for {@link startEngine}. */
export const ENGINE_TOOLS: readonly string[] = ["dockerd", "busybox", "tar"];

/** A container engine of the test's own, with a directory of its own, and an image `busybox` made on the spot. */
export interface TestEngine extends AsyncDisposable {
  /** As `DOCKER_HOST` has it. */
  readonly host: string;
  readonly directory: string;
  /** @returns the answer's JSON; `undefined` if it has none */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  /** A running container. @returns its id */
  run(container: TestContainer): Promise<string>;
  /** Stops the engine with all containers, and starts it again on the same state. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface TestContainer {
  readonly project: string;
  readonly service: string;
  readonly number?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** For the shell. */
  readonly script: string;
  /** `host:container`, each. */
  readonly binds?: readonly string[];
  /** Between its stop signal and SIGKILL. */
  readonly stopSeconds?: number;
}

/** `own`: containers have networks and find each other by name, in a network namespace of the engine's own; else they have none. */
export type Network = "none" | "own";

/** Nothing of the machine's own network is touched. */
const NETWORKS: Readonly<Record<Network, { readonly through: readonly string[]; readonly flags: readonly string[] }>> =
  {
    none: { through: [], flags: ["--ip-forward=false", "--bridge=none", "--iptables=false", "--ip6tables=false"] },
    own: { through: ["unshare", "--net", "--"], flags: ["--ip-forward=false"] },
  };

export async function startEngine(network: Network = "none"): Promise<TestEngine> {
  const directory = mkdtempSync(join(tmpdir(), "pse-")); // a socket's path has at most 107 bytes
  const socket = `${directory}/d.sock`;
  const api = (method: string, path: string, body?: unknown) => callApi(socket, method, path, body);
  let stop = await startDaemon(directory, network, api);
  const image = importImage(directory);
  await importAs(api, "busybox:latest", image);
  return {
    host: `unix://${socket}`,
    directory,
    api,
    run: (container) => runContainer(container, api),
    stop: () => stop(),
    async start() {
      stop = await startDaemon(directory, network, api);
    },
    async [Symbol.asyncDispose]() {
      const containers = await api("GET", "/containers/json?all=1").catch(() => []);
      for (const { Id } of containers as { readonly Id: string }[])
        await api("DELETE", `/containers/${Id}?force=1`).catch(() => {});
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Api = TestEngine["api"];

/** @param archive a tar of the image's files */
export async function importAs(api: Api, name: string, archive: Buffer): Promise<void> {
  const [repo, tag] = name.split(":");
  await api("POST", `/images/create?fromSrc=-&repo=${repo}&tag=${tag}`, archive);
}

/** Ends with this process whatever becomes of it. @returns how to stop it */
async function startDaemon(directory: string, network: Network, api: Api): Promise<() => Promise<void>> {
  const at = (name: string) => `${directory}/${name}`;
  const places = [
    "--data-root",
    at("data"),
    "--exec-root",
    at("exec"),
    "--pidfile",
    at("pid"),
    "-H",
    `unix://${at("d.sock")}`,
  ];
  const { through, flags } = NETWORKS[network];
  const args = ["--pdeathsig", "TERM", ...through, "dockerd", ...places, ...flags];
  const log: Buffer[] = [];
  const daemon = spawn("setpriv", args, { stdio: ["ignore", "ignore", "pipe"] });
  daemon.stderr.on("data", (chunk: Buffer) => log.push(chunk));
  const ended = once(daemon, "exit");
  for (;;) {
    const isUp = await api("GET", "/_ping").then(
      () => true,
      () => false,
    );
    if (isUp) break;
    if (daemon.exitCode !== null) throw new Error(`dockerd ended: ${Buffer.concat(log).toString().slice(-2000)}`);
    await sleep(50);
  }
  return async () => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.kill("SIGTERM");
    await ended;
  };
}

function importImage(directory: string): Buffer {
  const root = `${directory}/image`;
  for (const name of ["bin", "tmp", "out"]) mkdirSync(`${root}/${name}`, { recursive: true });
  for (const name of ["lib", "lib64"]) symlinkSync(`usr/${name}`, `${root}/${name}`);
  const busybox = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
  execFileSync("cp", ["-L", busybox, `${root}/bin/busybox`]);
  for (const applet of ["sh", "sleep", "cat", "echo", "test", "touch"]) symlinkSync("busybox", `${root}/bin/${applet}`);
  return execFileSync("tar", ["-C", root, "-c", "."], { maxBuffer: 1e8 });
}

async function runContainer(about: TestContainer, api: Api): Promise<string> {
  const { project, service, number = 1, labels, script, binds = [], stopSeconds = 5 } = about;
  const name = `${project}_${service}_${number}`;
  const compose = {
    "com.docker.compose.project": project,
    "com.docker.compose.service": service,
    "com.docker.compose.container-number": String(number),
    "com.docker.compose.oneoff": "False",
  };
  const created = await api("POST", `/containers/create?name=${name}`, {
    Image: "busybox:latest",
    Cmd: ["/bin/sh", "-c", script],
    Labels: { ...compose, ...labels },
    StopTimeout: stopSeconds,
    HostConfig: { NetworkMode: "none", Mounts: binds.map(mountOf) },
  });
  const { Id } = created as { readonly Id: string };
  await api("POST", `/containers/${Id}/start`);
  return Id;
}

/** Unlike `Binds`, a mount does not make what is missing. */
function mountOf(bind: string) {
  const [Source, Target] = bind.split(":");
  return { Type: "bind", Source, Target };
}

async function callApi(socketPath: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const headers = { "content-type": Buffer.isBuffer(body) ? "application/x-tar" : "application/json" };
  const asked = request({ socketPath, method, path, headers });
  asked.end(bytes);
  const [answer] = await once(asked, "response");
  const text = Buffer.concat(await answer.toArray()).toString();
  if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // `OK`, progress, or nothing
  }
}

/** Until `look` gives something. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(20);
  }
}

/** The lines of a file that a container writes; none before there is one. */
export function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
