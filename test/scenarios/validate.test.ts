import { chmodSync, lstatSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { brokenYaml, manifest, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { stampsOf, type Tree } from "./support/tree.ts";

const wrongVersion = "ref: core\nlabel: core\nversion: 0.1\n";

/** A pack that nothing can be said against. */
function pack(ref: string, files: Tree = {}): Tree {
  return {
    "pack.yaml": manifest(ref),
    actions: { "echo.yaml": action(`${ref}.echo`), "echo.sh": script("echo hello") },
    ...files,
  };
}

function action(ref: string): string {
  const name = ref.replace(/.*\./, "");
  return `ref: ${ref}\nlabel: ${name}\ndescription: Says ${name}\nrunner_type: shell\nentry_point: ${name}.sh\n`;
}

interface Report {
  readonly exitCode: number;
  readonly totals: Record<string, number>;
  readonly packs: readonly { ref: string; path: string; diagnostics: readonly Record<string, unknown>[] }[];
  readonly mended: readonly { file: string; what: string }[];
}

function validate(it: Story, ...args: readonly string[]) {
  const { code, stdout, stderr } = it.packsync(["validate", "--format", "json", ...args]);
  expect(stdout, stderr).toMatch(/^\{/);
  const report: Report = JSON.parse(stdout);
  expect(report.exitCode).toBe(code);
  return { code, ...report, codes: report.packs.flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code)) };
}

describe("what is looked at", () => {
  const tree: Tree = {
    good: pack("good"),
    bad: { ...pack("bad"), "pack.yaml": wrongVersion, actions: { "echo.yaml": brokenYaml } },
  };

  test("is all packs of the sources, without a path", () => {
    using it = story({
      packs: tree,
      "packs.dev": { mine: { actions: { "a.yaml": action("mine.a"), "a.sh": script("x") } } },
    });
    const { packs, code } = validate(it);
    expect(packs.map(({ path }) => path)).toEqual(["packs/bad", "packs/good", "packs.dev/mine"].map((p) => it.at(p)));
    expect(code).toBe(1);
  });

  test.for([
    { title: "one pack", path: "packs/good", refs: ["good"] },
    { title: "a directory of packs", path: "packs", refs: ["bad", "good"] },
    { title: "a symlink to a pack", path: "link", refs: ["good"] },
    { title: "a pack that is named twice once", path: "packs/good/../good", refs: ["good"] },
  ])("is $title", ({ path, refs }) => {
    using it = story({ packs: { ...tree, bad: pack("bad") } });
    symlinkSync("packs/good", it.at("link"));
    expect(validate(it, path, path).packs.map(({ ref }) => ref)).toEqual(refs);
  });

  test("is one file, of which alone it tells", () => {
    using it = story({ packs: tree });
    expect(validate(it, "packs/bad/pack.yaml").codes).toEqual(["manifest.invalid_version"]);
    expect(validate(it, "packs/bad/actions/echo.yaml").codes).toEqual(["metadata.invalid_yaml"]);
    expect(validate(it, "packs/good/actions/echo.yaml")).toMatchObject({ code: 0, codes: [] });
  });

  test("are two directories of one source that want to be one pack", () => {
    using it = story({ packs: { a: pack("core"), b: pack("core") } });
    expect(validate(it).codes).toEqual(["manifest.duplicate_ref", "manifest.duplicate_ref"]);
  });

  test.for([
    { title: "a path that leads nowhere", args: ["nowhere"] },
    { title: "a directory without packs", args: ["empty"] },
    { title: "a file of no pack", args: ["empty/notes.txt"] },
    { title: "no packs in the sources", args: [] },
    { title: "an unknown dialect", args: ["--dialect", "other"] },
    { title: "an unknown format", args: ["--format", "xml"] },
  ])("is not $title: exit 2", ({ args }) => {
    using it = story({ packs: {} });
    it.write("empty", { "notes.txt": "x" });
    const { code, stdout, stderr } = it.packsync(["validate", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).not.toBe("");
  });
});

test("needs no volume, and writes nothing", () => {
  using it = story({ packs: { core: pack("core"), deploy: pack("deploy") }, "packs.dev": { mine: pack("mine") } });
  const before = stampsOf(it.directory);
  expect(validate(it)).toMatchObject({ code: 0, totals: { error: 0, warning: 0, hint: 0 } });
  expect(stampsOf(it.directory)).toEqual(before);
  expect(it.exists("volume")).toBe(false);
});

test("shows each finding with its lines, and a caret under what is meant", () => {
  using it = story({ packs: { core: { ...pack("core"), "pack.yaml": wrongVersion } } });
  const { code, stdout } = it.packsync(["validate"]);
  expect(code).toBe(1);
  expect(stdout).toContain("packs/core/pack.yaml:3:1");
  expect(stdout).toMatch(/\n +2 \| label: core\n +> 3 \| version: 0\.1\n +\| \^/);
  expect(stdout).toContain("→ Quote and complete it");
  expect(stdout).toMatch(/\n1 pack: 1 error\n$/);
});

test("gives an annotation for GitHub, and a document for SARIF", () => {
  using it = story({ packs: { core: { ...pack("core"), "pack.yaml": wrongVersion } } });
  const github = it.packsync(["validate", "--format", "github"]);
  expect(github).toMatchObject({ code: 1, stderr: "" });
  expect(github.stdout).toMatch(/^::error file=packs\/core\/pack\.yaml,line=3,.*title=manifest\.invalid_version::/);
  const sarif = JSON.parse(it.packsync(["validate", "--format", "sarif"]).stdout);
  expect(sarif.runs[0].results).toMatchObject([{ ruleId: "manifest.invalid_version", level: "error" }]);
});

test.for([["plan"], ["status"], ["verify"], ["config"]])("%s does not know these formats", (args) => {
  using it = story({ packs: { core: pack("core") } });
  const { code, stdout, stderr } = it.packsync([...args, "--format", "github"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("`--format` to be one of `text`, `json`");
});

test("--strict makes an error of a warning, and a hint stays one", () => {
  using it = story({ packs: { core: pack("core", { "tool.sh": "#!/bin/sh\n" }) } });
  it.write("linked", pack("linked"));
  symlinkSync("../linked", it.at("packs/linked"));
  expect(validate(it)).toMatchObject({ code: 0, totals: { error: 0, warning: 1, hint: 1 } });
  expect(validate(it, "--strict")).toMatchObject({ code: 1, totals: { error: 1, warning: 0, hint: 1 } });
});

test("--dialect says whose rules count", () => {
  using it = story({ packs: { core: { ...pack("core"), "pack.yaml": "name: core\nversion: 0.1\n" } } });
  expect(validate(it, "--dialect", "attune").codes).toContain("manifest.invalid_version");
  expect(validate(it, "--dialect", "stackstorm").codes).not.toContain("manifest.invalid_version");
});

describe("--fix", () => {
  const messy: Tree = {
    actions: {
      "run.yaml": action("mine.run"),
      "run.sh": "#!/bin/sh\r\necho hello\r\n",
      "notes.txt": "a\r\nb\r\n",
      "lib.sh": "echo library\r\n",
    },
  };

  test("writes the pack.yaml that a pack lacks, and makes its scripts run", () => {
    using it = story({ "packs.dev": { mine: messy } });
    const { code, codes, mended } = validate(it, "--fix");
    expect({ code, codes }).toEqual({ code: 0, codes: [] });
    expect(mended.map(({ file }) => file.slice(it.at("packs.dev/mine/").length))).toEqual([
      "pack.yaml",
      "actions/run.sh",
      "actions/run.sh",
    ]);
    expect(it.read("packs.dev/mine/pack.yaml")).toContain("ref: mine\n");
    expect(it.read("packs.dev/mine/actions/run.sh")).toBe("#!/bin/sh\necho hello\n");
    expect(lstatSync(it.at("packs.dev/mine/actions/run.sh")).mode & 0o777).toBe(0o755);
    expect(validate(it, "--fix").mended).toEqual([]);
  });

  test("touches nothing else, not even a file with the same mistake that is no script", () => {
    using it = story({ "packs.dev": { mine: messy } });
    const others = (path: string) => /notes|lib\.sh|run\.yaml/.test(path);
    const before = stampsOf(it.at("packs.dev/mine"), others);
    validate(it, "--fix");
    expect(stampsOf(it.at("packs.dev/mine"), others)).toEqual(before);
  });

  test("adds a `ref` above the first key, and leaves every other line as it is", () => {
    const text = "# mine\n---\nlabel: Mine # of course\nversion: '1.0.0'\n";
    using it = story({ packs: { mine: pack("mine", { "pack.yaml": text }) } });
    expect(validate(it, "--fix").codes).toEqual([]);
    expect(it.read("packs/mine/pack.yaml")).toBe(text.replace("label", "ref: mine\nlabel"));
  });

  test.for([
    { title: "a ref that is there", text: manifest("other") },
    { title: "a mapping on one line", text: "{label: Mine, version: 1.0.0}\n" },
    { title: "what is no YAML", text: "label: [\n" },
    { title: "StackStorm's pack.yaml, which needs none", text: "name: mine\nauthor: me\nversion: 1.0.0\n" },
  ])("leaves $title alone", ({ text }) => {
    using it = story({ packs: { mine: pack("mine", { "pack.yaml": text }) } });
    const before = stampsOf(it.directory);
    expect(validate(it, "--fix").mended).toEqual([]);
    expect(stampsOf(it.directory)).toEqual(before);
  });

  test("keeps the mode, and mends only the file that was asked for", () => {
    using it = story({ packs: { mine: pack("mine", { "a.sh": "#!/bin/sh\r\n", "b.sh": "#!/bin/sh\r\n" }) } });
    chmodSync(it.at("packs/mine/a.sh"), 0o740);
    expect(validate(it, "--fix", "packs/mine/a.sh").mended).toHaveLength(1);
    expect(lstatSync(it.at("packs/mine/a.sh")).mode & 0o777).toBe(0o740);
    expect(it.read("packs/mine/b.sh")).toBe("#!/bin/sh\r\n");
  });

  test("says in text what it did", () => {
    using it = story({ packs: { mine: pack("mine", { "a.sh": "#!/bin/sh\n" }) } });
    expect(it.packsync(["validate", "--fix"]).stdout).toBe(
      "mended packs/mine/a.sh: executable now\n1 pack: nothing is wrong\n",
    );
  });
});

test("a dialect that is set for a source, or for one of its packs, judges also packs that did not change", () => {
  using it = story({
    packs: {
      plain: { "pack.yaml": 'ref: plain\nname: plain\nversion: "1.0.0"\n', triggers: { "t.yaml": "name: t\n" } },
    },
  });
  const codes = () => it.once().codes("plain");
  expect(codes()).toContain("metadata.missing_field");
  expect(codes()).toContain("metadata.missing_field");
  it.write("packsync.yaml", "sources: { packs: { path: ./packs, dialect: { plain: stackstorm } } }\n");
  expect(
    it
      .once()
      .pack("plain")
      .diagnostics.map(({ file }) => file),
  ).not.toContain("triggers/t.yaml");
  it.write("packsync.yaml", "sources: { packs: { path: ./packs, dialect: attune } }\n");
  expect(
    it
      .once()
      .pack("plain")
      .diagnostics.map(({ file }) => file),
  ).toContain("triggers/t.yaml");
});
