import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { story } from "../scenarios/support/story.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/installing.md"), "utf8");

/** The YAML blocks below a heading. */
function blocks(heading: string): readonly string[] {
  const below = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...below.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => yaml);
}

test("the workflow in StackStorm's syntax is one, and calls the actions of the core pack as they are", () => {
  const [workflow = ""] = blocks("From actions and workflows");
  const action = "name: install\nrunner_type: orquesta\nentry_point: workflows/install.yaml\n";
  const parameters = "parameters:\n  pack_source: {type: string}\n  destination_dir: {type: string}\n";
  using it = story({
    packs: {
      demo: {
        "pack.yaml": "ref: demo\nname: demo\ndescription: x\nversion: 1.0.0\nauthor: x\nemail: a@example.org\n",
        actions: { "install.yaml": action + parameters, workflows: { "install.yaml": workflow } },
      },
    },
  });
  const { code, stdout } = it.packsync(["validate", "packs/demo", "--dialect", "stackstorm", "--format", "json"]);
  const { packs } = JSON.parse(stdout);
  expect({ code, diagnostics: packs[0].diagnostics }).toEqual({ code: 0, diagnostics: [] });

  const { tasks } = parse(workflow);
  for (const { action: ref, input } of Object.values<{ action: string; input: object }>(tasks)) {
    const definition = join(root, `packs/core/actions/${ref.slice("core.".length)}.yaml`);
    const known = Object.keys(parse(readFileSync(definition, "utf8")).parameters);
    expect(known).toEqual(expect.arrayContaining(Object.keys(input)));
  }
});

test("the `testing` section validates without a finding", () => {
  const [testing = ""] = blocks("Tests of a pack");
  const manifest = `ref: demo\nlabel: Demo\nversion: "1.0.0"\n${testing}`;
  using it = story({ packs: { demo: { "pack.yaml": manifest } } });
  const { stdout } = it.packsync(["validate", "packs/demo", "--format", "json"]);
  expect(JSON.parse(stdout).packs[0].diagnostics).toEqual([]);
});
