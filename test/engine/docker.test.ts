import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerDriver } from "../../src/signal/docker.ts";
import { openEngine } from "../../src/signal/engine.ts";
import { untilReady } from "../../src/signal/ready.ts";
import { openWire } from "../../src/signal/wire.ts";
import {
  type DriverStand,
  type DriverVariant,
  driverContract,
  failureOf,
  noticeFor,
} from "../contract/driver.contract.ts";
import { at, atOnce } from "../support/docker.ts";
import { ENGINE_TOOLS, eventually, linesOf, startEngine, type TestEngine } from "../support/engine.ts";
import { describeWith } from "../support/requires.ts";
import { startServer } from "../support/wire.ts";

/**
 * Writes down when it starts and which signals it gets; while there is a file `hang`, it does not stop when it is asked to.
 * The sleep is short, as a shell hears signals between two commands.
 */
const SERVICE = `echo start >> /out/log
trap 'echo HUP >> /out/log' HUP
trap 'test -e /out/hang && echo TERM >> /out/log || exit 0' TERM
echo ready >> /out/log
while :; do sleep 0.05; done`;

const SERVICE_WITHOUT_LOG = "trap 'exit 0' TERM; while :; do sleep 0.05; done";

const never = new AbortController().signal;
let engine: TestEngine;

