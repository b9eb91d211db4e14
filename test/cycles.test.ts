import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { createCyclesMemory, cycleAbout } from "../src/cycles.ts";
import { createGate, decide } from "../src/platform/gate.ts";
import { disposableScanner } from "../src/threaded-scanner.ts";
import { keepVolume } from "../src/volume-session.ts";
import { cyclesMachine } from "./support/cycles.ts";
import { silent, testConfig } from "./support/sync.ts";
import { scratch, writeTree } from "./support/trees.ts";

function pack(ref: string, readme = "first\n") {
  return { [`${ref}/pack.yaml`]: `ref: ${ref}\nlabel: ${ref}\nversion: 1.0.0\n`, [`${ref}/README.md`]: readme };
}

const ROOMY = { maxFiles: 10_000, maxFileSize: 1_000_000, maxPackSize: 10_000_000, maxDefinitionSize: 1000 };

function machineWith(...refs: readonly string[]) {
  const machine = cyclesMachine();
  writeTree(machine.packs, Object.assign({}, ...refs.map((ref) => pack(ref))));
  writeTree(machine.dev, {});
  return machine;
}

describe("what is prepared before it has come to rest", () => {
  const CORE = { look: "places", sources: [], places: ["packs/core"], patient: [] } as const;
  const gate = (mayGo: boolean): SharedArrayBuffer => {
    const decided = createGate();
    decide(decided, mayGo);
    return decided;
  };
  const BROKEN = "ref: core\nlabel: [\n";

  test.for([
    { title: "a save", file: "README.md", text: "second\n", news: [["core", "published"]] },
    { title: "a save that breaks it", file: "pack.yaml", text: BROKEN, news: [["core", "rejected"]] },
  ])("happens when it comes to rest, and in no way when it is touched again: $title", async ({ file, text, news }) => {
    using machine = machineWith("core");
    await machine.ask("cycle", { look: "everything" });
    const before = machine.state();
    writeFileSync(`${machine.packs}/core/${file}`, text);
    await expect(machine.ask("cycle", { ...CORE, gate: gate(false) })).rejects.toMatchObject({ code: "STOPPED" });
    expect(machine.state()).toEqual(before);
    expect(readdirSync(`${machine.volume}/.packsync/staging`)).toEqual([]);
    const { packs } = await machine.ask("cycle", { ...CORE, gate: gate(true) });
    expect(packs.map(({ ref, outcome }) => [ref, outcome])).toEqual(news);
  });
});

describe("a cycle about some packs leaves alone what has not come to rest:", () => {
  test("a pack that changed", async () => {
    using machine = machineWith("core", "other");
    await machine.ask("cycle", { look: "everything" });
    for (const ref of ["core", "other"]) writeFileSync(`${machine.packs}/${ref}/README.md`, "second\n");
    const { packs } = await machine.lookAt("packs/core");
    expect(packs.map(({ ref, outcome }) => [ref, outcome])).toEqual([["core", "published"]]);
    expect(readFileSync(`${machine.volume}/other/README.md`, "utf8")).toBe("first\n");
  });

  test("a pack that is gone, and may come back in a moment", async () => {
    using machine = machineWith("core", "other");
    await machine.ask("cycle", { look: "everything" });
    rmSync(`${machine.packs}/other`, { recursive: true });
    const first = await machine.lookAt("packs/core");
    expect(first.packs).toEqual([]);
    expect(existsSync(`${machine.volume}/other/pack.yaml`)).toBe(true);
    const second = await machine.lookAt("packs/other");
    expect(second.packs.map(({ ref, outcome }) => [ref, outcome])).toEqual([["other", "retired"]]);
    expect(existsSync(`${machine.volume}/other`)).toBe(false);
  });

  test("a new pack that is being copied here", async () => {
    using machine = machineWith("core");
    await machine.ask("cycle", { look: "everything" });
    writeTree(machine.packs, pack("new"));
    const first = await machine.lookAt("packs/core");
    expect(first.packs).toEqual([]);
    expect(existsSync(`${machine.volume}/new`)).toBe(false);
    const second = await machine.lookAt("packs/new");
    expect(second.packs.map(({ ref, outcome }) => [ref, outcome])).toEqual([["new", "published"]]);
  });

  test.for([
    { title: "was looked at before", isKnown: true },
    { title: "was never looked at", isKnown: false },
  ])("a production pack that $title, below a development pack that may come back in a moment", async ({ isKnown }) => {
    using machine = machineWith("core", "other");
    if (isKnown) await machine.ask("cycle", { look: "everything" });
    writeTree(machine.dev, pack("core", "mine\n"));
    await machine.ask("cycle", { look: "everything" });
    rmSync(`${machine.dev}/core`, { recursive: true });
    expect((await machine.lookAt("packs/other")).packs).toEqual([]);
    expect(readFileSync(`${machine.volume}/core/README.md`, "utf8")).toBe("mine\n");
    const { packs } = await machine.lookAt("packs.dev/core");
    expect(packs).toMatchObject([{ ref: "core", source: "packs", outcome: "published" }]);
    expect(readFileSync(`${machine.volume}/core/README.md`, "utf8")).toBe("first\n");
  });

  test("a pack whose directory got another name: it is never absent, whichever name comes first", async () => {
    using machine = machineWith("core", "other");
    await machine.ask("cycle", { look: "everything" });
    renameSync(`${machine.packs}/other`, `${machine.packs}/renamed`);
    await machine.lookAt("packs/other");
    expect(existsSync(`${machine.volume}/other/pack.yaml`)).toBe(true);
    await machine.lookAt("packs/renamed");
    expect(existsSync(`${machine.volume}/other/pack.yaml`)).toBe(true);
    expect((await machine.ask("cycle", { look: "everything" })).packs).toEqual([]);
  });
});

