import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readIdentity } from "../../src/pack/identity.ts";
import { checkYaml } from "../../src/pack/yaml.ts";
import { keyPosition } from "../../src/pack/yaml-positions.ts";

describe("dialect", () => {
  test.for([
    { title: "a label", text: "ref: core\nlabel: Core\nname: core\nauthor: me", dialect: "attune" },
    { title: "a configuration inside", text: "ref: core\nname: core\nauthor: me\nconf_schema: {}", dialect: "attune" },
    { title: "runtime_deps", text: "name: core\nkeywords: []\nruntime_deps: [shell]", dialect: "attune" },
    { title: "tests", text: "name: core\nauthor: me\ntesting: {enabled: true}", dialect: "attune" },
    { title: "a yes or no at `system`", text: "name: core\nauthor: me\nsystem: false", dialect: "attune" },
    { title: "a ref and nothing else", text: "ref: core\nversion: 1.0.0", dialect: "attune" },
    { title: "a legacy name and nothing else", text: "ref: core\nname: core\nversion: 1.0.0", dialect: "attune" },
    { title: "name and author", text: "name: napalm\nauthor: me", dialect: "stackstorm" },
    { title: "ref, name and keywords", text: "ref: github\nname: GitHub\nkeywords: [git]", dialect: "stackstorm" },
    { title: "python_versions", text: 'ref: st2\nname: st2\npython_versions: ["3"]', dialect: "stackstorm" },
    { title: "OS packages at `system`", text: "name: x1\nauthor: me\nsystem: {apt: []}", dialect: "stackstorm" },
  ])("takes a pack with $title for $dialect", ({ text, dialect }) => {
    expect(identify(text).dialect).toBe(dialect);
  });
});

describe("identity", () => {
  test.for([
    {
      title: "reads Attune's",
      text: 'ref: my-pack\nlabel: My\nversion: "1.2.3-rc.1+b.5"',
      ref: "my-pack",
      version: "1.2.3-rc.1+b.5",
    },
    {
      title: "needs no quotes for a full version",
      text: "ref: core\nlabel: C\nversion: 1.0.0",
      ref: "core",
      version: "1.0.0",
    },
    {
      title: "reads StackStorm's",
      text: "ref: st2\nname: St2\nauthor: a\nversion: 2.0.2",
      ref: "st2",
      version: "2.0.2",
    },
    {
      title: "infers a ref from the directory",
      text: "name: Some Name\nauthor: a\nversion: 1.0.0",
      ref: "directory",
      version: "1.0.0",
    },
    {
      title: "takes an empty ref for none",
      text: 'ref: ""\nname: x\nauthor: a\nversion: 1.0.0',
      ref: "directory",
      version: "1.0.0",
    },
    { title: "completes a number", text: "ref: a1\nname: x\nauthor: a\nversion: 0.2", ref: "a1", version: "0.2.0" },
    { title: "completes a whole number", text: "ref: a1\nname: x\nauthor: a\nversion: 3", ref: "a1", version: "3.0.0" },
    { title: "completes a text", text: 'ref: a1\nname: x\nauthor: a\nversion: "1.4"', ref: "a1", version: "1.4.0" },
  ])("$title", ({ text, ref, version }) => {
    expect(identify(text)).toMatchObject({ ref, version, diagnostics: [] });
  });

  test("infers a ref from the name where the directory can be none", () => {
    const identity = identify("name: napalm\nauthor: a\nversion: 1.1.0", "stackstorm-napalm");
    expect(identity).toMatchObject({ ref: "napalm", diagnostics: [] });
  });

  test.for([
    { title: "Attune's", list: '["core", "http@^1.0", "a-b >=2"]', expected: ["core", "http", "a-b"] },
    {
      title: "StackStorm's",
      list: '["core=1.0.0", "git", "https://github.com/x/y.git=v1"]',
      expected: ["core", "git"],
    },
    { title: "repeated", list: "[core, core@1]", expected: ["core"] },
    { title: "nonsense", list: "[1, null, {a: b}, [], Up, ..]", expected: [] },
    { title: "a map of", list: "{}", expected: [] },
  ])("knows $title dependencies by their refs", ({ list, expected }) => {
    expect(identify(`ref: x1\nversion: 1.0.0\ndependencies: ${list}`).dependencies).toEqual(expected);
  });
});

