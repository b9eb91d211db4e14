import { describe, expect, test } from "vitest";
import { check, yaml } from "./check.ts";

describe("what orquesta and the action-chain runner take has no finding", () => {
  test.for<{ title: string; file: string; text: string }>([
    {
      title: "an orquesta workflow",
      file: "actions/workflows/w.yaml",
      text: yaml`
        version: 1.0
        description: All that there is
        input:
          - host
          - port: 80
        vars:
          - result: ""
        output:
          - result: <% ctx().result %>
        tasks:
          first:
            action: core.local cmd="date"
            next:
              - when: <% succeeded() %>
                publish: result=<% result() %>
                do: second, third
              - when: "{{ failed() }}"
                do: [cleanup, fail]
          second:
            with: host in <% ctx().hosts %>
            action: core.ping
            input: {host: "<% item(host) %>"}
            retry: {when: <% failed() %>, count: 3, delay: 1}
            next: [{do: [join_them]}]
          third:
            delay: 1
            with: {items: "<% ctx().hosts %>", concurrency: 2}
            action: core.ping
            next:
              - publish: [a: 1, b: 2]
                do: join_them
          join_them: {join: all, next: [{do: noop}]}
          cleanup: {action: core.noop, next: [{do: retry}, {when: <% true %>, do: continue}]}
      `,
    },
    {
      title: "an action-chain, wherever it lies",
      file: "actions/workflows/c.yaml",
      text: yaml`
        vars: {domain: "{{ st2kv.system.domain }}"}
        default: first
        chain:
          - name: first
            ref: core.local
            parameters: {cmd: date}
            publish: {now: "{{ first.stdout }}"}
            on-success: second
            on-failure: "{{ handler }}"
          - {name: second, ref: core.local, params: {cmd: date}, on-success: ""}
      `,
    },
  ])("$title", async ({ file, text }) => {
    expect(await check(file, text)).toEqual([]);
  });
});

const TASKS = "version: 1.0\ntasks:\n";

test.for<{ title: string; text: string; found: readonly string[] }>([
  { title: "a workflow without tasks", text: "tasks: {}\n", found: ["error workflow.invalid_definition 1:8"] },
  { title: "a list of tasks", text: "tasks: [{name: a}]\n", found: ["error metadata.invalid_field_type 1:8"] },
  { title: "an empty task", text: `${TASKS}  a:\n`, found: ["error metadata.invalid_field_type 3:3"] },
  {
    title: "a text that leads nowhere",
    text: `${TASKS}  a:\n    next:\n      - do: a, gone\n`,
    found: ["error workflow.invalid_definition 5:13"],
  },
  {
    title: "an item that leads nowhere",
    text: `${TASKS}  a:\n    next:\n      - do:\n          - a\n          - gone\n`,
    found: ["error workflow.invalid_definition 7:13"],
  },
  {
    title: "a name that is the engine's",
    text: `${TASKS}  fail: {action: core.noop}\n`,
    found: ["error workflow.invalid_definition 3:3"],
  },
  {
    title: "items without action",
    text: `${TASKS}  a: {with: <% ctx().x %>}\n`,
    found: ["error metadata.missing_field 3:7"],
  },
  {
    title: "a transition of Mistral",
    text: `${TASKS}  a: {action: core.noop, on-success: [b]}\n`,
    found: ["error metadata.unknown_field 3:26"],
  },
  {
    title: "a join of neither kind",
    text: `${TASKS}  a: {join: some}\n`,
    found: ["error metadata.invalid_field_type 3:13"],
  },
  {
    title: "a retry without count",
    text: `${TASKS}  a: {retry: {delay: 1}}\n`,
    found: ["error metadata.missing_field 3:7"],
  },
  {
    title: "variables as a mapping",
    text: `vars: {a: 1}\n${TASKS}  a: {}\n`,
    found: ["error metadata.invalid_field_type 1:7"],
  },
  {
    title: "a link that leads nowhere",
    text: "chain:\n  - {name: a, ref: b.c, on-success: gone}\n",
    found: ["error workflow.invalid_definition 2:37"],
  },
  {
    title: "a beginning that is not there",
    text: "default: gone\nchain:\n  - {name: a, ref: b.c}\n",
    found: ["error workflow.invalid_definition 1:10"],
  },
  { title: "an empty chain", text: "chain: []\n", found: ["error metadata.invalid_field 1:8"] },
  {
    title: "a link with both names for its parameters",
    text: "chain:\n  - {name: a, ref: b.c, params: {x: 1}, parameters: {x: 1}}\n",
    found: ["error workflow.invalid_definition 2:25"],
  },
  { title: "a link without action", text: "chain:\n  - {name: a}\n", found: ["error metadata.missing_field 2:5"] },
])("finds $title", async ({ text, found }) => {
  expect(await check("actions/workflows/w.yaml", text)).toEqual(found);
});