test.for([
  { title: "waits once more", patient: ["packs/core"], found: { waiting: ["packs/core"], packs: [] } },
  {
    title: "is busy when it has waited",
    patient: [],
    found: { waiting: [], packs: [{ outcome: "failed", diagnostics: [{ code: "pack.busy" }] }] },
  },
])("a pack that moves while it is read $title", async ({ patient, found }) => {
  let afterLook = () => {};
  using machine = cyclesMachine({}, { afterLook: () => afterLook() });
  writeTree(machine.packs, pack("core"));
  await machine.ask("cycle", { look: "everything" });
  writeFileSync(`${machine.packs}/core/README.md`, "second\n");
  afterLook = () => renameSync(`${machine.packs}/core`, `${machine.packs}/elsewhere`);
  expect(await machine.ask("cycle", { look: "places", sources: [], places: ["packs/core"], patient })).toMatchObject(
    found,
  );
  expect(readFileSync(`${machine.volume}/core/README.md`, "utf8")).toBe("first\n");
});

describe("a look at everything in slices", () => {
  /** Ends with the last one. @returns how many slices it took, and all that was new */
  async function lookAtAll(machine: ReturnType<typeof machineWith>, unsettled: readonly string[] = []) {
    const news: string[] = [];
    let after: string | undefined;
    for (let slices = 1; ; slices++) {
      const found = await machine.ask("cycle", { look: "slice", source: "packs", after, unsettled });
      news.push(...found.packs.map(({ ref, outcome }) => `${ref} ${outcome}`));
      if (found.next === undefined) return { slices, news: news.sort() };
      expect(found.next > (after ?? "")).toBe(true);
      after = found.next;
    }
  }

  /** Each is a slice of its own. */
  function largePack(ref: string) {
    const files = Array.from({ length: 4000 }, (_, index) => [`${ref}/lib/${index}`, ""]);
    return { ...pack(ref), ...Object.fromEntries(files) };
  }

  test("comes by every pack once: what changed, what came, and what went", async () => {
    using machine = cyclesMachine({ limits: ROOMY });
    writeTree(machine.packs, {
      ...largePack("pack_a"),
      ...largePack("pack_b"),
      ...pack("pack_c"),
      ...pack("pack_d"),
      ...pack("pack_e"),
    });
    await machine.ask("cycle", { look: "everything" });
    expect(await lookAtAll(machine)).toEqual({ slices: 3, news: [] });
    for (const ref of ["pack_a", "pack_d"]) writeFileSync(`${machine.packs}/${ref}/README.md`, "second\n");
    writeTree(machine.packs, pack("pack_f"));
    rmSync(`${machine.packs}/pack_c`, { recursive: true });
    const news = ["pack_a published", "pack_c retired", "pack_d published", "pack_f published"];
    expect(await lookAtAll(machine)).toEqual({ slices: 3, news });
    expect(await lookAtAll(machine)).toEqual({ slices: 3, news: [] });
  });

  test("leaves alone what is being written: it has its turn when it rests", async () => {
    using machine = machineWith("core", "other", "third");
    await machine.ask("cycle", { look: "everything" });
    for (const ref of ["core", "other"]) writeFileSync(`${machine.packs}/${ref}/README.md`, "second\n");
    rmSync(`${machine.packs}/third`, { recursive: true });
    writeTree(machine.packs, pack("new"));
    const unsettled = ["packs/other", "packs/third", "packs/new"];
    expect((await lookAtAll(machine, unsettled)).news).toEqual(["core published"]);
    expect((await lookAtAll(machine)).news).toEqual(["new published", "other published", "third retired"]);
  });

  test("retires what only the ledger still knows", async () => {
    using machine = machineWith("core", "other", "third");
    await machine.ask("cycle", { look: "everything" });
    const database = new DatabaseSync(`${machine.volume}/.packsync/state.db`);
    database.exec("DELETE FROM scan WHERE directory = 'third'");
    database.close();
    rmSync(`${machine.packs}/third`, { recursive: true });
    using again = machine.again();
    expect(
      (await again.ask("cycle", { look: "slice", source: "packs", after: undefined, unsettled: [] })).packs,
    ).toMatchObject([{ ref: "third", outcome: "retired" }]);
  });
});

test("a cycle with nothing to do reads the ledger no second time, and tells nobody how far it is", async () => {
  using directory = scratch();
  const config = testConfig(directory.path);
  writeTree(`${directory.path}/packs`, pack("core"));
  using volume = keepVolume({ config, log: silent, doing: "test" });
  await using scanner = disposableScanner(config);
  const told: number[] = [];
  const how = { config, scanner, onProgress: (done: number) => void told.push(done), log: silent };
  const memory = createCyclesMemory();
  const abort = new AbortController().signal;
  const recordsAfterCycle = () =>
    volume.run(async (session) => {
      await cycleAbout({ look: "everything" }, session, { ...how, memory }, abort);
      return session.publisher.packs();
    }, abort);
  let before = await recordsAfterCycle();
  expect([...before.keys()]).toEqual(["core"]);
  told.length = 0; // that it is live
  const isReadAgain = async (): Promise<boolean> => {
    const former = before;
    before = await recordsAfterCycle();
    return before !== former;
  };
  // What is as young as this is looked into once more, and that is written down.
  await expect.poll(isReadAgain, { timeout: 10_000 }).toBe(false);
  expect(told).toEqual([]);
});
