import { chmodSync, symlinkSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyzeDependencies, type InstalledPacks } from "../../src/install/dependencies.ts";
import { dependenciesDocument } from "../../src/install/dependencies-document.ts";
import type { Dependency, DependencyReport } from "../../src/install/stages.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import { fifo, type Tree } from "../scenarios/support/tree.ts";
import { manifest } from "./downloading.ts";

const NOTHING: InstalledPacks = new Map();

interface Given {
  readonly installed?: Readonly<Record<string, string>>;
  readonly validation?: "judged" | "skipped";
}

/** All directories in `packs`, in the order of their names. */
function analyze(it: Story, { installed = {}, validation = "judged" }: Given = {}): DependencyReport {
  const names = Object.keys(it.tree("packs")).filter((path) => !path.includes("/"));
  const packPaths = names.map((name) => it.at(`packs/${name}`));
  return analyzeDependencies({ packPaths, validation }, new Map(Object.entries(installed)));
}

const pack = (ref: string, rest = "", version = "1.0.0"): Tree => ({ "pack.yaml": manifest(ref, version) + rest });
const brief = ({ packRef, versionSpec }: Dependency): string => `${packRef} ${versionSpec}`;

describe("`dependencies`, in every way that packs write it", () => {
  test.for([
    { yaml: "", wants: [] },
    { yaml: "dependencies:\n", wants: [] },
    { yaml: "dependencies: []\n", wants: [] },
    { yaml: "dependencies: {}\n", wants: [] },
    { yaml: "dependencies: [core]\n", wants: ["core *"] },
    { yaml: 'dependencies: ["core@>=1.0.0"]\n', wants: ["core >=1.0.0"] },
    { yaml: 'dependencies: ["core@1.2"]\n', wants: ["core 1.2"] },
    { yaml: 'dependencies: ["core@ latest"]\n', wants: ["core latest"] },
    { yaml: 'dependencies: ["core>=1.0", "aws<2"]\n', wants: ["core >=1.0", "aws <2"] },
    { yaml: "dependencies: [core=1.2, aws==2.0.0]\n", wants: ["core =1.2", "aws ==2.0.0"] },
    { yaml: 'dependencies: ["core ^1.0", "aws ~ 1.0", "gcp *"]\n', wants: ["core ^1.0", "aws ~ 1.0", "gcp *"] },
    { yaml: 'dependencies: ["core >=1.0, <2.0"]\n', wants: ["core >=1.0, <2.0"] },
    { yaml: 'dependencies: {core: ^1.0, aws: "*", gcp: }\n', wants: ["core ^1.0", "aws *", "gcp *"] },
    { yaml: "dependencies: {core: 2, aws: 1.25, gcp: {version: '>=1'}}\n", wants: ["core 2", "aws 1.25", "gcp >=1"] },
    {
      yaml: "dependencies:\n  - {ref: core, version: '>=1.0'}\n  - name: aws\n  - {pack: gcp, version_spec: ~1.0}\n  - azure: '1.0'\n",
      wants: ["core >=1.0", "aws *", "gcp ~1.0", "azure 1.0"],
    },
    {
      yaml: 'dependencies: {attune_version: ">=1", python_version: ">=3.9", packs: [core, "aws@^1"]}\n',
      wants: ["core *", "aws ^1"],
    },
    { yaml: 'dependencies: ["github:org/pack-aws@v1.0.0"]\n', wants: ["aws v1.0.0"] },
  ])("$yaml", ({ yaml, wants }) => {
    using it = story({ packs: { demo: pack("demo", yaml) } });
    const { analyzed, errors } = analyze(it);
    expect(errors).toEqual([]);
    expect(analyzed[0]?.dependencies.map(brief)).toEqual(wants);
  });

  test("StackStorm's: names, repositories, branches; its own packs are always there", () => {
    const list = `[core, "email=1.2.0", "jira=master", "https://example.com/stackstorm-aws.git=v1.0.0", "git@example.com:org/st2_x.git"]`;
    const yaml = `name: demo\ndescription: x\nauthor: x\nversion: 1.0\ndependencies: ${list}\npython_versions: ["2", "3"]\n`;
    using it = story({ packs: { demo: { "pack.yaml": yaml } } });
    const { analyzed, missing, errors } = analyze(it);
    expect(errors).toEqual([]);
    expect(missing.map(brief)).toEqual(["email =1.2.0", "jira *", "aws v1.0.0", "st2_x *"]);
    expect(analyzed[0]).toMatchObject({ version: "1.0.0", runtimes: { python: { version: "3" }, nodejs: undefined } });
    expect(analyzed[0]?.dependencies[0]).toMatchObject({ packRef: "core", alreadyInstalled: true });
  });

  test.for([
    { yaml: "dependencies: core\n", error: "Expected `dependencies` to be a list, got `core`" },
    { yaml: "dependencies: [7]\n", error: "Expected texts such as `core@>=1.0.0` in `dependencies`, got `7`" },
    {
      yaml: "dependencies: [[core]]\n",
      error: 'Expected texts such as `core@>=1.0.0` in `dependencies`, got `["core"]`',
    },
    { yaml: "dependencies: [Core]\n", error: "Expected a dependency to begin with a pack's ref, got `Core`" },
    {
      yaml: "dependencies: [core 1.0]\n",
      error: "Expected texts such as `core@>=1.0.0` in `dependencies`, got `core 1.0`",
    },
    { yaml: "dependencies: [core@main]\n", error: "Expected `core` with versions such as `>=1.0.0`, got `main`" },
    { yaml: "dependencies: {core: 1.1}\n", error: "Expected the versions of `core` as text, got `1.1`" },
    { yaml: "dependencies: {core: true}\n", error: "Expected the versions of `core` as text, got `true`" },
    { yaml: "python: 3.1\n", error: 'Expected the version of `python` as text, such as `">=3.9"`, got `3.1`' },
    { yaml: "nodejs: lts\n", error: 'Expected the version of `nodejs` as text, such as `">=3.9"`, got `lts`' },
  ])("what cannot be read is an error: $yaml", ({ yaml, error }) => {
    using it = story({ packs: { demo: pack("demo", `${yaml}`), other: pack("other") } });
    expect(analyze(it)).toMatchObject({ errors: [{ packPath: it.at("packs/demo"), error }], order: ["demo", "other"] });
    expect(analyze(it, { validation: "skipped" }).errors).toEqual([]);
  });
});

