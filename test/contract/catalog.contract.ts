import { describe, expect, test } from "vitest";
import { type Catalog, PackRefused } from "../../src/catalog/catalog.ts";
import { catalogPack, packYaml, type Written } from "../support/catalog.ts";

/** A catalog with nothing in it, and everything that it has stored: equal only if no row was written anew. */
export interface TestCatalog {
  readonly catalog: Catalog;
  rows(): Promise<unknown>;
}

const FILES = {
  "actions/run.yaml": "ref: demo.run\nlabel: Run\n",
  "actions/walk.yaml": "ref: demo.walk\nlabel: Walk\n",
  "triggers/fall.yaml": "ref: demo.fall\nlabel: Fall\n",
  "rules/help.yaml": "ref: demo.help\nlabel: Help\ntrigger_ref: fall\naction_ref: run\n",
} as const;

const COMPONENTS = [
  { kind: "action", ref: "demo.run", label: "Run" },
  { kind: "action", ref: "demo.walk", label: "Walk" },
  { kind: "rule", ref: "demo.help", label: "Help" },
  { kind: "trigger", ref: "demo.fall", label: "Fall" },
];

const demo = (files: Record<string, string> = FILES, about: Written = {}) => catalogPack(files, about);

/** What every catalog promises. `open` gives a fresh one each time. */
export function catalogContract(open: () => Promise<TestCatalog>): void {
  describe("registering", () => {
    test("makes a pack known, with its components of every kind", async () => {
      const { catalog } = await open();
      expect(await catalog.get("demo")).toBeUndefined();
      expect((await catalog.register(await demo())).changes).toBeGreaterThan(0);
      expect(await catalog.get("demo")).toEqual({
        ref: "demo",
        version: "1.0.0",
        label: "demo",
        components: COMPONENTS,
      });
      expect(await catalog.list()).toEqual([{ ref: "demo", version: "1.0.0", label: "demo" }]);
    });

    test("twice writes nothing the second time", async () => {
      const { catalog, rows } = await open();
      await catalog.register(await demo());
      const before = await rows();
      expect(await catalog.register(await demo())).toMatchObject({ changes: 0 });
      expect(await rows()).toEqual(before);
    });

    test("an edited definition replaces what was known of it", async () => {
      const { catalog } = await open();
      await catalog.register(await demo());
      const edited = { ...FILES, "actions/run.yaml": "ref: demo.run\nlabel: Sprint\n" };
      await catalog.register(await demo(edited, { release: "2-00000000" }));
      expect((await catalog.get("demo"))?.components[0]).toEqual({ kind: "action", ref: "demo.run", label: "Sprint" });
    });

    test("a removed definition leaves, others stay", async () => {
      const { catalog } = await open();
      await catalog.register(await demo());
      const { "actions/walk.yaml": _, "rules/help.yaml": __, ...files } = FILES;
      await catalog.register(await demo(files, { release: "2-00000000" }));
      expect((await catalog.get("demo"))?.components).toEqual([COMPONENTS[0], COMPONENTS[3]]);
    });

    test("packs do not touch each other", async () => {
      const { catalog } = await open();
      await catalog.register(await demo());
      await catalog.register(await catalogPack({ "actions/run.yaml": "ref: zz.run\nlabel: Run\n" }, { ref: "zz" }));
      expect((await catalog.list()).map(({ ref }) => ref)).toEqual(["demo", "zz"]);
      expect((await catalog.get("demo"))?.components).toEqual(COMPONENTS);
    });

    test.for(["Robert'); DROP TABLE action; --", '"; $$ \\ %s $1 ?', "é\u{1F600}", "{a,b}", "NULL"])(
      "takes any text as it is: %s",
      async (label) => {
        const { catalog, rows } = await open();
        const yaml = `ref: demo.run\nlabel: ${JSON.stringify(label)}\ndescription: ${JSON.stringify(label)}\nparameters: {${JSON.stringify(label)}: {default: ${JSON.stringify(label)}}}\n`;
        const pack = () =>
          demo({ "pack.yaml": packYaml("demo", `tags: [${JSON.stringify(label)}]\n`), "actions/run.yaml": yaml });
        await catalog.register(await pack());
        expect((await catalog.get("demo"))?.components).toEqual([{ kind: "action", ref: "demo.run", label }]);
        const before = await rows();
        expect((await catalog.register(await pack())).changes).toBe(0);
        expect(await rows()).toEqual(before);
      },
    );
  });

  describe("unregistering", () => {
    test("leaves nothing of a pack", async () => {
      const { catalog } = await open();
      await catalog.register(await demo());
      expect((await catalog.unregister("demo")).changes).toBeGreaterThan(0);
      expect([await catalog.get("demo"), await catalog.list()]).toEqual([undefined, []]);
    });

    test("of what is not there does nothing", async () => {
      const { catalog } = await open();
      expect(await catalog.unregister("demo")).toMatchObject({ changes: 0 });
      expect(await catalog.unregister("'; DELETE FROM pack; --")).toMatchObject({ changes: 0 });
    });
  });

  test("the newest version comes first in history", async () => {
    const { catalog } = await open();
    expect(await catalog.history("demo")).toEqual([]);
    await catalog.register(await demo());
    const next = { "pack.yaml": "ref: demo\nlabel: demo\nversion: 1.1.0\n" };
    await catalog.register(await demo(next, { release: "2-00000000", version: "1.1.0" }));
    expect((await catalog.history("demo"))[0]).toMatchObject({ version: "1.1.0" });
    expect((await catalog.get("demo"))?.version).toBe("1.1.0");
  });

  test("a pack that is refused leaves what was there, whole", async () => {
    const { catalog, rows } = await open();
    await catalog.register(await demo());
    const before = await rows();
    const broken = await demo({
      ...FILES,
      "actions/run.yaml": "ref: demo.run\nlabel: New\n",
      "triggers/fall.yaml": "ref: demo.fall\nlabel: {a: 1}\n",
    });
    const refused = await catalog.register({ ...broken, release: "2-00000000" }).catch((error: unknown) => error);
    if (!(refused instanceof PackRefused)) return; // the embedded catalog takes whatever is live
    expect(refused.message).toContain("triggers/fall.yaml");
    expect(await rows()).toEqual(before);
  });
}
