import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOfFileAlone } from "../../src/pack/across-files.ts";
import { checkPack } from "../../src/pack/check-pack.ts";
import { across, wholePack } from "../support/whole-pack.ts";

const ACTION = "ref: demo.echo\nentry_point: echo.sh\n";
const SCRIPT = "#!/bin/sh\necho\n";
const TRIGGER = "ref: demo.tick\n";

describe("files that definitions name", () => {
  test.for([
    { title: "are there", files: { "actions/echo.yaml": ACTION, "actions/echo.sh": SCRIPT }, expected: [] },
    {
      title: "a script that is not there",
      files: { "actions/echo.yaml": ACTION },
      expected: ["error action.entrypoint_missing actions/echo.yaml"],
    },
    {
      title: "a sensor's script that is not there",
      files: { "sensors/s.yaml": "ref: demo.s\nrunner_type: python\nentry_point: s.py\n" },
      expected: ["error sensor.entrypoint_missing sensors/s.yaml"],
    },
    {
      title: "a workflow that is not there",
      files: { "actions/a.yaml": "ref: demo.a\nworkflow_file: workflows/a.workflow.yaml\n" },
      expected: ["error action.workflow_missing actions/a.yaml"],
    },
    {
      title: "a binary that nobody built",
      files: { "sensors/s.yaml": "ref: demo.s\nentry_point: timer\n" },
      expected: ["warning binary.not_built sensors/s.yaml"],
    },
    {
      title: "a binary that only the volume has",
      files: { "sensors/s.yaml": "ref: demo.s\nentry_point: timer\n" },
      volume: ["sensors/timer"],
      expected: [],
    },
    {
      title: "a script that only the volume has",
      files: { "actions/echo.yaml": ACTION },
      volume: ["actions/echo.sh"],
      expected: ["error action.entrypoint_missing actions/echo.yaml"],
    },
    {
      title: "what the platform does itself",
      files: { "actions/a.yaml": "ref: demo.a\nrunner_type: builtin\nentry_point: a\n" },
      expected: [],
    },
    {
      title: "StackStorm's workflow that is not there",
      dialect: "stackstorm",
      files: { "actions/a.yaml": "name: a\nrunner_type: orquesta\nentry_point: workflows/a.yaml\n" },
      expected: ["error action.workflow_missing actions/a.yaml"],
    },
    {
      title: "StackStorm's command line",
      dialect: "stackstorm",
      files: { "actions/a.yaml": "name: a\nrunner_type: local-shell-cmd\nentry_point: ''\n" },
      expected: [],
    },
  ] as const)("$title", ({ files, expected, ...options }) => {
    expect(across(files, options)).toEqual(expected);
  });

  test.for([
    { title: "stands in another directory", other: "lib/echo.sh" },
    { title: "is misspelt", other: "actions/ecko.sh" },
    { title: "has capitals", other: "actions/Echo.sh" },
  ])("the hint names the file that $title", ({ other }) => {
    const [finding] = checkPack(wholePack({ "actions/echo.yaml": ACTION, [other]: SCRIPT }));
    expect(finding?.hint).toContain(`\`${other}\``);
  });
});

