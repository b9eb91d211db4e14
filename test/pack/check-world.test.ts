import { describe, expect, test } from "vitest";
import { checkWorld, type World } from "../../src/pack/check-world.ts";
import type { Dialect } from "../../src/pack/identity.ts";
import { outsideOf } from "../../src/pack/pack-facts.ts";
import { brief, wholePack } from "../support/whole-pack.ts";

/** One pack `core`, version 1.4.0, with `action core.echo`. */
const WORLD: World = {
  has: (kind, ref) => `${kind} ${ref}` === "action core.echo",
  hasPack: (ref) => ref === "core",
  versionOf: (ref) => (ref === "core" ? "1.4.0" : undefined),
};

function missed(files: Readonly<Record<string, string>>, dialect: Dialect = "attune"): string[] {
  const outside = outsideOf(wholePack(files, { dialect }));
  return outside === undefined ? [] : checkWorld(outside, WORLD).map(brief);
}

describe("references to other packs", () => {
  test.for([
    { action: "core.echo", expected: [] },
    { action: "core.nope", expected: ["warning reference.unknown rules/r.yaml"] },
    { action: "nope.echo", expected: ["warning reference.unknown rules/r.yaml"] },
    { action: "demo.own", expected: [] },
  ])("$action: $expected", ({ action, expected }) => {
    expect(missed({ "rules/r.yaml": `ref: demo.r\ntrigger_ref: demo.t\naction_ref: ${action}\n` })).toEqual(expected);
  });

  test("what StackStorm installs itself is always there", () => {
    expect(
      missed(
        { "rules/r.yaml": "name: r\ntrigger: {type: core.st2.webhook}\naction: {ref: packs.install}\n" },
        "stackstorm",
      ),
    ).toEqual([]);
  });
});

describe("dependencies", () => {
  test.for([
    { entry: "core", expected: [] },
    { entry: "core@>=1.0.0", expected: [] },
    { entry: "core@>=1.0.0, <2.0.0", expected: [] },
    { entry: "core@==1.4.0", expected: [] },
    { entry: "core@^2.0.0", expected: ["warning pack.dependency_version pack.yaml"] },
    { entry: "core@~1.3", expected: ["warning pack.dependency_version pack.yaml"] },
    { entry: "core@main", expected: [] },
    { entry: "aws", expected: ["warning pack.dependency_missing pack.yaml"] },
    { entry: "https://example.com/aws.git", expected: [] },
  ])("$entry: $expected", ({ entry, expected }) => {
    expect(missed({ "pack.yaml": `ref: demo\ndependencies: ["${entry}"]\n` })).toEqual(expected);
  });
});

test("while nobody knows the pack's own ref, nobody can tell what is foreign", () => {
  expect(outsideOf({ ...wholePack({}), pack: undefined })).toBeUndefined();
});