describeWith({ root: true, tools: [...ENGINE_TOOLS, "setpriv"] }, "the driver docker, with a real engine", () => {
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
  });

  const restarting: DriverVariant = { name: "restarting", open: openDocker };
  describe("restarting", () => driverContract(restarting));

  test("restarts every running container of the service, in the order of their numbers, and no other", async () => {
    await using project = await startProject("one", ["api", "worker", "worker", "worker"]);
    await using other = await startProject("two", ["worker"]);
    const before = [...(await project.started()), ...(await other.started())];
    const outcome = await tell({ service: "worker", project: "one" });
    expect(outcome.kind === "told" && outcome.evidence.map((line) => line.split(" ")[0])).toEqual([
      "one_worker_2",
      "one_worker_3",
      "one_worker_4",
    ]);
    const after = [...(await project.started()), ...(await other.started())];
    expect(after.map((time, index) => time !== before[index])).toEqual([false, true, true, true, false]);
  });

  test("sends a signal to the process, which runs on", async () => {
    await using project = await startProject("sig", ["api"]);
    const [before] = await project.started();
    const outcome = await tell({ service: "api", project: "sig", signal: "SIGHUP" });
    expect(outcome).toEqual({ kind: "told", evidence: ["sig_api_1 got SIGHUP"] });
    await eventually(() => (linesOf(project.log(0)).includes("HUP") ? true : undefined));
    expect(await project.started()).toEqual([before]);
  });

  test("a service without a container is absent, and so is one that is stopped: it stays so", async () => {
    await using project = await startProject("gone", ["api"]);
    expect(await tell({ service: "nobody", project: "gone" })).toEqual({
      kind: "absent",
      why: "no container in the project gone",
    });
    await engine.api("POST", "/containers/gone_api_1/stop");
    expect(await tell({ service: "api", project: "gone" })).toEqual({ kind: "absent", why: "gone_api_1 is exited" });
    expect(await project.state(0)).toBe("exited");
  });

  test("leaves alone what `docker compose run` has made", async () => {
    await using _ = await startProject("run", ["api"], { "com.docker.compose.oneoff": "True" });
    expect(await tell({ service: "api", project: "run" })).toMatchObject({ kind: "absent" });
  });

  test("starts a container that a failed restart has left stopped", async () => {
    await using stand = await openDocker(60);
    await stand.behave("fail");
    await failureOf(stand.driver.tell(noticeFor(stand), never));
    await stand.behave("well");
    await expect(stand.driver.tell(noticeFor(stand), never)).resolves.toMatchObject({ kind: "told" });
    expect(await stand.heard()).toBe(1);
  });

  test("an engine that is gone is a failure, and it is told when the engine is back", async () => {
    await using project = await startProject("back", ["api"]);
    await engine.stop();
    const error = await failureOf(tell({ service: "api", project: "back" }));
    expect(error.message).toMatch(/^Expected an answer of .*d\.sock, got (ECONNREFUSED|ENOENT)$/);
    await engine.start();
    await engine.api("POST", "/containers/back_api_1/start"); // it has no restart policy
    expect(await tell({ service: "api", project: "back" })).toMatchObject({ kind: "told" });
    expect(await project.state(0)).toBe("running");
  });

  test("its own project is that of the container that it runs in", async () => {
    const program = join(import.meta.dirname, "programs/own-project.ts");
    const root = join(import.meta.dirname, "../..");
    const node = dirname(process.execPath);
    const out = `${engine.directory}/own`;
    mkdirSync(out);
    // Node and what it is linked with come from this machine.
    const binds = ["/usr:/usr", `${root}:${root}`, `${node}:${node}`, `${engine.directory}:/engine`, `${out}:/out`];
    const script = `${process.execPath} ${program} unix:///engine/d.sock > /out/log 2>&1; echo >> /out/log`;
    await engine.run({ project: "my-own", service: "packsync", script, binds });
    const [line] = await eventually(() => (linesOf(`${out}/log`).length > 0 ? linesOf(`${out}/log`) : undefined));
    expect(line).toBe("my-own");
  });

  test("one that has started since knows it, by the engine's clock; one that has not is told", async () => {
    await using project = await startProject("since", ["api"]);
    const [startedAt = ""] = await project.started();
    const at = async (liveAtMs: number) => {
      await using opened = openEngine(engine.host);
      const about = {
        how: { by: "restart" },
        timeoutSeconds: 60,
        ...atOnce(opened, "since"),
      } as const;
      return await dockerDriver(about).tell({ ...noticeFor({ service: "api" }), liveAtMs }, never);
    };
    const before = Date.parse(startedAt) - 60_000;
    expect(await at(before)).toMatchObject({
      kind: "told",
      evidence: [`since_api_1 has started since, at ${startedAt}`],
    });
    expect(await project.started()).toEqual([startedAt]);
    expect(await at(Date.now())).toMatchObject({ kind: "told", evidence: [expect.stringContaining("restarted at")] });
    expect(await project.started()).not.toEqual([startedAt]);
  });

  test("a replica that does not come back ends it: the others stay as they are, and it is tried again by the next", async () => {
    await using project = await startProject("fails", ["api", "api"]);
    const before = await project.started();
    await using opened = openEngine(engine.host);
    let isBack = false;
    const driver = dockerDriver({
      ...at(opened, "fails"),
      how: { by: "restart" },
      timeoutSeconds: 60,
      ready: async () =>
        isBack ? { kind: "ready", evidence: "is back" } : { kind: "unready", why: "is broken", evidence: ["the log"] },
    });
    expect(await driver.tell(noticeFor({ service: "api" }), never)).toEqual({
      kind: "unhealthy",
      why: "fails_api_1 is broken",
      evidence: [expect.stringContaining("fails_api_1 restarted at"), "the log"],
    });
    expect((await project.started()).map((time, index) => time !== before[index])).toEqual([true, false]);
    await engine.api("POST", "/containers/fails_api_1/stop"); // it went down
    isBack = true;
    expect(await driver.tell(noticeFor({ service: "api" }), never)).toMatchObject({ kind: "told" });
    expect(await project.state(0)).toBe("running");
  });

  test("a container is back when it runs for a while; one that ends is not, and its last words are kept", async () => {
    const wire = openWire();
    await using resources = new AsyncDisposableStack();
    resources.use(wire);
    const opened = resources.use(openEngine(engine.host));
    const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
    const about = { engine: opened, wire, sleep, now: () => performance.now(), setting: { runs: 0.3, timeout: 2 } };
    const good = await engine.run({ project: "ready", service: "good", script: SERVICE_WITHOUT_LOG });
    const bad = await engine.run({ project: "ready", service: "bad", script: "echo one; echo two >&2; exit 7" });
    expect(await untilReady(good, about, never)).toEqual({ kind: "ready", evidence: "runs for 0.3 s" });
    expect(await untilReady(bad, about, never)).toMatchObject({ kind: "unready", why: "is exited with 7" });
    const words = await untilReady(bad, about, never);
    expect(words.kind === "unready" && [...words.evidence].sort()).toEqual(["one", "two"]);
    await using server = await startServer(() => ({ status: 503 }));
    const probed = { ...about, setting: { http: server.url, timeout: 1 } };
    expect(await untilReady(good, probed, never)).toMatchObject({
      kind: "unready",
      why: "is not back within 1 s: it is running",
    });
    server.reply = () => ({ status: 200 });
    expect(await untilReady(good, probed, never)).toEqual({ kind: "ready", evidence: "answers" });
  });

  test("an engine that is asked over TCP is the same", async () => {
    await using project = await startProject("tcp", ["api"]);
    const [before] = await project.started();
    const socket = engine.host.replace("unix://", "");
    const server = createServer((client) => client.pipe(connect(socket)).pipe(client)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await using opened = openEngine(`tcp://127.0.0.1:${port}`);
    const driver = dockerDriver({ how: { by: "restart" }, timeoutSeconds: 60, ...atOnce(opened, "tcp") });
    expect(await driver.tell(noticeFor({ service: "api" }), never)).toMatchObject({ kind: "told" });
    expect(await project.started()).not.toEqual([before]);
    server.close();
  });

  test("knows the engine's own clock", async () => {
    await using opened = openEngine(engine.host);
    expect(await opened.now(never)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });
});

