import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readLive } from "../../src/catalog/read-live.ts";
import { catalogPack, knownFrom, liveRelease, packYaml } from "../support/catalog.ts";
import { scratch, writeTree } from "../support/trees.ts";

const ACTION = "ref: demo.a\nlabel: A\n";

describe("the definitions of a live pack", () => {
  test("are those that platforms look for, each with its kind and ref", async () => {
    const { components, dialect } = await catalogPack({
      "actions/a.yaml": ACTION,
      "actions/run.sh": "",
      "lib/b.yaml": ACTION,
      "triggers/below/c.yaml": ACTION,
      "policies/p.yml": "ref: demo.p\nlabel: P\n",
    });
    expect(dialect).toBe("attune");
    expect(components.map(({ file, kind, ref }) => [file, kind, ref])).toEqual([
      ["actions/a.yaml", "action", "demo.a"],
      ["pack.yaml", "pack", undefined],
      ["policies/p.yml", "policy", "demo.p"],
    ]);
  });

  test("of StackStorm have their kinds and refs, too", async () => {
    const { components, dialect } = await catalogPack({
      "pack.yaml": "ref: demo\nname: demo\nauthor: x\nversion: 1.0.0\n",
      "sensors/s.yaml": "class_name: Watch\nentry_point: s.py\n",
    });
    expect(dialect).toBe("stackstorm");
    expect(components.at(-1)).toMatchObject({ kind: "sensor", ref: "demo.Watch" });
  });

  test("that cannot be read are there with the reason", async () => {
    const { components } = await catalogPack({ "actions/a.yaml": "a: [" });
    expect(components[0]).toMatchObject({ definition: undefined, problem: expect.any(String) });
  });

  test("whose bytes are known are not read again, all others are", async () => {
    using directory = scratch();
    writeTree(directory.path, {
      "pack.yaml": packYaml("demo"),
      "actions/a.yaml": ACTION,
      "actions/b.yaml": "ref: demo.b\n",
    });
    const first = await readLive(liveRelease(directory.path), []);
    const known = knownFrom(first);
    writeFileSync(`${directory.path}/actions/b.yaml`, "ref: demo.b\nlabel: New\n");
    const reads: string[] = [];
    const live = liveRelease(directory.path);
    const files = { ...live.files, read: (path: string) => live.files.read(reads[reads.push(path) - 1] ?? "") };
    const digestOf = (path: string) => (path === "actions/b.yaml" ? "another" : known.definition(path)?.digest);
    const second = await readLive({ ...live, files, digestOf }, [known]);
    expect(reads).toEqual(["actions/b.yaml"]);
    expect(second.components.map(({ definition }) => definition)).toContainEqual({ ref: "demo.b", label: "New" });
    expect(second.digest).not.toBe(first.digest);
  });

  test("have the same digest only if nothing of them is different", async () => {
    const plain = await catalogPack({ "actions/a.yaml": ACTION });
    expect((await catalogPack({ "actions/a.yaml": ACTION, "README.md": "x" })).digest).toBe(plain.digest);
    for (const files of [
      { "actions/a.yaml": `${ACTION}#` },
      { "actions/b.yaml": ACTION },
      { "actions/a.yaml": ACTION, "actions/a.sh": "" },
    ]) {
      expect((await catalogPack(files)).digest).not.toBe(plain.digest);
    }
  });
});

describe("nothing outside of the pack is read", () => {
  test("by way of symlinks", async () => {
    using directory = scratch();
    const secret = `${directory.path}/outside`;
    writeTree(secret, { "s.yaml": "ref: demo.secret\n", "t.yaml": "tasks: [secret]\n" });
    const root = `${directory.path}/demo`;
    writeTree(root, {
      "pack.yaml": packYaml("demo"),
      "actions/linked.yaml": { link: `${secret}/s.yaml` },
      "actions/a.yaml": "ref: demo.a\nworkflow_file: ../flows/t.yaml\n",
      "actions/b.yaml": "ref: demo.b\nworkflow_file: ../../outside/t.yaml\n",
      triggers: { link: secret },
      flows: { link: secret },
    });
    const { components } = await readLive(liveRelease(root), []);
    expect(components.map(({ file }) => file)).toEqual(["actions/a.yaml", "actions/b.yaml", "pack.yaml"]);
  });

  test("nor what is too large, or no file", async () => {
    using directory = scratch();
    writeTree(directory.path, { "pack.yaml": packYaml("demo"), "actions/large.yaml": `a: ${"x".repeat(1_000_001)}\n` });
    mkdirSync(`${directory.path}/actions/directory.yaml`);
    const { components } = await readLive(liveRelease(directory.path), []);
    expect(components.map(({ file }) => file)).toEqual(["pack.yaml"]);
  });
});