describe("what a pack needs of runtimes", () => {
  const files: Tree = { "requirements.txt": "requests\n", "package.json": '{"engines": {"node": "^20 || >=22"}}' };
  const [requirementsFile, packageFile] = ["requirements.txt", "package.json"];
  test.for([
    { yaml: "", tree: {}, python: undefined, nodejs: undefined },
    { yaml: 'python: ">=3.9"\n', tree: {}, python: { version: ">=3.9" }, nodejs: undefined },
    { yaml: "python: 3.11\nnodejs: 20\n", tree: {}, python: { version: "3.11" }, nodejs: { version: "20" } },
    { yaml: "runtime_deps: [shell, python, nodejs]\n", tree: {}, python: {}, nodejs: {} },
    { yaml: 'runtime_deps: ["python3>=3.10"]\n', tree: {}, python: { version: ">=3.10" }, nodejs: undefined },
    { yaml: "runtime_deps: {python: '>=3.9', node: }\n", tree: {}, python: { version: ">=3.9" }, nodejs: {} },
    {
      yaml: 'dependencies: {python_version: ">=3.8", nodejs_version: "18"}\n',
      tree: {},
      python: { version: ">=3.8" },
      nodejs: { version: "18" },
    },
    { yaml: "", tree: files, python: { requirementsFile }, nodejs: { version: "^20 || >=22", packageFile } },
    { yaml: 'nodejs: "20"\n', tree: files, python: { requirementsFile }, nodejs: { version: "20", packageFile } },
    {
      yaml: "",
      tree: { "package.json": '{"engines": {"node": "lts/*"}}' },
      python: undefined,
      nodejs: { packageFile },
    },
    { yaml: "", tree: { "package-lock.json": "{}" }, python: undefined, nodejs: {} },
    {
      yaml: "",
      tree: { "requirements.txt": (path: string) => symlinkSync("/etc/passwd", path) },
      python: undefined,
      nodejs: undefined,
    },
  ])("$yaml $tree", ({ yaml, tree, python, nodejs }) => {
    using it = story({ packs: { demo: { ...pack("demo", yaml), ...tree } } });
    const { analyzed, errors } = analyze(it);
    expect(errors).toEqual([]);
    const at = (name: string | undefined) => name && it.at(`packs/demo/${name}`);
    const none = { version: undefined, requirementsFile: undefined, packageFile: undefined };
    const pythonNeeds = python && { ...none, ...python };
    const nodeNeeds = nodejs && { ...none, ...nodejs };
    expect(analyzed[0]?.runtimes).toEqual({
      python: pythonNeeds && { version: pythonNeeds.version, requirementsFile: at(pythonNeeds.requirementsFile) },
      nodejs: nodeNeeds && { version: nodeNeeds.version, packageFile: at(nodeNeeds.packageFile) },
    });
  });

  test("a package.json that is none is an error", () => {
    using it = story({ packs: { demo: { ...pack("demo"), "package.json": "{" } } });
    expect(analyze(it).errors[0]?.error).toMatch(/^Expected `package.json` to be JSON, got /);
  });
});

