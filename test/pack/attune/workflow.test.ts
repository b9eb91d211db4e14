import { describe, expect, test } from "vitest";
import { but } from "../../support/attune.ts";
import { brief, findingsAt, findingsIn } from "../../support/definitions.ts";

const E = "error workflow.invalid_definition";

/** A workflow of two tasks, the first of which says something more. */
const saying = (task: object) => ({
  version: "1.0.0",
  tasks: [
    { name: "a", action: "demo.one", on_complete: "b", ...task },
    { name: "b", action: "demo.one" },
  ],
});

test.for([
  { of: "no ref", change: { ref: undefined }, found: [] },
  { of: "an empty ref", change: { ref: "" }, found: [] },
  { of: "another pack's ref", change: { ref: "other.one" }, found: ["error component.ref_pack_mismatch ref"] },
  { of: "no version", change: { version: undefined }, found: [E] },
  { of: "a number as version", change: { version: 1.1 }, found: [`${E} version`] },
  { of: "a list as vars", change: { vars: [{ a: 1 }] }, found: [`${E} vars`] },
  { of: "a variable that no template can name", change: { vars: { "a b": 1 } }, found: [`${E} vars.a b`] },
  { of: "no tasks", change: { tasks: undefined }, found: [E] },
  { of: "an empty list of tasks", change: { tasks: [] }, found: [`${E} tasks`] },
  { of: "a mapping of tasks", change: { tasks: { a: { action: "demo.one" } } }, found: [`${E} tasks`] },
  { of: "a number in output_map", change: { output_map: { a: 1 } }, found: [`${E} output_map.a`] },
  { of: "an unknown cancellation_policy", change: { cancellation_policy: "x" }, found: [`${E} cancellation_policy`] },
  { of: "a schema that is none", change: { parameters: [] }, found: ["error schema.not_object parameters"] },
])("a workflow with $of", ({ change, found }) => {
  expect(findingsIn("workflow", but("workflow", change)).map(brief)).toEqual(found);
});

test.for([
  { of: "no name", task: { name: undefined }, found: [`${E} tasks.0`] },
  { of: "the name of another one", task: { name: "b", on_complete: undefined }, found: [`${E} tasks.1.name`] },
  { of: "a reserved name", task: { name: "item" }, found: [`${E} tasks.0.name`] },
  { of: "no action", task: { action: undefined }, found: [`${E} tasks.0`] },
  { of: "a workflow without its ref", task: { type: "workflow", action: null }, found: [`${E} tasks.0`] },
  { of: "an action without its pack", task: { action: "one" }, found: [`${E} tasks.0.action`] },
  { of: "an unknown type", task: { type: "loop" }, found: [`${E} tasks.0.type`] },
  { of: "a list as input", task: { input: ["x"] }, found: [`${E} tasks.0.input`] },
  { of: "a list as with_items", task: { with_items: [1] }, found: [`${E} tasks.0.with_items`] },
  { of: "`join: all`", task: { join: "all" }, found: [`${E} tasks.0.join`] },
  { of: "a follower that is no task", task: { on_complete: "fail" }, found: [`${E} tasks.0.on_complete`] },
  { of: "conditions in on_success", task: { on_success: [{ do: "b" }] }, found: [`${E} tasks.0.on_success`] },
  { of: "a text as do", task: { on_complete: undefined, next: [{ do: "b" }] }, found: [`${E} tasks.0.next.0.do`] },
  {
    of: "a do that is no task",
    task: { on_complete: undefined, next: [{ do: ["b", "c"] }] },
    found: [`${E} tasks.0.next.0.do.1`],
  },
  {
    of: "both ways to say what follows",
    task: { next: [{ do: ["b"] }] },
    found: ["warning workflow.ignored_transition tasks.0.on_complete"],
  },
  { of: "101 retries", task: { retry: { count: 101, delay: 1 } }, found: [`${E} tasks.0.retry.count`] },
  { of: "no retries", task: { retry: { count: 0, delay: 1 } }, found: [`${E} tasks.0.retry.count`] },
  { of: "a delay below 0", task: { retry: { count: 1, delay: -1 } }, found: [`${E} tasks.0.retry.delay`] },
  { of: "no delay", task: { retry: { count: 1 } }, found: [`${E} tasks.0.retry`] },
  {
    of: "an unknown backoff",
    task: { retry: { count: 1, delay: 1, backoff: "x" } },
    found: [`${E} tasks.0.retry.backoff`],
  },
  {
    of: "a longest delay below the first",
    task: { retry: { count: 1, delay: 5, max_delay: 4 } },
    found: [`${E} tasks.0.retry.max_delay`],
  },
  { of: "batches of 0 items", task: { with_items: "{{ x }}", batch_size: 0 }, found: [`${E} tasks.0.batch_size`] },
  { of: "batches of 0, but no items", task: { batch_size: 0 }, found: [] },
  { of: "nothing in parallel", task: { type: "parallel", tasks: [] }, found: [`${E} tasks.0`] },
  {
    of: "a nested task that leads out",
    task: { type: "parallel", tasks: [{ name: "c", action: "demo.one", on_success: "b" }] },
    found: [`${E} tasks.0.tasks.0.on_success`],
  },
  {
    of: "a branch that is never taken",
    task: { decision: [{ next: "b" }] },
    found: [`${E} tasks.0.decision.0`],
  },
  {
    of: "two default branches",
    task: { decision: ["b", "b"].map((next) => ({ next, default: true })) },
    found: [`${E} tasks.0.decision.1`],
  },
  {
    of: "StackStorm's templates",
    task: { input: { x: "<% 1 %>" } },
    found: ["warning template.foreign_syntax tasks.0.input.x"],
  },
])("a task with $of", ({ task, found }) => {
  expect(findingsIn("workflow", saying(task)).map(brief)).toEqual(found);
});

test("tasks may lead back", () => {
  const tasks = ["a", "b"].map((name, index, all) => ({ name, action: "demo.one", on_success: all[1 - index] }));
  expect(findingsIn("workflow", { version: "1", tasks })).toEqual([]);
});

test("a circle that nothing leads to is never run", () => {
  const ring = ["a", "b"].map((name, index, all) => ({ name, action: "demo.one", on_success: all[1 - index] }));
  const tasks = [{ name: "start", action: "demo.one" }, ...ring];
  expect(findingsIn("workflow", { version: "1", tasks }).map(brief)).toEqual([
    "warning workflow.unreachable_task tasks.1.name",
    "warning workflow.unreachable_task tasks.2.name",
  ]);
});

describe("in workflows/, where the platform skips what it cannot read", () => {
  const legacy = (value: unknown) => findingsAt("workflows/one.yaml", "workflow", value);

  test("one warning stands for everything that is wrong", () => {
    const old = { version: 1, vars: [{ a: 1 }], tasks: [{ name: "a", action: "demo.one", on_success: [{ do: "b" }] }] };
    expect(findingsIn("workflow", old)).toHaveLength(3);
    expect(legacy(old).map(brief)).toEqual(["warning workflow.invalid_legacy_definition version"]);
  });

  test("a file that is no mapping is one of those", () => {
    expect(legacy([]).map(brief)).toEqual(["warning workflow.invalid_legacy_definition"]);
  });

  test("nothing is wrong with one that can be read", () => {
    expect(legacy(but("workflow", {}))).toEqual([]);
  });
});
