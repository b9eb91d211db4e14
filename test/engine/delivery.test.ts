import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { daemon, PATIENCE, type Said, startDaemon, untilSynced } from "../scenarios/support/daemon.ts";
import { elfFile } from "../support/elf.ts";
import { ENGINE_TOOLS, startEngine, type TestEngine } from "../support/engine.ts";
import { describeWith } from "../support/requires.ts";
import { startServer } from "../support/wire.ts";
import { type Container, DEMO, type Stack, startStack, statesOf } from "./support/stack.ts";

/** Dozens of restarts, and programs between them: slow machines take their time. */
vi.setConfig({ testTimeout: 300_000 });

let engine: TestEngine;

describeWith({ root: true, tools: [...ENGINE_TOOLS, "setpriv"] }, "services of a real engine are told", () => {
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
  });

  test("each meaning tells exactly the right ones, and another project is left alone", async () => {
    await using stack = startStack(engine);
    stack.it.once();
    const labels = { "packsync.when": "path=docs/**" };
    const own = await runAll(stack, ["api", "executor-1", "worker-shell", "worker-python", "worker-full", "sensor-1"]);
    const all = {
      ...own,
      docs: await stack.run("docs", { labels }),
      other: await stack.run("api", { project: "other" }),
    };
    await using packsync = await daemon(stack.it, { env: stack.env });
    await settled(stack);
    const once = Object.fromEntries(Object.keys(all).map((name) => [name, 1]));
    expect(startsOf(all), "whoever started after the publish knows it").toEqual(once);

    const steps = [
      { path: "README.md", text: "# other\n", tells: [] },
      { path: "docs/use.md", text: "# other\n", tells: ["docs"] },
      { path: "actions/echo.sh", text: "#!/bin/sh\n# 2\n", tells: ["worker-shell", "worker-full"] },
      { path: "sensors/extra.txt", text: "2\n", tells: ["sensor-1"] },
      {
        path: "actions/fetch.yaml",
        text: "ref: demo.fetch\nlabel: Get\nrunner_type: python\nentry_point: fetch.py\n",
        tells: ["api", "executor-1", "worker-shell", "worker-python", "worker-full"],
      },
      { path: "lib/tool", text: elfFile(), tells: ["sensor-1"] },
      { path: "requirements.txt", text: "requests\n", tells: ["worker-python", "worker-full"] },
      {
        path: "config.schema.yaml",
        text: "token: { type: string }\n",
        tells: ["api", "executor-1", "worker-shell", "worker-python", "worker-full"],
      },
    ];
    let expected = startsOf(all);
    for (const { path, text, tells } of steps) {
      const file = stack.it.at(`packs/demo/${path}`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode: 0o755 });
      await untilSynced(stack.it);
      expected = Object.fromEntries(
        Object.entries(expected).map(([name, starts]) => [name, starts + Number(tells.includes(name))]),
      );
      await expect.poll(() => startsOf(all), { ...PATIENCE, message: path }).toEqual(expected);
    }
    await settled(stack);
    expect(startsOf(all), "and nobody else").toEqual(expected);

    await packsync.stop();
    await using _ = await daemon(stack.it, { env: stack.env });
    await settled(stack);
    expect(startsOf(all), "a start of packsync tells nobody").toEqual(expected);
  });

  test("a storm of saves: one signal for all that changed meanwhile, and the last one is not forgotten", async () => {
    await using stack = startStack(engine);
    await using packsync = await daemon(stack.it, { env: stack.env });
    const worker = await stack.run("worker-shell");
    const startedMs = performance.now();
    for (let save = 2; performance.now() - startedMs < 4000; save++) {
      stack.script(`${save}`);
      await sleep(40);
    }
    stack.script("last");
    const seconds = (performance.now() - startedMs) / 1000;
    await expect.poll(() => worker.lines().at(-1), PATIENCE).toBe("start # last");
    expect(worker.starts() - 1, "signals").toBeLessThanOrEqual(1 + Math.ceil(seconds / 2));
    expect(worker.starts() - 1).toBeGreaterThan(0);
    await packsync.stop();
  });

  test("replicas are told one at a time: one of them is there at any moment", async () => {
    await using stack = startStack(engine);
    stack.it.once();
    const replicas = [1, 2, 3].map((number) => stack.run("worker-shell", { number, binds: bindsOf(stack) }));
    const [first, ...others] = await Promise.all(replicas);
    await using packsync = await daemon(stack.it, { env: stack.env });
    await expect.poll(() => first?.starts(), PATIENCE).toBe(3); // they write into one log
    stack.script("2");
    await expect.poll(() => first?.starts(), PATIENCE).toBe(6);
    const told = first?.lines().slice(3);
    expect(others).toHaveLength(2);
    expect(told).toEqual(["stop", "start # 2", "stop", "start # 2", "stop", "start # 2"]);
    await packsync.stop();
  });

  test("killed between a publish and its signal, packsync tells all the same when it is back", async () => {
    await using stack = startStack(engine);
    const worker = await startedBefore(stack, "worker-shell");
    await using mute = await muteEngine(stack);
    {
      await using packsync = await daemon(stack.it, { env: { ...stack.env, DOCKER_HOST: mute.host } });
      stack.script("2");
      await untilSynced(stack.it);
      packsync.signal("SIGKILL");
      await packsync.ended;
    }
    expect(worker.starts()).toBe(1);
    await using again = await daemon(stack.it, { env: stack.env });
    await expect.poll(() => worker.lines(), PATIENCE).toEqual(["start # 1", "stop", "start # 2"]);
    await again.stop();
  });

  test("an engine that is stopped is waited for, and who started since knows; a new container is told of what comes", async () => {
    await using stack = startStack(engine);
    const worker = await startedBefore(stack, "worker-shell");
    await using packsync = await daemon(stack.it, { env: stack.env });
    await expect.poll(() => statesOf(stack), PATIENCE).toMatchObject({ "worker-shell": "told" });
    // An engine that starts takes what ran when it ended for running, for a moment, and a restart of that may hang for minutes.
    await engine.api("POST", `/containers/${worker.id}/stop?t=1`);
    await engine.stop();
    stack.script("2");
    await untilSynced(stack.it);
    await expect.poll(() => statesOf(stack), PATIENCE).toMatchObject({ "worker-shell": "retrying" });
    await engine.start();
    await engine.api("POST", `/containers/${worker.id}/start`); // it has no restart policy
    await expect.poll(() => worker.lines().at(-1), PATIENCE).toBe("start # 2");
    await expect.poll(() => statesOf(stack)["worker-shell"], PATIENCE).toMatch(/^(told|absent)$/);
    expect(worker.starts(), "by its own start").toBe(3);

    await worker.remove();
    const recreated = await stack.run("worker-shell");
    await expect.poll(() => recreated.starts(), PATIENCE).toBe(4); // in the same log
    await settled(stack);
    expect(recreated.starts(), "it has read all of it").toBe(4);
    stack.script("3");
    await expect.poll(() => recreated.lines().at(-1), PATIENCE).toBe("start # 3");
    await packsync.stop();
  });

  test("what a service does not come back with goes back, and a good edit of another pack is not thrown back with it", async () => {
    await using stack = startStack(engine, ROLLBACK);
    stack.it.write("packs/ops", { ...DEMO, "pack.yaml": 'ref: ops\nversion: "1.0.0"\nlabel: Ops\n' });
    stack.it.remove("packs/ops/actions/echo.yaml");
    stack.it.write(
      "packs/ops/actions/echo.yaml",
      "ref: ops.echo\nlabel: Echo\nrunner_type: shell\nentry_point: echo.sh\n",
    );
    stack.it.write(
      "packs/ops/actions/fetch.yaml",
      "ref: ops.fetch\nlabel: Fetch\nrunner_type: python\nentry_point: fetch.py\n",
    );
    stack.it.once();
    const worker = await stack.run("worker-shell");
    await using packsync = await daemon(stack.it, { env: stack.env });
    await settled(stack);
    stack.script("bad");
    await packsync.hear("packs went back");
    await expect.poll(() => worker.lines().slice(-2), PATIENCE).toEqual(["start # bad # 1", "start # 1 # 1"]);
    await expect.poll(() => statesOf(stack), PATIENCE).toMatchObject({ "worker-shell": "told" });
    const [unhealthy] = packsync.said("service unhealthy");
    expect(unhealthy).toMatchObject({ service: "worker-shell", why: expect.stringContaining("is exited with 3") });
    expect(unhealthy?.["evidence"]).toContain("Cannot go on with # bad # 1");

    stack.it.write("packs/ops/actions/echo.sh", "#!/bin/sh\n# 2\n");
    await expect.poll(() => worker.lines().at(-1), PATIENCE).toBe("start # 1 # 2");
    expect(stack.it.read("volume/demo/actions/echo.sh"), "still quarantined").toContain("# 1");
    stack.script("good");
    await expect.poll(() => worker.lines().at(-1), PATIENCE).toBe("start # good # 2");
    await packsync.stop();
  });

  test("a service whose probe fails for ever goes back within seconds, and is ready again with the old release", async () => {
    await using probe = await startServer(() => ({ status: 503 }));
    const care = `{ ready: { http: "${probe.url}", timeout: 2s }, onUnhealthy: rollback }`;
    await using stack = startStack(engine, `services: { "*": ${care} }\npreset: attune-restart\n`);
    stack.it.once();
    const worker = await stack.run("worker-shell");
    probe.reply = () => ({ status: worker.lines().at(-1) === "start # slow" ? 503 : 200 });
    await using packsync = await daemon(stack.it, { env: stack.env });
    await settled(stack);
    stack.script("slow");
    await packsync.hear("packs went back");
    await expect.poll(() => worker.lines().slice(-2), PATIENCE).toEqual(["stop", "start # 1"]);
    await expect.poll(() => statesOf(stack), PATIENCE).toMatchObject({ "worker-shell": "told" });
    const [unhealthy] = packsync.said("service unhealthy");
    expect(unhealthy).toMatchObject({ why: expect.stringContaining("is not back within 2 s: it is running") });
    const at = (said: Said | undefined): number => Date.parse(String(said?.["time"]));
    const back = packsync.said("service told").find((said) => at(said) > at(unhealthy));
    expect(at(back) - at(unhealthy), "from the failed probe until it is ready").toBeLessThan(15_000);
    await packsync.stop();
  });

  test("two stacks side by side do not touch each other", async () => {
    await using one = startStack(engine);
    await using two = startStack(engine);
    const stacks = [one, two];
    for (const { it } of stacks) it.once();
    const [first, second] = await Promise.all(stacks.map((stack) => stack.run("worker-shell")));
    await using packsync = await daemon(one.it, { env: one.env });
    await using other = await daemon(two.it, { env: two.env });
    for (const stack of stacks) await settled(stack);
    const lines = () => [first?.lines(), second?.lines()];
    expect(lines()).toEqual([["start # 1"], ["start # 1"]]);
    one.script("2");
    const told = ["start # 1", "stop", "start # 2"];
    await expect.poll(() => first?.lines(), PATIENCE).toEqual(told);
    for (const stack of stacks) await settled(stack);
    expect(lines()).toEqual([told, ["start # 1"]]);
    two.script("2");
    await expect.poll(() => lines(), PATIENCE).toEqual([told, told]);
    await Promise.all([packsync.stop(), other.stop()]);
  });

  test("the guard in between lets it through, and `notify` tells one now", async () => {
    await using stack = startStack(engine);
    const worker = await startedBefore(stack, "worker-shell");
    await using guard = await startGuard(stack);
    const env = { DOCKER_HOST: guard.host };
    await using packsync = await daemon(stack.it, { env });
    await expect.poll(() => worker.lines(), PATIENCE).toEqual(["start # 1", "stop", "start # 1"]);
    const { code, stdout } = stack.it.packsync(["notify", "worker-shell"], { env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^worker-shell {2}told in \d+ ms\n/) });
    expect(worker.starts()).toBe(3);
    const script = "trap 'echo HUP >> /out/log' HUP; echo start >> /out/log; while :; do sleep 0.05; done";
    const labels = { "packsync.when": "path=docs/**", "packsync.how": "SIGHUP" };
    const labelled = await stack.run("worker-docs", { labels, script });
    await expect.poll(() => labelled.starts(), PATIENCE).toBe(1);
    stack.it.write("packs/demo/docs/use.md", "# other\n");
    await expect
      .poll(() => labelled.lines(), { ...PATIENCE, message: "by its labels, though it is new" })
      .toEqual(["start", "HUP"]);
    expect(worker.starts()).toBe(3);
    const refused = stack.it.packsync(["notify", "postgres"], { env });
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining("absent") });
    await packsync.stop();
  });
});

