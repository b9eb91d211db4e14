import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { factsOf } from "../../src/pack/facts.ts";
import { located } from "../../src/pack/locate.ts";
import { checkYaml } from "../../src/pack/yaml.ts";
import { rangeFinder } from "../../src/pack/yaml-positions.ts";
import { readYamlText } from "../../src/pack/yaml-text.ts";

async function locate(text: string, kind: "workflow" | "rule" = "workflow") {
  const read = checkYaml(text, "x.yaml");
  const value = read.ok ? read.value : undefined;
  const finder = rangeFinder(text);
  let slow = 0;
  const facts = factsOf(value, { file: "x.yaml", kind, dialect: "attune", pack: "demo" });
  const { links } = await located(facts, value, readYamlText(text).text, async () => {
    slow++;
    return (path) => finder(path, "value");
  });
  const exact = links.map(({ path }) => finder(path, "value"));
  return { ranges: links.map(({ range }) => range), exact, slow };
}

describe("a link is found without parsing the file again", () => {
  test.for([
    { title: "plain", text: "tasks:\n  - name: a\n    action: core.a\n" },
    {
      title: "first of its item, quoted, with a comment",
      text: 'tasks:\n  - action:   "core.a"   # why\n    name: a\n',
    },
    { title: "in single quotes, with CRLF", text: "tasks:\r\n  - action: 'core.a'\r\n    name: b\r\n" },
    { title: "below the end of a line of old Macs", text: "label: x\rtasks:\n  - action: core.a\n" },
    { title: "twice", text: "tasks:\n  - action: core.a\n  - name: b\n    action: core.a\n" },
  ])("$title", async ({ text }) => {
    const { ranges, exact, slow } = await locate(text);
    expect(ranges).toEqual(exact);
    expect(ranges).not.toContain(undefined);
    expect(slow).toBe(0);
  });
});

describe("a link is found by parsing the file again", () => {
  test.for([
    { title: "in braces", text: "tasks: [{ action: core.a }]\n" },
    {
      title: "when the same line stands elsewhere, too",
      text: "tasks:\n  - name: a\n    action: core.a\n    input:\n      action: core.a\n",
    },
    { title: "folded", text: "tasks:\n  - action: >-\n      core.a\n" },
  ])("$title", async ({ text }) => {
    const { ranges, exact, slow } = await locate(text);
    expect(ranges).toEqual(exact);
    expect(slow).toBe(1);
  });
});

describe("a link at the top of a definition", () => {
  test.for([
    {
      title: "is found on its line",
      text: "ref: demo.r\ntrigger_ref: core.t\n\naction_ref: 'core.a' # why\n",
      slow: 0,
    },
    { title: "is found in a file of Windows", text: 'trigger_ref: "core.t"\r\naction_ref: core.a\r\n', slow: 0 },
    {
      title: "is not the same line further in",
      text: "trigger_params:\n  trigger_ref: core.t\ntrigger_ref: core.t\n",
      slow: 0,
    },
    { title: "is not a longer key", text: "trigger_ref_x: core.t\ntrigger_ref: core.t\n", slow: 0 },
    { title: "stands below what is quoted", text: 'name: "x\n\n  y"\ntrigger_ref: core.t\n', slow: 0 },
    { title: "may have a quoted key", text: '"trigger_ref": core.t\n', slow: 1 },
    { title: "may repeat", text: "trigger_ref: core.t\ntrigger_ref: core.t\n", slow: 1 },
    { title: "may go on below", text: "trigger_ref: >-\n  core.t\naction_ref: core.a\n", slow: 1 },
    { title: "may stand in braces", text: "{trigger_ref: core.t, action_ref: core.a}\n", slow: 1 },
  ])("$title", async ({ text, slow }) => {
    const { ranges, exact, ...located } = await locate(text, "rule");
    expect(ranges).toEqual(exact);
    expect(ranges).not.toContain(undefined);
    expect(located.slow).toBe(slow);
  });
});

test("both ways find the same place, however tasks are written", async () => {
  const quote = fc.constantFrom("", '"', "'");
  const task = fc.record({
    ref: fc.constantFrom("core.a", "core.b", "demo.c"),
    quote,
    first: fc.boolean(),
    blanks: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(task, { minLength: 1, maxLength: 8 }), async (tasks) => {
      const lines = tasks.map(({ ref, quote, first, blanks }, index) => {
        const action = `action:${" ".repeat(blanks + 1)}${quote}${ref}${quote}`;
        return first ? `  - ${action}\n    name: t${index}\n` : `  - name: t${index}\n    ${action}\n`;
      });
      const { ranges, exact } = await locate(`tasks:\n${lines.join("")}`);
      expect(ranges).toEqual(exact);
    }),
  );
});

describe("what a definition is called, and what runs it,", () => {
  const about = { file: "actions/a.yaml", kind: "action", dialect: "attune", pack: "demo" } as const;
  const at = (line: number, column: number, endColumn: number) => ({ line, column, endLine: line, endColumn });

  test.for([
    { title: "begin lines", text: "ref: demo.a\nrunner_type: shell\n", ref: at(1, 6, 12), runner: at(2, 14, 19) },
    {
      title: "may be quoted",
      text: "runner_type: 'shell' # why\r\nref: \"demo.a\"\r\n",
      ref: at(2, 6, 14),
      runner: at(1, 14, 21),
    },
    { title: "count where they stand last", text: "ref: demo.a\nref: demo.a\n", ref: at(2, 6, 12), runner: undefined },
    { title: "may come from the name", text: "label: x\nname: a\n", ref: at(2, 7, 8), runner: undefined },
    {
      title: "are not looked for elsewhere",
      text: "{ref: demo.a, runner_type: shell}",
      ref: undefined,
      runner: undefined,
    },
    { title: "stand in files of Windows, too", text: "\r\nref: demo.a\r\n", ref: at(2, 6, 12), runner: undefined },
    {
      title: "are no lines inside of quotes",
      text: 'ref: demo.a\nname: "x\nref: demo.a\n"\n',
      ref: at(1, 6, 12),
      runner: undefined,
    },
    { title: "stand in files of old Macs, too", text: "label: x\rref: demo.a\r", ref: at(2, 6, 12), runner: undefined },
  ])("$title", async ({ text, ref, runner }) => {
    const read = checkYaml(text, "actions/a.yaml");
    const value = read.ok ? read.value : undefined;
    const own = await located(factsOf(value, about), value, readYamlText(text).text, async () => () => undefined);
    const { refRange, runnerRange } = own;
    expect({ refRange, runnerRange }).toEqual({ refRange: ref, runnerRange: runner });
  });
});