describe("findings", () => {
  test("misses pack.yaml", () => {
    const { diagnostics, ...identity } = readIdentity(undefined, { file: "pack.yaml", directory: "directory" });
    expect(identity).toEqual({ dialect: "attune", dependencies: [] });
    expect(diagnostics).toEqual([
      {
        severity: "error",
        code: "manifest.missing",
        message: "Expected `pack.yaml` in `directory`, got none",
        file: "pack.yaml",
        hint: "Write at least `ref`, `label` and `version`.",
      },
    ]);
  });

  test.for([
    { text: "", code: "manifest.not_object", at: [1, 1], got: "got none" },
    { text: "---\n- a\n", code: "manifest.not_object", at: [2, 1], got: "got a list" },
    { text: "# x\n\njust text\n", code: "manifest.not_object", at: [3, 1], got: 'got the text `"just text"`' },
    { text: "# x\nlabel: X\nversion: 1.0.0", code: "metadata.missing_field", at: [2, 1], got: "`ref`" },
    { text: "label: X\nref:\nversion: 1.0.0", code: "metadata.missing_field", at: [2, 1], got: "`ref`" },
    {
      text: "name: X y\nauthor: me\nversion: 1.0.0",
      code: "metadata.missing_field",
      at: [1, 1],
      got: "`ref`",
      directory: "st2-x",
    },
    { text: "label: X\nref: My Pack\nversion: 1.0.0", code: "manifest.invalid_ref", at: [2, 1], got: '`"My Pack"`' },
    { text: 'label: X\nversion: 1.0.0\nref: "core\\n"', code: "manifest.invalid_ref", at: [3, 1], got: '`"core\\n"`' },
    { text: "ref: 12\nversion: 1.0.0", code: "manifest.invalid_ref", at: [1, 1], got: "the number `12`" },
    { text: "ref: [core]\nversion: 1.0.0", code: "manifest.invalid_ref", at: [1, 1], got: "a list" },
    { text: "name: x\nauthor: a\nref: a-b\nversion: 1.0.0", code: "manifest.invalid_ref", at: [3, 1], got: '`"a-b"`' },
    {
      text: "name: x\nauthor: a\nref: _global\nversion: 1.0.0",
      code: "manifest.invalid_ref",
      at: [3, 1],
      got: '`"_global"`',
    },
    { text: "ref: core\nlabel: C", code: "metadata.missing_field", at: [1, 1], got: "`version`" },
    { text: "ref: core\n\nversion: 1.0", code: "manifest.invalid_version", at: [3, 1], got: "the number `1`" },
    { text: 'ref: core\nversion: "1.0"', code: "manifest.invalid_version", at: [2, 1], got: '`"1.0"`' },
    { text: "ref: core\nversion: v1.0.0", code: "manifest.invalid_version", at: [2, 1], got: '`"v1.0.0"`' },
    { text: "ref: core\nversion: {major: 1}", code: "manifest.invalid_version", at: [2, 1], got: "a mapping" },
    {
      text: "ref: x1\nname: x\nauthor: a\nversion: 1.0.0-RC1",
      code: "manifest.invalid_version",
      at: [4, 1],
      got: "RC1",
    },
    {
      text: "ref: x1\nname: x\nauthor: a\nversion: true",
      code: "manifest.invalid_version",
      at: [4, 1],
      got: "boolean `true`",
    },
    { text: "ref: core\nref: Core\nversion: 1.0.0", code: "manifest.invalid_ref", at: [2, 1], got: '`"Core"`' },
  ])("says $code at $at: $got", ({ text, code, at: [line, column], got, directory }) => {
    const { diagnostics } = identify(text, directory);
    expect(diagnostics).toEqual([
      expect.objectContaining({
        severity: "error",
        code,
        line,
        column,
        file: "pack.yaml",
        message: expect.stringContaining(got),
      }),
    ]);
  });

  test.for([
    { text: "ref: core\nversion: 1.0", hint: 'Quote and complete it, e.g. `version: "1.0.0"`.' },
    { text: "ref: core\nversion: 0.2", hint: 'Quote and complete it, e.g. `version: "0.2.0"`.' },
    { text: "ref: core\nversion: v2.1", hint: 'Write major, minor and patch, e.g. `version: "2.1.0"`.' },
    { text: "ref: My Pack\nversion: 1.0.0", hint: expect.stringContaining('e.g. `ref: "my_pack"`') },
    { text: "label: X\nversion: 1.0.0", hint: "Add the line `ref: directory`." },
  ])("advises: $hint", ({ text, hint }) => {
    expect(identify(text).diagnostics).toMatchObject([{ hint }]);
  });

  test("tells of ref and version at once, and works without positions", () => {
    const { diagnostics } = readIdentity({ ref: "X", version: 1 }, { file: "pack.yaml", directory: "x" });
    expect(diagnostics.map(({ code, line }) => ({ code, line }))).toEqual([
      { code: "manifest.invalid_ref", line: undefined },
      { code: "manifest.invalid_version", line: undefined },
    ]);
  });

  test("never throws, and has a ref and a version unless it says why not", () => {
    const field = fc.oneof(fc.jsonValue(), fc.string(), fc.constantFrom({ toString: 1, valueOf: 2 }, "core", "1.0.0"));
    const manifest = fc.record(
      { ref: field, version: field, name: field, label: field, author: field, system: field, dependencies: field },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), manifest), fc.string(), (value, directory) => {
        const { ref, version, diagnostics } = readIdentity(value, { file: "pack.yaml", directory });
        expect(diagnostics.length > 0).toBe(ref === undefined || version === undefined);
      }),
    );
  });
});

function identify(text: string, directory = "directory") {
  const checked = checkYaml(text, "pack.yaml");
  if (!checked.ok) throw new Error(checked.diagnostics[0]?.message);
  return readIdentity(checked.value, { file: "pack.yaml", directory, positionOf: (path) => keyPosition(text, path) });
}
