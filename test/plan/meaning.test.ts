import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { componentKinds } from "../../src/pack/component.ts";
import { type MeaningKind, meaningKinds, meaningOf, readersOf } from "../../src/plan/meaning.ts";
import { anyChange, changed, factsWith, modelOf } from "../support/routes.ts";

const mixed = factsWith({
  "pack.yaml": { kind: "pack" },
  "actions/echo.yaml": { kind: "action", ref: "demo.echo", runner: "shell", entry: "actions/echo.sh" },
  "actions/fetch.yaml": { kind: "action", ref: "demo.fetch", runner: "core.python", entry: "actions/fetch.py" },
  "actions/native.yaml": { kind: "action", ref: "demo.native", runner: "native", entry: "actions/native" },
  "actions/flow.yaml": { kind: "action", ref: "demo.flow", runner: "shell", workflow: "actions/bodies/flow.yml" },
  "sensors/poll.yaml": { kind: "sensor", ref: "demo.poll", runner: "python", entry: "sensors/poll.py" },
  "sensors/timer.yaml": { kind: "sensor", ref: "demo.timer", runner: "native", entry: "sensors/timer" },
});
const actionsOnly = factsWith({
  "actions/echo.yaml": { kind: "action", ref: "demo.echo", runner: "bash", entry: "actions/echo.sh" },
  "actions/fetch.yaml": { kind: "action", ref: "demo.fetch", runner: "python3", entry: "actions/fetch.py" },
});

describe("what a change in a pack with actions and sensors is about", () => {
  test.for<[path: string, kind: MeaningKind, about?: { component?: string; runners?: string[]; content?: string }]>([
    ["pack.yaml", "metadata", { component: "pack" }],
    ["actions/echo.yaml", "metadata", { component: "action" }],
    ["rules/on.yaml", "metadata", { component: "rule" }],
    ["actions/workflows/x.workflow.yaml", "metadata", { component: "workflow" }],
    ["actions/bodies/flow.yml", "metadata", { component: "workflow" }],
    ["sensors/poll.yaml", "sensor", { component: "sensor" }],
    ["sensors/poll.py", "sensor"],
    ["sensors/timer", "sensor", { content: "static-elf" }],
    ["sensors/other-binary", "sensor", { content: "static-elf" }],
    ["sensors/data/zones.json", "sensor"],
    ["actions/echo.sh", "script", { runners: ["shell"] }],
    ["actions/fetch.py", "script", { runners: ["python"] }],
    ["actions/native", "binary", { content: "static-elf", runners: ["native"] }],
    ["actions/tools/jq", "binary", { content: "static-elf" }],
    ["actions/common.py", "script", { runners: ["python"] }],
    ["actions/lib/table.json", "script", { runners: ["native", "python", "shell"] }],
    ["lib/http.py", "sensor", { runners: ["python"] }],
    ["lib/log.sh", "script", { runners: ["shell"] }],
    ["lib/table.json", "sensor", { runners: ["native", "python", "shell"] }],
    ["data/prompt.j2", "sensor", { runners: ["native", "python", "shell"] }],
    ["requirements.txt", "dependencies", { runners: ["python"] }],
    ["package.json", "dependencies", { runners: ["node"] }],
    ["config.schema.yaml", "config"],
    ["configs/prod.yaml", "config"],
    ["README.md", "docs"],
    ["actions/README.md", "docs"],
    ["docs/how.html", "docs"],
    ["tests/run_tests.sh", "docs"],
    ["examples/rule.yaml", "docs"],
    ["LICENSE", "docs"],
    ["aliases/hello.yaml", "docs"],
    ["actions/mail.md", "script", { runners: ["native", "python", "shell"] }],
  ])("%s: %s", ([path, kind, { component, runners = [], content = "text" } = {}]) => {
    const meaning = meaningOf(changed(path, content), readersOf(modelOf(mixed)));
    expect(meaning).toMatchObject({ kind, runners, ...(component !== undefined && { component }) });
    if (component === undefined) expect(meaning).not.toHaveProperty("component");
  });
});