const ROLLBACK =
  'services: { "*": { ready: { runs: 2s, timeout: 3s }, onUnhealthy: rollback } }\npreset: attune-restart\n';

/** A service that was there before its packs were published by somebody who tells nobody: it has to be told. */
async function startedBefore(stack: Stack, service: string): Promise<Container> {
  stack.it.write("volume/demo/actions", { "echo.sh": "#!/bin/sh\n# 1\n" });
  const container = await stack.run(service);
  await expect.poll(() => container.starts(), PATIENCE).toBe(1);
  return container;
}

/** All of them write into one log. */
function bindsOf({ it }: Stack): readonly string[] {
  const out = it.at("out--worker-shell-1");
  mkdirSync(out, { recursive: true });
  return [`${it.at("volume")}:/volume`, `${out}:/out`];
}

/** Takes every connection, and never answers. */
async function muteEngine({ it }: Stack): Promise<AsyncDisposable & { readonly host: string }> {
  const server = createServer(() => {});
  const socket = it.at("mute.sock");
  server.listen(socket);
  await once(server, "listening");
  return {
    host: `unix://${socket}`,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

async function startGuard({ it, env }: Stack): Promise<AsyncDisposable & { readonly host: string }> {
  const socket = it.at("guard.sock");
  const args = [
    "docker-guard",
    "--listen",
    socket,
    "--project",
    env["COMPOSE_PROJECT_NAME"] ?? "",
    "--allow",
    "worker-*",
  ];
  const guard = startDaemon(it, { args, env });
  await expect.poll(() => existsSync(socket), PATIENCE).toBe(true);
  return {
    host: `unix://${socket}`,
    async [Symbol.asyncDispose]() {
      guard.signal("SIGTERM");
      await guard.ended;
    },
  };
}

/** A sync knows whom it concerns before it ends; then nobody waits any more. */
async function settled(stack: Stack): Promise<void> {
  const { code, stderr } = stack.it.packsync(["sync"], { env: stack.env });
  expect(code, stderr).toBe(0);
  await expect.poll(() => Object.values(statesOf(stack)), PATIENCE).not.toContain("pending");
}

async function runAll(stack: Stack, services: readonly string[]): Promise<Record<string, Container>> {
  const started = services.map(async (service) => [service, await stack.run(service)] as const);
  const all = Object.fromEntries(await Promise.all(started));
  await expect.poll(() => startsOf(all), PATIENCE).toEqual(Object.fromEntries(services.map((name) => [name, 1])));
  return all;
}

function startsOf(all: Readonly<Record<string, Container>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(all).map(([name, container]) => [name, container.starts()]));
}
