import { readdirSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { readEmbedded } from "../src/catalog/embedded.ts";
import { openStateReadOnly } from "../src/platform/database.ts";
import { createRegistrar } from "../src/registrar.ts";
import { packYaml } from "./support/catalog.ts";
import { cyclesMachine } from "./support/cycles.ts";
import { silent, testConfig, testMachine } from "./support/sync.ts";
import { writeTree } from "./support/trees.ts";

const PATIENCE = { timeout: 20_000, interval: 20 };

test("the thread that registers ends when it has nothing to do, and the next round has another one", async () => {
  using machine = testMachine();
  writeTree(machine.packs, { "core/pack.yaml": packYaml("core") });
  await machine.sync();
  const config = testConfig(machine.volume.replace(/\/volume$/, ""));
  const threads = () => readdirSync("/proc/self/task").length;
  await using registrar = createRegistrar(config, silent, { onRetried: () => {} }, new AbortController().signal, 0);
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
  await using registrar = createRegistrar(config, silent, { onRetried: () => {} }, new AbortController().signal, 0);
  const reports = await Promise.all([1, 2, 3].map(() => registrar.register([], "all")));
  expect(reports.map(({ embedded }) => embedded.pending)).toEqual([[], [], []]);
});

test("what went live just before the end is registered, too", async () => {
  using machine = cyclesMachine();
  writeTree(machine.packs, { "core/pack.yaml": packYaml("core") });
  await machine.ask("cycle", { look: "everything" });
  const config = testConfig(machine.volume.replace(/\/volume$/, ""));
  expect(registeredIn(config.stateDir)).toEqual([]);
  const ending = new AbortController();
  {
    await using registrar = createRegistrar(config, silent, { onRetried: () => {} }, ending.signal);
    registrar.register([], "all").catch(() => {});
    ending.abort(new Error("the end"));
  }
  expect(registeredIn(config.stateDir)).toEqual(["core"]);
});

test("a database that is gone is not made by the thread that registers; when it is made anew, all is registered by itself", async () => {
  using machine = cyclesMachine();
  writeTree(machine.packs, { "core/pack.yaml": packYaml("core") });
  await machine.ask("cycle", { look: "everything" });
  const config = testConfig(machine.volume.replace(/\/volume$/, ""));
  await using registrar = createRegistrar(config, silent, { onRetried: () => {} }, new AbortController().signal);
  for (const name of readdirSync(config.stateDir))
    if (name.startsWith("state.db")) rmSync(`${config.stateDir}/${name}`);
  await expect(registrar.register(["core"], "changed")).rejects.toThrow(/not made anew yet/);
  expect(readdirSync(config.stateDir)).not.toContain("state.db");
  await machine.ask("cycle", { look: "everything" });
  expect(registeredIn(config.stateDir)).toEqual([]);
  await expect.poll(() => registeredIn(config.stateDir), PATIENCE).toEqual(["core"]);
});

function registeredIn(stateDir: string): string[] {
  const database = openStateReadOnly(stateDir);
  if (database === undefined) return [];
  try {
    return readEmbedded(database)
      .packs()
      .map(({ ref }) => ref);
  } finally {
    database.close();
  }
}