test("what is shared concerns no sensors where there are none", () => {
  const readers = readersOf(modelOf(actionsOnly));
  expect(meaningOf(changed("lib/table.json"), readers)).toMatchObject({ kind: "script", runners: ["python", "shell"] });
  expect(meaningOf(changed("lib/http.py"), readers)).toMatchObject({ kind: "script", runners: ["python"] });
});

test("what is shared and nobody can read concerns nobody", () => {
  const { why, ...meaning } = meaningOf(changed("lib/x.js"), readersOf(modelOf(actionsOnly)));
  expect(meaning).toEqual({ kind: "script", runners: [] });
  expect(why).toBe("nothing in the pack runs it");
});

test("a script that goes with its definition is what it was", () => {
  const readers = readersOf({ dialect: "attune", before: mixed, after: factsWith({}) });
  expect(meaningOf(changed("sensors/poll.py", "text", "remove"), readers).kind).toBe("sensor");
  expect(meaningOf(changed("actions/fetch.py", "text", "remove"), readers).runners).toEqual(["python"]);
});

test("a script with a new runner concerns the old one's workers, too", () => {
  const entry = "actions/x";
  const before = factsWith({ "actions/x.yaml": { kind: "action", ref: "demo.x", runner: "shell", entry } });
  const after = factsWith({ "actions/x.yaml": { kind: "action", ref: "demo.x", runner: "python", entry } });
  const readers = readersOf({ dialect: "attune", before, after });
  expect(meaningOf(changed(entry), readers)).toMatchObject({ kind: "script", runners: ["python", "shell"] });
});

test("a script that a sensor and an action share is the sensor's, and concerns the action's runner", () => {
  const entry = "actions/both.py";
  const facts = factsWith({
    "actions/a.yaml": { kind: "action", ref: "demo.a", runner: "python", entry },
    "sensors/s.yaml": { kind: "sensor", ref: "demo.s", runner: "python", entry },
  });
  expect(meaningOf(changed(entry), readersOf(modelOf(facts)))).toMatchObject({ kind: "sensor", runners: ["python"] });
});

test("StackStorm's sensors are Python, its aliases are read, and its schema of the config is config", () => {
  const facts = factsWith({ "sensors/s.yaml": { kind: "sensor", ref: "demo.S", entry: "sensors/s.py" } }, "stackstorm");
  const readers = readersOf({ dialect: "stackstorm", before: undefined, after: facts });
  expect(meaningOf(changed("lib/x.py"), readers).kind).toBe("sensor");
  expect(meaningOf(changed("lib/x.sh"), readers).kind).toBe("script");
  expect(meaningOf(changed("aliases/a.yaml"), readers)).toMatchObject({ kind: "metadata", component: "alias" });
  expect(meaningOf(changed("config.schema.yaml"), readers).kind).toBe("config");
});

test("every change of every kind has exactly one meaning, the same whatever happens to the file", () => {
  fc.assert(
    fc.property(anyChange, fc.constantFrom(mixed, actionsOnly, undefined), (change, facts) => {
      const readers = readersOf(modelOf(facts));
      const meaning = meaningOf(change, readers);
      expect(meaningKinds.filter((kind) => kind === meaning.kind)).toHaveLength(1);
      expect(meaning.runners).toEqual([...new Set(meaning.runners)].sort());
      expect([undefined, ...componentKinds]).toContain(meaning.component);
      expect(meaning.why).not.toBe("");
      const content = change.kind === "add" ? change.next.digest : (change.prev.digest ?? "");
      if (change.kind !== "replace")
        expect(meaningOf(changed(change.path, content, "remove"), readers)).toEqual(
          meaningOf(changed(change.path, content, "add"), readers),
        );
    }),
    { numRuns: 2000 },
  );
});