describe("against what is there", () => {
  const wants = (spec: string): Tree => ({ app: pack("app", `dependencies: ["core@${spec}"]\n`) });

  test.for([
    { installed: {}, spec: "*", is: "missing" },
    { installed: { core: "1.4.0" }, spec: ">=1.0", is: "installed" },
    { installed: { core: "1.4.0" }, spec: "^2.0", is: "conflicting" },
    { installed: { core: "0.0.0-dev" }, spec: "*", is: "installed" },
  ])("$installed and `$spec`: $is", ({ installed, spec, is }) => {
    using it = story({ packs: wants(spec) });
    const { missing, conflicting, analyzed } = analyze(it, { installed });
    expect(missing.length).toBe(is === "missing" ? 1 : 0);
    expect(conflicting.length).toBe(is === "conflicting" ? 1 : 0);
    expect(analyzed[0]?.dependencies[0]?.alreadyInstalled).toBe(is === "installed");
    const skipped = analyze(it, { installed, validation: "skipped" });
    expect([skipped.missing.length, skipped.conflicting.length]).toEqual([is === "missing" ? 1 : 0, 0]);
  });

  test("what comes along takes the place of what is installed, better or worse", () => {
    using it = story({ packs: { ...wants("^2.0"), core: pack("core", "", "2.1.0") } });
    const better = analyze(it, { installed: { core: "1.0.0" } });
    expect(better.analyzed[0]?.dependencies).toEqual([
      {
        packRef: "core",
        versionSpec: "^2.0",
        requiredBy: "app",
        alreadyInstalled: false,
        found: { version: "2.1.0", from: "comes along" },
      },
    ]);
    expect(better).toMatchObject({ missing: [], conflicting: [], order: ["core", "app"] });
    it.write("packs/core/pack.yaml", manifest("core", "3.0.0"));
    const worse = analyze(it, { installed: { core: "2.0.0" } });
    expect(worse.conflicting).toMatchObject([{ packRef: "core", alreadyInstalled: true, found: { version: "3.0.0" } }]);
  });

  test("two that want different versions of what is missing are in conflict; who wants any is not", () => {
    using it = story({
      packs: {
        a: pack("aa", 'dependencies: ["core@^1.0"]\n'),
        b: pack("bb", 'dependencies: ["core@^2.0"]\n'),
        c: pack("cc", "dependencies: [core]\n"),
      },
    });
    const { missing, conflicting } = analyze(it);
    expect(missing).toHaveLength(3);
    expect(conflicting.map(({ requiredBy }) => requiredBy)).toEqual(["aa", "bb"]);
    expect(analyze(it, { validation: "skipped" }).conflicting).toEqual([]);
  });

  test("circles are said, and nothing is lost for them", () => {
    using it = story({
      packs: {
        a: pack("aa", "dependencies: [bb]\n"),
        b: pack("bb", "dependencies: [aa, cc]\n"),
        c: pack("cc"),
        d: pack("dd", "dependencies: [dd]\n"),
      },
    });
    expect(analyze(it)).toMatchObject({
      circular: [["aa", "bb"], ["dd"]],
      order: ["cc", "aa", "bb", "dd"],
      missing: [],
      conflicting: [],
    });
  });
});

