import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dockerDriver } from "../../src/signal/docker.ts";
import { openEngine } from "../../src/signal/engine.ts";
import { ownProject } from "../../src/signal/own-project.ts";
import { failureOf, noticeFor } from "../contract/driver.contract.ts";
import { atOnce } from "../support/docker.ts";
import { ENGINE_TOOLS, eventually, startEngine, type TestEngine } from "../support/engine.ts";
import { hostileRequests, type Named } from "../support/hostile-requests.ts";
import { sendRaw, statusOf } from "../support/raw-request.ts";
import { describeWith } from "../support/requires.ts";

const never = new AbortController().signal;
const SERVICE = "trap : HUP; trap 'exit 0' TERM; while :; do sleep 0.05; done";

let engine: TestEngine;
let socket: string;
let allowed: Named[];
let forbidden: Named[];
const resources = new AsyncDisposableStack();

describeWith({ root: true, tools: [...ENGINE_TOOLS, "setpriv"] }, "packsync docker-guard before a real engine", () => {
  beforeAll(async () => {
    engine = resources.use(await startEngine());
    const run = async (project: string, service: string): Promise<Named> => {
      return { id: await engine.run({ project, service, script: SERVICE }), name: `${project}_${service}_1` };
    };
    allowed = [await run("mine", "api"), await run("mine", "worker-python")];
    forbidden = [await run("mine", "postgres"), await run("other", "api")];
    socket = `${engine.directory}/g.sock`;
    resources.use(await startGuard());
  });
  afterAll(() => resources.disposeAsync());

  test("a service is restarted through it, and its project is known by it", async () => {
    await using opened = openEngine(socket);
    expect(await ownProject(opened, { mountinfo: "", hostname: "" }, never)).toBe("mine");
    const [before] = await stateOf(allowed);
    const driver = dockerDriver({
      how: { by: "restart" },
      timeoutSeconds: 60,
      ...atOnce(opened, "mine"),
    });
    const outcome = await driver.tell(noticeFor({ service: "api" }), never);
    const [after] = await stateOf(allowed);
    expect(after?.StartedAt).not.toBe(before?.StartedAt);
    expect(outcome).toEqual({ kind: "told", evidence: [`mine_api_1 restarted at ${after?.StartedAt}`] });
    expect(await opened.now(never)).toMatch(/^\d{4}-/);
    const id = allowed[0]?.id ?? "";
    await opened.kill(id, "SIGHUP", never);
    for (const signal of ["SIGKILL", "SIGTERM", "SIGSTOP"]) {
      const error = await failureOf(opened.kill(id, signal, never));
      expect(error.message).toContain("got 403");
    }
    expect((await stateOf(allowed))[0]).toMatchObject({ Status: "running", StartedAt: after?.StartedAt });
  });

  test("others are absent, or refused", async () => {
    await using opened = openEngine(socket);
    const driver = dockerDriver({
      how: { by: "restart" },
      timeoutSeconds: 60,
      ...atOnce(opened, "mine"),
    });
    expect(await driver.tell(noticeFor({ service: "postgres" }), never)).toMatchObject({ kind: "absent" });
    for (const { id } of forbidden) {
      const error = await failureOf(opened.restart(id, 60, never));
      expect(error.message).toContain("got 403");
    }
  });

  test("1,000 hostile requests change nothing at the engine", async () => {
    const before = { containers: await stateOf([...allowed, ...forbidden]), all: await everything() };
    // A restart that is meant takes its time, and is tried above.
    const anyRequest = hostileRequests({ allowed, forbidden }).filter(
      ({ wanted, bytes }) => wanted === "refused" || !bytes.includes("/restart"),
    );
    const holds = async (
      batch: readonly { readonly bytes: string; readonly ending: "open" | "half-closed"; readonly wanted: string }[],
    ) => {
      const answers = await Promise.all(batch.map(({ bytes, ending }) => sendRaw(socket, bytes, ending)));
      for (const [index, { wanted, bytes }] of batch.entries())
        if (wanted === "refused") expect([400, 403, 431], bytes).toContain(statusOf(answers[index] ?? ""));
    };
    await fc.assert(fc.asyncProperty(fc.array(anyRequest, { minLength: 20, maxLength: 20 }), holds), {
      numRuns: 50,
      endOnFailure: true,
    });
    expect({ containers: await stateOf([...allowed, ...forbidden]), all: await everything() }).toEqual(before);
  }, 300_000);
});

/** The real program; ends with the test. */
async function startGuard(): Promise<AsyncDisposable> {
  const main = join(import.meta.dirname, "../../src/main.ts");
  const args = ["docker-guard", "--listen", socket, "--project", "mine", "--allow", "api,worker-*", "-q"];
  const env = { ...process.env, DOCKER_HOST: engine.host };
  const guard = spawn(process.execPath, [main, ...args], { env, cwd: engine.directory, stdio: "ignore" });
  const ended = once(guard, "exit");
  await eventually(() => (existsSync(socket) ? true : undefined));
  return {
    async [Symbol.asyncDispose]() {
      guard.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    },
  };
}

function stateOf(containers: readonly Named[]): Promise<{ readonly StartedAt: string; readonly Status: string }[]> {
  return Promise.all(
    containers.map(async ({ id }) => {
      const { State, Name, HostConfig } = Object(await engine.api("GET", `/containers/${id}/json`));
      const { StartedAt, Status, Pid } = State;
      return { StartedAt, Status, Pid, Name, HostConfig };
    }),
  );
}

/** Everything else that somebody could have made. */
async function everything(): Promise<unknown> {
  const ids = async (path: string) => Object(await engine.api("GET", path));
  const containers = (await ids("/containers/json?all=1")).map(({ Id }: { Id: string }) => Id).sort();
  const images = (await ids("/images/json")).map(({ Id, RepoTags }: { Id: string; RepoTags: unknown }) => [
    Id,
    RepoTags,
  ]);
  const { Volumes } = await ids("/volumes");
  const networks = (await ids("/networks")).map(({ Id }: { Id: string }) => Id).sort();
  return { containers, images, Volumes, networks };
}
