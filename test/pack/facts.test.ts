import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { componentKinds } from "../../src/pack/component.ts";
import { factsOf } from "../../src/pack/facts.ts";
import type { DefinitionContext } from "../../src/pack/model.ts";

function about(kind: DefinitionContext["kind"], dialect: DefinitionContext["dialect"] = "attune"): DefinitionContext {
  return { file: `${kind}s/it.yaml`, kind, dialect, pack: "demo" };
}

/** Links as `kind target key`. */
function links(value: unknown, context: DefinitionContext): string[] {
  return factsOf(value, context).links.map(({ to, target, path, spec }) =>
    [to, target, path.join("."), spec].filter(Boolean).join(" "),
  );
}

describe("Attune", () => {
  test.for([
    { kind: "action", value: { entry_point: "echo.sh" }, expected: ["entry_point actions/echo.sh entry_point"] },
    {
      kind: "action",
      value: { entry_point: "./lib//echo.sh" },
      expected: ["entry_point actions/lib/echo.sh entry_point"],
    },
    { kind: "action", value: { entry_point: "../echo.sh" }, expected: [] },
    { kind: "action", value: { entry_point: "/bin/echo" }, expected: [] },
    {
      kind: "action",
      value: { entry_point: "x", workflow_file: "workflows/x.yaml" },
      expected: ["workflow_file actions/workflows/x.yaml workflow_file"],
    },
    {
      kind: "sensor",
      value: { entry_point: "timer", trigger_types: ["core.timer", "own", 1] },
      expected: [
        "entry_point sensors/timer entry_point",
        "trigger core.timer trigger_types.0",
        "trigger demo.own trigger_types.1",
      ],
    },
    { kind: "sensor", value: { trigger_type: "core.timer" }, expected: ["trigger core.timer trigger_type"] },
    {
      kind: "rule",
      value: { trigger_ref: "tick", action_ref: "core.echo" },
      expected: ["trigger demo.tick trigger_ref", "action core.echo action_ref"],
    },
    {
      kind: "workflow",
      value: {
        tasks: [{ action: "core.echo" }, { type: "parallel", tasks: [{ action: "demo.a" }] }, { action: "{{ x.y }}" }],
      },
      expected: ["action core.echo tasks.0.action", "action demo.a tasks.1.tasks.0.action"],
    },
    { kind: "queue", value: { dispatch_action: "demo.work" }, expected: ["action demo.work dispatch_action"] },
    { kind: "policy", value: { action_ref: "work" }, expected: ["action demo.work action_ref"] },
    { kind: "cache", value: { owner_type: "sensor", owner_ref: "s" }, expected: ["sensor demo.s owner_ref"] },
    { kind: "cache", value: { owner_type: "pack", owner_ref: "demo" }, expected: [] },
    {
      kind: "pack",
      value: { dependencies: ["core", "aws@>=1.2.0", "https://example.com/x.git", 7] },
      expected: ["pack core dependencies.0", "pack aws dependencies.1 >=1.2.0"],
    },
    { kind: "pack", value: { dependencies: {} }, expected: [] },
  ] as const)("$kind $value", ({ kind, value, expected }) => {
    expect(links(value, about(kind))).toEqual(expected);
  });

  test.for([
    { title: "its ref", kind: "action", value: { ref: "demo.echo", name: "other" }, defines: ["action demo.echo"] },
    { title: "a short ref is of the pack", kind: "policy", value: { ref: "one" }, defines: ["policy demo.one"] },
    { title: "its name, without a ref", kind: "action", value: { name: "echo" }, defines: ["action demo.echo"] },
    { title: "nothing", kind: "action", value: {}, defines: [] },
  ] as const)("is found by $title", ({ kind, value, defines }) => {
    expect(factsOf(value, about(kind)).defines.map(({ kind, ref }) => `${kind} ${ref}`)).toEqual(defines);
  });

  test("a workflow is called like an action, by its ref and by its file", () => {
    const file = "actions/workflows/deploy.workflow.yaml";
    const { ref, defines } = factsOf({ ref: "demo.roll_out" }, { ...about("workflow"), file });
    expect(ref).toBe("demo.roll_out");
    expect(defines).toEqual([
      { kind: "workflow", ref: "demo.roll_out" },
      { kind: "action", ref: "demo.roll_out" },
      { kind: "action", ref: "demo.deploy" },
    ]);
  });

  test.for([
    { value: {}, kind: "action", runner: "shell" },
    { value: {}, kind: "sensor", runner: "native" },
    { value: { runner_type: "Shell" }, kind: "action", runner: "shell" },
    { value: {}, kind: "rule", runner: undefined },
  ] as const)("the runner of $kind $value is $runner", ({ value, kind, runner }) => {
    expect(factsOf(value, about(kind)).runner).toBe(runner);
  });

  test.for([
    { title: "flat", parameters: { message: { type: "string" } } },
    { title: "JSON Schema", parameters: { type: "object", properties: { message: {} } } },
  ])("parameters are named in the style $title", ({ parameters }) => {
    expect(factsOf({ parameters }, about("action")).parameters).toEqual(["message"]);
  });
});