describe("packs that cannot be read are errors, and nothing is thrown", () => {
  test.for<{ what: string; tree: Tree[string]; error: RegExp; skipped?: string }>([
    { what: "a file", tree: "x", error: /^Expected the directory of a pack, got a file$/ },
    { what: "no pack.yaml", tree: {}, error: /^Expected a `pack.yaml` in the directory, got none$/ },
    {
      what: "a link as pack.yaml",
      tree: { "pack.yaml": (path) => symlinkSync("/etc/passwd", path) },
      error: /got none$/,
    },
    { what: "a FIFO as pack.yaml", tree: { "pack.yaml": fifo }, error: /got none$/ },
    { what: "broken YAML", tree: { "pack.yaml": "ref: [\n" }, error: /./ },
    { what: "a list", tree: { "pack.yaml": "- ref\n" }, error: /^Expected `pack.yaml` to have `key: value` lines/ },
    { what: "no ref", tree: { "pack.yaml": 'version: "1.0.0"\n' }, error: /^Expected `ref`/, skipped: "broken" },
    { what: "no version", tree: { "pack.yaml": "ref: other\n" }, error: /^Expected `version`/, skipped: "other" },
    { what: "a pack that is there already", tree: pack("good"), error: /^Expected each pack once, got `good` in/ },
    {
      what: "a pack.yaml without end",
      tree: { "pack.yaml": `#${"x".repeat(2 ** 20)}\n` },
      error: /at most 1048576 bytes/,
    },
  ])("$what", ({ tree, error, skipped }) => {
    using it = story({ packs: { a: pack("good"), broken: tree } });
    const report = analyze(it);
    expect(report.order).toEqual(["good"]);
    expect(report.errors).toEqual([{ packPath: it.at("packs/broken"), error: expect.stringMatching(error) }]);
    const lenient = analyze(it, { validation: "skipped" });
    expect(lenient.order).toEqual(skipped === undefined ? ["good"] : [skipped, "good"].sort());
    if (skipped === "broken") expect(lenient.analyzed.map(({ version }) => version)).toEqual(["1.0.0", "1.0.0"]);
    if (skipped === "other") expect(lenient.analyzed.map(({ version }) => version)).toEqual(["1.0.0", "0.0.0"]);
  });

  test("nothing there, a directory that nobody may enter, and the same directory twice", () => {
    using it = story({
      packs: { good: pack("good"), link: (path) => symlinkSync("good", path), closed: pack("closed") },
    });
    chmodSync(it.at("packs/closed"), 0);
    it.defer(() => chmodSync(it.at("packs/closed"), 0o755));
    const packPaths = ["none", "good", "good", "link"].map((name) => it.at(`packs/${name}`));
    const { errors, analyzed } = analyzeDependencies({ packPaths, validation: "judged" }, NOTHING);
    expect(errors).toEqual([
      { packPath: it.at("packs/none"), error: "Expected the directory of a pack, got nothing there" },
    ]);
    expect(analyzed.map(({ packPath }) => packPath)).toEqual([it.at("packs/good")]);
    const closed = analyzeDependencies({ packPaths: [it.at("packs/closed")], validation: "judged" }, NOTHING);
    expect(closed.errors.length + closed.analyzed.length).toBe(1); // root may
  });
});

