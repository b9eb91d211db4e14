import { describe, expect, test } from "vitest";
import { attuneRows } from "../../../src/catalog/attune/rows.ts";
import { PackRefused } from "../../../src/catalog/catalog.ts";
import { catalogPack, packYaml } from "../../support/catalog.ts";

/** The rows of a pack `demo` with these files. */
async function rowsOf(files: Record<string, string>) {
  return attuneRows(await catalogPack(files));
}

async function refusalOf(files: Record<string, string>): Promise<readonly string[]> {
  try {
    await rowsOf(files);
    return [];
  } catch (error) {
    if (!(error instanceof PackRefused)) throw error;
    return error.problems.map(({ file, message }) => `${file}: ${message}`);
  }
}

const action = (more = "", ref = "demo.run_it") => ({ "actions/a.yaml": `ref: ${ref}\n${more}` });

describe("a pack", () => {
  test("has empty defaults", async () => {
    const nothing = {
      conf_schema: "{}",
      config: "{}",
      meta: "{}",
      tags: "{}",
      runtime_deps: "{}",
      is_standard: "false",
    };
    expect((await rowsOf({})).pack).toEqual({
      ref: "demo",
      label: "demo",
      version: "1.0.0",
      description: "",
      ...nothing,
    });
  });

  test.for<{ title: string; yaml: string; row: object }>([
    { title: "a number is text", yaml: "label: 5", row: { label: "5" } },
    { title: "a fraction is text as it was written", yaml: "label: 1.0", row: { label: "1.0" } },
    { title: "a small fraction has no exponent", yaml: "label: 1.0e-7", row: { label: "0.0000001" } },
    { title: "a boolean is text", yaml: "label: yes", row: { label: "true" } },
    { title: "a date is text", yaml: "label: 2024-01-02", row: { label: "2024-01-02" } },
    { title: "a list is PostgreSQL's text of one", yaml: "label: [a]", row: { label: '{"a"}' } },
    { title: "tags may be numbers", yaml: "tags: [1, 2]", row: { tags: '{"1","2"}' } },
    { title: "tags may be booleans", yaml: "tags: [yes, 'no']", row: { tags: '{"true","no"}' } },
    { title: "an item may be nothing", yaml: "tags: [~, a]", row: { tags: '{NULL,"a"}' } },
    { title: "quotes in an item are kept", yaml: `tags: ['a"b\\c', "{}"]`, row: { tags: '{"a\\"b\\\\c","{}"}' } },
    { title: "a text of a boolean is one", yaml: "system: 'yes'", row: { is_standard: "true" } },
    { title: "null stays in a column that may be null", yaml: "description:", row: { description: null } },
    { title: "null is JSON's in a column of JSON", yaml: "config: ~", row: { config: "null" } },
    { title: "keys of JSON are texts", yaml: "meta: {~: 1, yes: 2, 3: 4}", row: { meta: '{"3":4,"null":1,"true":2}' } },
    {
      title: "large numbers keep their digits, and 1.0 its point",
      yaml: "meta: {a: 12345678901234567890123, b: 1.0}",
      row: { meta: '{"a":12345678901234567890123,"b":1.0}' },
    },
    { title: "other keys are not stored", yaml: "name: x\ndependencies: [core]\nicon: y", row: { label: "demo" } },
  ])("$title", async ({ yaml, row }) => {
    const label = yaml.startsWith("label") ? "" : "label: demo\n";
    const files = { "pack.yaml": `ref: demo\n${label}version: 1.0.0\n${yaml}\n` };
    expect((await rowsOf(files)).pack).toMatchObject(row);
  });

  test.for<{ title: string; yaml: string; says: string }>([
    { title: "a mapping as label", yaml: "label: {a: 1}", says: "Expected `label` to be a text, got a mapping" },
    { title: "no label", yaml: "", says: "Expected `label`, got none" },
    { title: "a label of nothing", yaml: "label: ~", says: "Expected `label` to be a text, got nothing" },
    {
      title: "tags of two types",
      yaml: "label: a\ntags: [a, 1]",
      says: "Expected all items of `tags` to be of one type",
    },
    {
      title: "a text as tags",
      yaml: "label: a\ntags: abc",
      says: "Expected `tags` to be a list of texts, got the text `abc`",
    },
    { title: "null as tags", yaml: "label: a\ntags: ~", says: "Expected `tags` to be a list of texts, got nothing" },
    { title: "a mapping as runtime_deps", yaml: "label: a\nruntime_deps: {a: b}", says: "Expected `runtime_deps`" },
    { title: "a number as system", yaml: "label: a\nsystem: 1", says: "Expected `system` to be `true` or `false`" },
    { title: "null as system", yaml: "label: a\nsystem: ~", says: "Expected `system` to be `true` or `false`" },
    { title: "NaN in JSON", yaml: "label: a\nmeta: {a: .nan}", says: "Expected `meta` to have values that JSON knows" },
    {
      title: "a date in JSON",
      yaml: "label: a\nmeta: {a: 2024-01-02}",
      says: "Expected `meta` to have values that JSON knows",
    },
    {
      title: "a NUL in JSON",
      yaml: 'label: a\nmeta: {a: "\\0"}',
      says: "Expected `meta` to be text that PostgreSQL can store",
    },
    {
      title: "a NUL in a key",
      yaml: 'label: a\nmeta: {"\\0": 1}',
      says: "Expected `meta` to be text that PostgreSQL can store",
    },
    { title: "a NUL in a text", yaml: 'label: "a\\0"', says: "Expected `label` to be text that PostgreSQL can store" },
    {
      title: "half a character",
      yaml: 'label: "\\uD800"',
      says: "Expected `label` to be text that PostgreSQL can store",
    },
  ])("$title keeps it out", async ({ yaml, says }) => {
    const [problem, ...others] = await refusalOf({ "pack.yaml": `ref: demo\nversion: 1.0.0\n${yaml}\n` });
    expect(problem).toContain(`pack.yaml: ${says}`);
    expect(others).toEqual([]);
  });
});