async function tell({
  service,
  project,
  signal,
}: {
  readonly service: string;
  readonly project: string;
  readonly signal?: string;
}) {
  await using opened = openEngine(engine.host);
  const how = signal === undefined ? ({ by: "restart" } as const) : ({ by: "signal", signal } as const);
  return await dockerDriver({ how, timeoutSeconds: 60, ...atOnce(opened, project) }).tell(
    noticeFor({ service }),
    never,
  );
}

let projects = 0;

/** One service of a project of its own. It fails while a directory is missing that it mounts. */
async function openDocker(timeoutSeconds: number): Promise<DriverStand> {
  const name = `p${++projects}`;
  const project = await startProject(name, ["api"]);
  const opened = openEngine(engine.host);
  const mounted = project.directory(0);
  return {
    driver: dockerDriver({ how: { by: "restart" }, timeoutSeconds, ...atOnce(opened, name) }),
    service: "api",
    secrets: [],
    heard: async () => {
      const lines = await eventually(() => settled(project.log(0)));
      return lines.filter((line) => line === "start").length - 1;
    },
    behave(how) {
      if (how === "hang") writeFileSync(`${mounted}/hang`, "");
      if (how === "fail") rmSync(mounted, { recursive: true });
      if (how === "well" && !existsSync(mounted)) {
        mkdirSync(mounted, { recursive: true });
        writeFileSync(project.log(0), "start\nready\n"); // its first start was before
      }
    },
    hanging: () => eventually(() => (linesOf(project.log(0)).includes("TERM") ? true : undefined)).then(() => {}),
    quiet: async () => {}, // what the engine has begun it ends by itself
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

/** Once every start is followed by being ready. */
function settled(log: string): string[] | undefined {
  const lines = linesOf(log);
  return lines.at(-1) === "ready" ? lines : undefined;
}

/** A container for each service named, numbered from 1, each with a directory that it writes to. */
async function startProject(name: string, services: readonly string[], labels: Readonly<Record<string, string>> = {}) {
  const directory = (index: number) => `${engine.directory}/out-${name}-${index}`;
  const log = (index: number) => `${directory(index)}/log`;
  const ids: string[] = [];
  for (const [index, service] of services.entries()) {
    mkdirSync(directory(index));
    const about = { project: name, service, number: index + 1, labels, script: SERVICE, stopSeconds: 100 };
    ids.push(await engine.run({ ...about, binds: [`${directory(index)}:/out`] }));
  }
  for (const index of services.keys()) await eventually(() => settled(log(index)));
  const state = async (index: number) => Object(await engine.api("GET", `/containers/${ids[index]}/json`)).State;
  return {
    directory,
    log,
    state: async (index: number): Promise<string> => (await state(index)).Status,
    started: () => Promise.all([...ids.keys()].map(async (index): Promise<string> => (await state(index)).StartedAt)),
    async [Symbol.asyncDispose]() {
      for (const id of ids) await engine.api("DELETE", `/containers/${id}?force=1`);
    },
  };
}