test("the platform's document has its fields, and what it lacks beside them", () => {
  using it = story({
    packs: {
      aws: { ...pack("aws", 'python: ">=3.9"\ndependencies: ["core@>=1.0.0", "gcp@^1"]\n'), "requirements.txt": "" },
      core: pack("core"),
    },
  });
  const core = { pack_ref: "core", version_spec: ">=1.0.0", required_by: "aws", already_installed: true };
  const gcp = { pack_ref: "gcp", version_spec: "^1", required_by: "aws", already_installed: false };
  expect(dependenciesDocument(analyze(it, { installed: { core: "1.0.0", gcp: "2.0.0" } }))).toEqual({
    dependencies: [core, gcp],
    runtime_requirements: {
      aws: {
        pack_ref: "aws",
        python: { version: ">=3.9", requirements_file: it.at("packs/aws/requirements.txt") },
        nodejs: null,
      },
    },
    missing_dependencies: [],
    analyzed_packs: [
      { pack_ref: "aws", pack_path: it.at("packs/aws"), has_dependencies: true, dependency_count: 2 },
      { pack_ref: "core", pack_path: it.at("packs/core"), has_dependencies: false, dependency_count: 0 },
    ],
    errors: [],
    conflicting_dependencies: [{ ...gcp, found_version: "2.0.0" }],
    circular_dependencies: [],
    install_order: ["core", "aws"],
  });
});

test("for any packs: each dependency is missing, in conflict, or there as it is wanted", () => {
  const names = ["aa", "bb", "cc", "dd"];
  const anyVersion = fc.constantFrom("1.0.0", "1.5.0", "2.0.0");
  const anyWants = fc.dictionary(fc.constantFrom(...names), fc.constantFrom("*", "^1.0", ">=2", "=1.5"));
  const anyPacks = fc.dictionary(fc.constantFrom(...names), fc.tuple(anyVersion, anyWants), { minKeys: 1 });
  using it = story();
  fc.assert(
    fc.property(anyPacks, fc.dictionary(fc.constantFrom(...names), anyVersion), (packs, installed) => {
      if (it.exists("packs")) it.remove("packs");
      for (const [ref, [version, wanted]] of Object.entries(packs))
        it.write(`packs/${ref}`, pack(ref, `dependencies: ${JSON.stringify(wanted)}\n`, version));
      const { analyzed, missing, conflicting, order, errors } = analyze(it, { installed });
      expect(errors).toEqual([]);
      expect([...order].sort()).toEqual(Object.keys(packs).sort());
      const all = analyzed.flatMap(({ dependencies }) => dependencies);
      expect(all.length).toBe(Object.values(packs).flatMap(([, wanted]) => Object.keys(wanted)).length);
      for (const each of all) {
        const isThere = Object.hasOwn(packs, each.packRef) || Object.hasOwn(installed, each.packRef);
        expect(missing.includes(each)).toBe(!isThere);
        if (each.found !== undefined && each.versionSpec === "*") expect(conflicting).not.toContain(each);
        if (each.found?.from === "installed") expect(conflicting.includes(each)).toBe(!each.alreadyInstalled);
      }
      expect(all).toEqual(expect.arrayContaining([...missing, ...conflicting]));
    }),
    { numRuns: 60 },
  );
});

test("whatever stands in a pack.yaml, nothing is thrown, and what is said is short", () => {
  const anyText = fc.oneof(
    fc.constantFrom(
      "core",
      "core@>=1",
      "https://x.example/y.git=1",
      "toString",
      "__proto__",
      "ref",
      "version",
      "packs",
      "*",
      "3.1",
    ),
    fc.string(),
  );
  const { tree: anyValue } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      anyText,
      fc.constantFrom(null, true, 1.1, 20, Number.NaN),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(anyText, tie("tree"), { maxKeys: 3 }),
    ),
  }));
  using it = story({ packs: { demo: pack("demo") } });
  fc.assert(
    fc.property(anyValue, anyValue, anyValue, (dependencies, versions, runtimes) => {
      const fields = {
        dependencies,
        runtime_deps: runtimes,
        python: versions,
        python_versions: versions,
        nodejs: runtimes,
      };
      const lines = Object.entries(fields).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
      it.write("packs/demo/pack.yaml", manifest("demo") + lines.join(""));
      const { order, errors, analyzed } = analyze(it);
      expect(errors.every(({ error }) => error.startsWith("Expected") && error.length < 300)).toBe(true);
      if (order.length === 0) return; // YAML that nobody reads
      const { dependencies: read = [], runtimes: needs } = analyzed[0] ?? {};
      expect(read.every(({ packRef, versionSpec }) => packRef !== "" && versionSpec !== "")).toBe(true);
      expect([needs?.python?.version, needs?.nodejs?.version]).not.toContain("");
    }),
    { numRuns: 300 },
  );
});