test("every component that keeps a pack out is named, not only the first", async () => {
  const problems = await refusalOf({
    "actions/a.yaml": "",
    "actions/b.yaml": "ref: demo.b\nrunner_type: ~\n",
    "sensors/s.yaml": "- a list\n",
    "triggers/t.yaml": "label: no name\n",
  });
  expect(problems.map((problem) => problem.split(":")[0])).toEqual([
    "actions/a.yaml",
    "actions/b.yaml",
    "triggers/t.yaml",
    "sensors/s.yaml",
  ]);
});

describe("an action", () => {
  test("has the defaults of the loader", async () => {
    const { actions, warnings } = await rowsOf(action());
    const schemas = { param_schema: "{}", out_schema: "{}" };
    const formats = { parameter_delivery: "stdin", parameter_format: "json", output_format: "text" };
    const about = {
      label: "Run It",
      description: "",
      entrypoint: "",
      is_adhoc: "false",
      runtime_version_constraint: null,
    };
    expect(actions).toEqual([
      {
        row: { ref: "demo.run_it", pack_ref: "demo", ...about, ...schemas, ...formats },
        runtimes: ["shell", "core.shell"],
        workflow: "none",
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test.for<{ title: string; yaml: string; row?: object; runtimes?: readonly string[]; warnings?: number }>([
    { title: "a label of nothing is made of the name", yaml: "label: ''", row: { label: "Run It" } },
    { title: "a null label is made of the name", yaml: "label: ~", row: { label: "Run It" } },
    {
      title: "parameters and output become schemas",
      yaml: "parameters: {a: {type: string}}\noutput: ~",
      row: { param_schema: '{"a":{"type":"string"}}', out_schema: "null" },
    },
    {
      title: "words are in small letters",
      yaml: "parameter_delivery: FILE\nparameter_format: DotEnv\noutput_format: JSONL",
      row: { parameter_delivery: "file", parameter_format: "dotenv", output_format: "jsonl" },
    },
    {
      title: "a delivery that nobody knows is stdin",
      yaml: "parameter_delivery: env",
      row: { parameter_delivery: "stdin" },
      warnings: 1,
    },
    {
      title: "formats that nobody knows are json and text",
      yaml: "parameter_format: xml\noutput_format: xml",
      row: { parameter_format: "json", output_format: "text" },
      warnings: 2,
    },
    {
      title: "a version as a number loses its zero",
      yaml: "runtime_version: 3.10",
      row: { runtime_version_constraint: "3.1" },
    },
    {
      title: "an entry point stays as it is written",
      yaml: "entry_point: x/run.py",
      row: { entrypoint: "x/run.py" },
      runtimes: ["python", "core.python"],
    },
    {
      title: "a JavaScript entry point runs in Node",
      yaml: "entry_point: run.js",
      runtimes: ["node.js", "nodejs", "core.nodejs"],
    },
    {
      title: "a runner says which runtime",
      yaml: "runner_type: Python3\nentry_point: run.js",
      runtimes: ["python", "core.python"],
    },
    { title: "any other runner is looked for by its name", yaml: "runner_type: GoLang", runtimes: ["golang"] },
    {
      title: "a runner that is called like a method of objects is only a name",
      yaml: "runner_type: constructor",
      runtimes: ["constructor"],
    },
    {
      title: "what is not read is not stored",
      yaml: "enabled: false\ntimeout_seconds: x\ntags: 5",
      row: { label: "Run It" },
    },
  ])("$title", async ({ yaml, row = {}, runtimes, warnings = 0 }) => {
    const rows = await rowsOf(action(yaml));
    expect(rows.actions[0]?.row).toMatchObject(row);
    if (runtimes !== undefined) expect(rows.actions[0]?.runtimes).toEqual(runtimes);
    expect(rows.warnings).toHaveLength(warnings);
  });

  test.for([
    ["get_x-y__z", "Get X-y Z"],
    ["http_request", "Http Request"],
    ["_", ""],
  ])("the name %s gives the label %s", async ([name = "", label]) => {
    expect((await rowsOf(action("", `demo.${name}`))).actions[0]?.row).toMatchObject({ label });
  });

  test("without an entry point it runs the script of its name, a shell script first", async () => {
    const both = { ...action(), "actions/run_it.py": "", "actions/run_it.sh": "" };
    expect((await rowsOf(both)).actions[0]?.row["entrypoint"]).toBe("demo/actions/run_it.sh");
    const one = { ...action(), "actions/run_it.py": "" };
    const { actions } = await rowsOf(one);
    expect([actions[0]?.row["entrypoint"], actions[0]?.runtimes]).toEqual([
      "demo/actions/run_it.py",
      ["shell", "core.shell"],
    ]);
    expect((await rowsOf({ ...action(), "actions/run_it.js": "" })).actions[0]?.row["entrypoint"]).toBe("");
  });

  test("takes its name where it has no ref", async () => {
    expect((await rowsOf({ "actions/a.yaml": "name: x1\n" })).actions[0]?.row["ref"]).toBe("demo.x1");
    expect((await rowsOf({ "actions/a.yaml": "name: 5\n" })).actions[0]?.row["ref"]).toBe("demo.5");
  });

  test("of two files with one ref the later one counts", async () => {
    const files = { "actions/a.yaml": "ref: demo.x\nlabel: first\n", "actions/b.yaml": "ref: demo.x\nlabel: second\n" };
    expect((await rowsOf(files)).actions.map(({ row }) => row["label"])).toEqual(["second"]);
  });

  test("other files than `*.yaml` directly in the directory are not read", async () => {
    const files = {
      "actions/a.yml": "ref: demo.a\n",
      "actions/below/b.yaml": "ref: demo.b\n",
      "policies/p.yaml": "ref: demo.p\n",
    };
    expect((await rowsOf(files)).actions).toEqual([]);
  });

  test.for([
    { title: "an empty file", yaml: "" },
    { title: "a list", yaml: "- a" },
    { title: "no YAML", yaml: "a: [" },
    { title: "neither ref nor name", yaml: "label: x" },
    { title: "a ref of three parts", yaml: "ref: a.b.c" },
    { title: "capitals in a ref", yaml: "ref: demo.Run" },
    { title: "a ref that is no text", yaml: "ref: 5" },
    { title: "a null runner", yaml: "ref: demo.a\nrunner_type: ~" },
    { title: "a null format", yaml: "ref: demo.a\noutput_format: ~" },
    { title: "a number as delivery", yaml: "ref: demo.a\nparameter_delivery: 5" },
    { title: "a null entry point without a runner", yaml: "ref: demo.a\nentry_point: ~" },
    { title: "a null entry point without a script", yaml: "ref: demo.a\nentry_point: ~\nrunner_type: shell" },
    { title: "a workflow outside of the pack", yaml: "ref: demo.a\nworkflow_file: ../../other/x.yaml" },
    { title: "a workflow at an absolute path", yaml: "ref: demo.a\nworkflow_file: /etc/passwd" },
  ])("$title keeps the pack out", async ({ yaml }) => {
    expect(await refusalOf({ "actions/a.yaml": yaml })).toEqual([expect.stringMatching(/^actions\/a\.yaml: /)]);
  });
});

describe("a workflow", () => {
  const files = (workflow: string, more = "") => ({
    ...action(`workflow_file: workflows/w.yaml\n${more}`),
    "actions/workflows/w.yaml": workflow,
  });

  test("is its own row, and its action needs no runtime", async () => {
    const { actions, workflows } = await rowsOf(
      files("tasks: [{name: a}]\nversion: 2\n", "label: From the action\ntags: [t]\noutput: {o: 1}\n"),
    );
    expect(workflows).toEqual([
      {
        ...{
          ref: "demo.run_it",
          pack_ref: "demo",
          label: "From the action",
          description: "",
          version: "2",
          tags: '{"t"}',
        },
        ...{ param_schema: null, out_schema: '{"o":1}', definition: '{"tasks":[{"name":"a"}],"version":2}' },
      },
    ]);
    expect(actions[0]).toMatchObject({
      row: { entrypoint: "workflows/w.yaml" },
      runtimes: undefined,
      workflow: { ref: "demo.run_it" },
    });
  });

  test("says of itself what its action does not", async () => {
    const own = "ref: demo.flow\nlabel: Own\ndescription: Mine\ntags: abc\nparameters: {p: 1}\n";
    const { workflows } = await rowsOf(files(own, "label: Other\nparameters: {}\n"));
    expect(workflows[0]).toMatchObject({
      ref: "demo.flow",
      label: "Own",
      description: "Mine",
      version: "1.0.0",
      tags: "{}",
      param_schema: '{"p":1}',
    });
  });

  test.for(["a: [", undefined])("that cannot be read leaves its action without one: %s", async (workflow) => {
    const rows = await rowsOf(workflow === undefined ? action("workflow_file: workflows/w.yaml\n") : files(workflow));
    expect(rows.actions[0]).toMatchObject({ row: { entrypoint: "workflows/w.yaml" }, workflow: "unreadable" });
    expect([rows.workflows, rows.warnings.length]).toEqual([[], 1]);
  });

  test("may lie elsewhere in the pack", async () => {
    const { workflows } = await rowsOf({ ...action("workflow_file: ../flows/w.txt\n"), "flows/w.txt": "tasks: []\n" });
    expect(workflows).toHaveLength(1);
  });

  test("that is empty keeps the pack out", async () => {
    expect(await refusalOf(files(""))).toHaveLength(1);
  });
});

describe("a sensor", () => {
  const sensor = (yaml: string) => ({ "sensors/s.yaml": `ref: demo.watch\n${yaml}` });

  test.for<{ title: string; yaml: string; is: object }>([
    {
      title: "is native by default",
      yaml: "",
      is: {
        row: { label: "Watch", entrypoint: "", config: "{}", enabled: "true", runtime_ref: "core.native" },
        runtimes: ["core.native", "native"],
      },
    },
    { title: "of bash is one of the shell", yaml: "runner_type: Bash", is: { runtimes: ["core.shell", "Bash"] } },
    {
      title: "of another runtime keeps its name",
      yaml: "runner_type: Ruby",
      is: { row: { runtime_ref: "ruby" }, runtimes: ["ruby", "Ruby"] },
    },
    {
      title: "fires triggers, by full names or those of its pack",
      yaml: "trigger_types: [a, other.b]",
      is: { triggers: ["demo.a", "other.b"] },
    },
    { title: "fires one trigger", yaml: "trigger_types: []\ntrigger_type: a", is: { triggers: ["demo.a"] } },
    { title: "has no parameters", yaml: "parameters: {a: 1}", is: { triggers: [] } },
  ])("$title", async ({ yaml, is }) => {
    expect((await rowsOf(sensor(yaml))).sensors[0]).toMatchObject(is);
  });

  test("a text of triggers is one letter each, of which none is known", async () => {
    const { sensors, warnings } = await rowsOf(sensor("trigger_types: abc"));
    expect([sensors[0]?.triggers, warnings.length]).toEqual([[], 1]);
  });

  test("runs the script of its name, Python first", async () => {
    const files = { ...sensor(""), "sensors/watch.py": "", "sensors/watch.sh": "" };
    expect((await rowsOf(files)).sensors[0]?.row["entrypoint"]).toBe("demo/sensors/watch.py");
  });

  test.for(["runner_type: ~", "enabled: 1", "trigger_types: [5]", "trigger_types: {a: b}"])(
    "%s keeps the pack out",
    async (yaml) => {
      expect(await refusalOf(sensor(yaml))).toHaveLength(1);
    },
  );
});

describe("what is left out with a warning, or without", () => {
  test.for<{ title: string; files: Record<string, string>; warnings: number }>([
    { title: "a permission set without ref", files: { "permission_sets/p.yaml": "grants: []\n" }, warnings: 1 },
    {
      title: "a permission set whose grants are no list",
      files: { "permission_sets/p.yaml": "ref: demo.p\ngrants: {a: b}\n" },
      warnings: 1,
    },
    { title: "an empty permission set", files: { "permission_sets/p.yaml": "" }, warnings: 0 },
    { title: "a runtime without ref", files: { "runtimes/r.yaml": "name: x\n" }, warnings: 1 },
    { title: "an empty runtime", files: { "runtimes/r.yaml": "# nothing\n" }, warnings: 0 },
    { title: "a rule without action", files: { "rules/r.yaml": "ref: demo.r\ntrigger_ref: demo.t\n" }, warnings: 1 },
    { title: "a rule without trigger", files: { "rules/r.yaml": "ref: demo.r\naction_ref: demo.t\n" }, warnings: 1 },
    { title: "an empty rule", files: { "rules/r.yaml": "---\n" }, warnings: 0 },
  ])("$title", async ({ files, warnings: expected }) => {
    const { permissionSets, runtimes, rules, warnings } = await rowsOf(files);
    expect([permissionSets.length, runtimes.length, rules.length, warnings.length]).toEqual([0, 0, 0, expected]);
  });
});

describe("a rule", () => {
  test("names what it needs in full", async () => {
    const yaml = "ref: r\ntrigger_ref: t\naction_ref: core.echo\nenabled: off\nconditions: []\n";
    const [rule] = (await rowsOf({ "rules/r.yaml": yaml })).rules;
    expect(rule).toMatchObject({ trigger: "demo.t", action: "core.echo" });
    expect(rule?.row).toMatchObject({
      ref: "demo.r",
      label: "R",
      enabled: "false",
      conditions: "[]",
      action_params: "{}",
      trigger_params: "{}",
    });
  });
});

describe("a runtime", () => {
  const runtime = async (yaml: string) => (await rowsOf({ "runtimes/r.yaml": `ref: demo.lua\n${yaml}` })).runtimes[0];

  test("has the defaults of the loader", async () => {
    const nothing = { distributions: "{}", installation: "{}", execution_config: "{}", aliases: "{}", description: "" };
    expect(await runtime("")).toEqual({
      row: { ref: "demo.lua", pack_ref: "demo", name: "lua", ...nothing },
      names: ["lua"],
      versions: undefined,
    });
  });

  test("has aliases in small letters; a text is one for each letter", async () => {
    expect((await runtime("aliases: [LuaJIT, X]"))?.row["aliases"]).toBe('{"luajit","x"}');
    expect((await runtime("aliases: ab"))?.row["aliases"]).toBe('{"a","b"}');
  });

  test.for<[string, readonly (string | null)[]]>([
    ["3.12", ["3", "12", null]],
    ["1.2.3-rc1", ["1", "2", "3"]],
    ["abc", [null, null, null]],
    [" 18 ", ["18", null, null]],
  ])("the version `%s` is counted by its leading digits", async ([version, parts]) => {
    const row = (await runtime(`versions: [{version: "${version}", is_default: 1}]`))?.versions?.[0];
    expect([row?.["version_major"], row?.["version_minor"], row?.["version_patch"]]).toEqual(parts);
    expect(row).toMatchObject({ version: version.trim(), is_default: "true", available: "true", meta: "{}" });
  });

  test("leaves out versions that are no text, with a warning", async () => {
    const { runtimes, warnings } = await rowsOf({
      "runtimes/r.yaml": "ref: demo.lua\nversions: [{version: 5}, x, {version: ''}]\n",
    });
    expect([runtimes[0]?.versions, warnings.length]).toEqual([[], 1]);
  });

  test("says nothing of versions where there is no list of them", async () => {
    expect((await runtime("versions: ~"))?.versions).toBeUndefined();
    expect((await runtime("versions: x"))?.versions).toBeUndefined();
  });

  test("of null aliases keeps the pack out", async () => {
    expect(await refusalOf({ "runtimes/r.yaml": "ref: demo.lua\naliases: ~\n" })).toHaveLength(1);
  });
});

test("a pack whose yaml is not there any more is kept out", async () => {
  const pack = await catalogPack({ "pack.yaml": packYaml("demo") });
  expect(() => attuneRows({ ...pack, components: [] })).toThrow(PackRefused);
});