describe("StackStorm", () => {
  test.for([
    {
      kind: "action",
      value: { runner_type: "python-script", entry_point: "lib/a.py" },
      expected: ["entry_point actions/lib/a.py entry_point"],
    },
    {
      kind: "action",
      value: { runner_type: "orquesta", entry_point: "workflows/a.yaml" },
      expected: ["workflow_file actions/workflows/a.yaml entry_point"],
    },
    { kind: "action", value: { runner_type: "local-shell-cmd", entry_point: "whatever" }, expected: [] },
    { kind: "action", value: { runner_type: "constructor", entry_point: "whatever" }, expected: [] },
    {
      kind: "sensor",
      value: { entry_point: "s.py", trigger_types: [{ name: "t" }] },
      expected: ["entry_point sensors/s.py entry_point"],
    },
    {
      kind: "rule",
      value: { trigger: { type: "demo.t" }, action: { ref: "core.local" } },
      expected: ["trigger demo.t trigger.type", "action core.local action.ref"],
    },
    {
      kind: "workflow",
      value: { tasks: { one: { action: "demo.a" }, two: { action: "noop" }, three: { action: "<% ctx().a %>" } } },
      expected: ["action demo.a tasks.one.action"],
    },
    {
      kind: "chain",
      value: { chain: [{ name: "a", ref: "core.local" }, { action: "demo.b" }] },
      expected: ["action core.local chain.0.ref", "action demo.b chain.1.action"],
    },
    { kind: "alias", value: { action_ref: "demo.a.b" }, expected: ["action demo.a.b action_ref"] },
    { kind: "policy", value: { resource_ref: "demo.a" }, expected: ["action demo.a resource_ref"] },
    { kind: "pack", value: { dependencies: ["core=1.0.0"] }, expected: ["pack core dependencies.0 =1.0.0"] },
  ] as const)("$kind $value", ({ kind, value, expected }) => {
    expect(links(value, about(kind, "stackstorm"))).toEqual(expected);
  });

  test("dots in a name are part of it", () => {
    expect(factsOf({ name: "incident.list" }, about("action", "stackstorm")).ref).toBe("demo.incident.list");
  });

  test("a sensor is called like its class, and brings its triggers along", () => {
    const value = { class_name: "Watch", trigger_types: [{ name: "opened" }, { name: "x", pack: "other" }] };
    expect(factsOf(value, about("sensor", "stackstorm")).defines).toEqual([
      { kind: "sensor", ref: "demo.Watch" },
      { kind: "trigger", ref: "demo.opened" },
      { kind: "trigger", ref: "other.x" },
    ]);
  });

  test("an action of a task is named before its input", () => {
    const value = { tasks: { a: { action: 'core.local cmd="date"' } } };
    expect(links(value, about("workflow", "stackstorm"))).toEqual(["action core.local tasks.a.action"]);
  });
});

test("without the pack's ref what is short names nothing", () => {
  const value = { ref: "echo", action_ref: "echo", trigger_ref: "core.timer" };
  expect(factsOf(value, { ...about("rule"), pack: undefined })).toMatchObject({
    defines: [],
    links: [{ target: "core.timer" }],
  });
});

test("never throws, is plain data, and every link leads to a text of the value", () => {
  const keys = [
    "ref",
    "name",
    "entry_point",
    "workflow_file",
    "trigger_ref",
    "action_ref",
    "trigger",
    "action",
    "type",
    "tasks",
    "chain",
    "dependencies",
    "trigger_types",
    "parameters",
    "owner_type",
    "owner_ref",
    "runner_type",
    "properties",
  ];
  const key = fc.oneof(fc.constantFrom(...keys, "__proto__", "toString"), fc.string());
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("demo.a", "a", "core.b", "action", "python-script")),
    tree: fc.oneof(
      { maxDepth: 5 },
      tie("leaf"),
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(
      tree,
      fc.constantFrom(...componentKinds),
      fc.constantFrom("attune", "stackstorm"),
      (value, kind, dialect) => {
        const facts = factsOf(value, about(kind, dialect));
        expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
        for (const { path } of facts.links) {
          const end = path.reduce<unknown>((at, each) => Reflect.get(Object(at), each), value);
          expect(typeof end).toBe("string");
        }
      },
    ),
  );
});
