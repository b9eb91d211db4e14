import { afterAll, beforeAll, expect, test } from "vitest";
import { daemon, PATIENCE, untilSynced } from "../scenarios/support/daemon.ts";
import { ENGINE_TOOLS, startEngine, type TestEngine } from "../support/engine.ts";
import { describeWith } from "../support/requires.ts";
import { type Container, type Stack, startStack, statesOf } from "./support/stack.ts";

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
    const all = { ...own, docs: await stack.run("docs", { labels }), other: await stack.run("api", { project: "other" }) };
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
    ];
    let expected = startsOf(all);
    for (const { path, text, tells } of steps) {
      stack.it.write(`packs/demo/${path}`, text);
      await untilSynced(stack.it);
      await settled(stack);
      expected = Object.fromEntries(
        Object.entries(expected).map(([name, starts]) => [name, starts + Number(tells.includes(name))]),
      );
      await expect.poll(() => startsOf(all), { ...PATIENCE, message: path }).toEqual(expected);
    }

    await packsync.stop();
    await using _ = await daemon(stack.it, { env: stack.env });
    await settled(stack);
    expect(startsOf(all), "a start of packsync tells nobody").toEqual(expected);
  });
});

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