describe("references within the pack", () => {
  const rule = (trigger: string, action: string) => `ref: demo.r\ntrigger_ref: ${trigger}\naction_ref: ${action}\n`;
  const whole = { "actions/echo.yaml": ACTION, "actions/echo.sh": SCRIPT, "triggers/tick.yaml": TRIGGER };

  test.for([
    { title: "a rule of both", files: { "rules/r.yaml": rule("demo.tick", "echo") }, expected: [] },
    { title: "a rule of others' components", files: { "rules/r.yaml": rule("core.timer", "core.echo") }, expected: [] },
    {
      title: "a rule of neither",
      files: { "rules/r.yaml": rule("demo.tock", "demo.ecko") },
      expected: Array(2).fill("error reference.missing_local_target rules/r.yaml"),
    },
    {
      title: "a sensor without its trigger",
      files: { "sensors/s.yaml": "ref: demo.s\nrunner_type: builtin\ntrigger_types: [demo.tick, demo.tock]\n" },
      expected: ["error reference.missing_local_target sensors/s.yaml"],
    },
    {
      title: "a task without its action",
      files: {
        "actions/workflows/w.workflow.yaml": "tasks: [{name: a, action: demo.nope}, {name: b, action: demo.w}]\n",
      },
      expected: ["error reference.missing_local_target actions/workflows/w.workflow.yaml"],
    },
    {
      title: "a legacy task without its action",
      files: { "workflows/w.yaml": "tasks: [{name: a, action: demo.nope}]\n" },
      expected: ["warning reference.missing_local_target workflows/w.yaml"],
    },
    {
      title: "a policy of nothing",
      files: { "policies/p.yaml": "ref: p\naction_ref: demo.nope\n" },
      expected: ["warning reference.missing_local_target policies/p.yaml"],
    },
    {
      title: "nothing, while an action cannot be read",
      files: { "rules/r.yaml": rule("demo.tick", "demo.nope"), "actions/broken.yaml": "ref: [\n" },
      expected: [],
    },
    {
      title: "nothing, while an action has no name",
      files: { "rules/r.yaml": rule("demo.tick", "demo.nope"), "actions/new.yaml": "description: x\n" },
      expected: [],
    },
  ])("$title", ({ files, expected }) => {
    expect(across({ ...whole, ...files })).toEqual(expected);
  });

  test("a trigger of StackStorm may come with a sensor", () => {
    const files = {
      "sensors/s.yaml": "name: s\nentry_point: s.py\ntrigger_types: [{name: t}]\n",
      "sensors/s.py": "",
      "rules/r.yaml": "name: r\ntrigger: {type: demo.t}\naction: {ref: core.local}\n",
    };
    expect(across(files, { dialect: "stackstorm" })).toEqual([]);
  });

  test("the hint names what was probably meant", () => {
    const [finding] = checkPack(wholePack({ ...whole, "rules/r.yaml": rule("demo.tikc", "demo.echo") }));
    expect(finding?.hint).toBe("Did you mean `demo.tick`?");
  });
});

describe("two components of one ref", () => {
  test.for([
    {
      title: "of one kind",
      files: { "triggers/a.yaml": TRIGGER, "triggers/b.yml": TRIGGER },
      expected: ["error component.duplicate_ref triggers/b.yml"],
    },
    { title: "of two kinds", files: { "triggers/a.yaml": TRIGGER, "policies/a.yaml": TRIGGER }, expected: [] },
    {
      title: "an old and a new workflow",
      files: { "actions/workflows/w.yaml": "ref: demo.w\n", "workflows/w.yaml": "ref: demo.w\n" },
      expected: ["warning component.duplicate_ref workflows/w.yaml"],
    },
  ])("$title", ({ files, expected }) => {
    expect(across(files)).toEqual(expected);
  });
});

test("whatever definitions say, nothing crashes, and all findings are found anew with the next scan", () => {
  const text = fc.constantFrom("demo.a", "a", "core.b", "a.sh", "native", "x: [1]", "__proto__", "''", "[demo.a, 1]");
  const line = fc.tuple(
    fc.constantFrom(
      "ref",
      "name",
      "entry_point",
      "workflow_file",
      "trigger_ref",
      "action_ref",
      "runner_type",
      "trigger_types",
    ),
    text,
  );
  const definition = fc
    .array(line, { maxLength: 5 })
    .map((lines) => lines.map(([key, value]) => `${key}: ${value}\n`).join(""));
  const file = fc.constantFrom(
    "actions/a.yaml",
    "actions/b.yml",
    "actions/a.sh",
    "rules/r.yaml",
    "sensors/s.yaml",
    "triggers/t.yaml",
    "workflows/w.yaml",
  );
  fc.assert(
    fc.property(fc.dictionary(file, definition), fc.constantFrom("attune", "stackstorm"), (files, dialect) => {
      const findings = checkPack(wholePack(files, { dialect }));
      expect(findings.filter(({ code }) => isOfFileAlone(code))).toEqual([]);
      for (const finding of findings) expect(files).toHaveProperty([String(finding.file)]);
    }),
  );
});
