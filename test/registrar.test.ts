import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { createRegistrar } from "../src/registrar.ts";
import { packYaml } from "./support/catalog.ts";
import { silent, testConfig, testMachine } from "./support/sync.ts";
import { writeTree } from "./support/trees.ts";

const PATIENCE = { timeout: 20_000, interval: 20 };

test("the thread that registers ends when it has nothing to do, and the next round has another one", async () => {
  using machine = testMachine();
  writeTree(machine.packs, { "core/pack.yaml": packYaml("core") });
  await machine.sync();
  const config = testConfig(machine.volume.replace(/\/volume$/, ""));
  const threads = () => readdirSync("/proc/self/task").length;
  await using registrar = createRegistrar(config, silent, () => {}, new AbortController().signal, 0);
  for (const compare of ["all", "changed"] as const) {
    const { embedded } = await registrar.register([], compare);
    expect(embedded.pending).toEqual([]);
    const meanwhile = threads();
    await expect.poll(threads, PATIENCE).toBeLessThan(meanwhile);
  }
});

test("rounds that are asked for at once are all done, however little the thread may rest", async () => {
  using machine = testMachine();
  writeTree(machine.packs, { "core/pack.yaml": packYaml("core") });
  await machine.sync();
  const config = testConfig(machine.volume.replace(/\/volume$/, ""));
  await using registrar = createRegistrar(config, silent, () => {}, new AbortController().signal, 0);
  const reports = await Promise.all([1, 2, 3].map(() => registrar.register([], "all")));
  expect(reports.map(({ embedded }) => embedded.pending)).toEqual([[], [], []]);
});
