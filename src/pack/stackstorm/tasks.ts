import { excerpt } from "../excerpt.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isAbsent, isMapping, type Mapping, mappingsIn } from "../mapping.ts";

/** What the engine itself does; a task of this name is refused. Source: `ENGINE_EVENT_MAP` in orquesta/events.py. */
const BUILTINS: ReadonlySet<string> = new Set(["continue", "fail", "noop", "retry"]);

/** What is wrong between the tasks of an orquesta workflow, as `inspect` of its engine finds it when it is run. */
export function checkTasks(tasks: unknown): Finding[] {
  if (!isMapping(tasks)) return [];
  const entries = Object.entries(tasks);
  if (entries.length === 0) return [noTasks()];
  return entries.flatMap(([name, task]) => [
    ...checkName(name),
    ...(isMapping(task) ? [...checkWith(name, task), ...checkTransitions(name, task["next"], tasks)] : []),
  ]);
}

function noTasks(): Finding {
  const message = "Expected `tasks` to have at least one task, got none";
  return { severity: "error", code: "workflow.invalid_definition", message, path: ["tasks"], at: "value" };
}

function checkName(name: string): Finding[] {
  if (!BUILTINS.has(name)) return [];
  const message = `Expected a name that is not the engine's own, got \`${name}\``;
  return [{ severity: "error", code: "workflow.invalid_definition", message, path: ["tasks", name], at: "key" }];
}

function checkWith(name: string, task: Mapping): Finding[] {
  if (isAbsent(task["with"]) || !isAbsent(task["action"])) return [];
  const message = "Expected `action` beside `with`, got none";
  return [{ severity: "error", code: "metadata.missing_field", message, path: ["tasks", name, "with"], at: "key" }];
}

function checkTransitions(name: string, next: unknown, tasks: Mapping): Finding[] {
  return mappingsIn(next).flatMap(([index, { do: targets }]) =>
    checkTargets(targets, tasks, ["tasks", name, "next", index, "do"]),
  );
}

/** @param targets one text may name several tasks */
function checkTargets(targets: unknown, tasks: Mapping, path: ValuePath): Finding[] {
  if (typeof targets === "string") {
    return targets.split(",").flatMap((target) => checkTarget(target.trim(), tasks, path));
  }
  if (!Array.isArray(targets)) return [];
  return targets.flatMap((target, index) =>
    typeof target === "string" ? checkTarget(target, tasks, [...path, index]) : [],
  );
}

function checkTarget(target: string, tasks: Mapping, path: ValuePath): Finding[] {
  if (target === "" || BUILTINS.has(target) || Object.hasOwn(tasks, target)) return [];
  return [
    {
      severity: "error",
      code: "workflow.invalid_definition",
      message: `Expected \`do\` to name a task of this workflow, got \`${excerpt(target)}\``,
      hint: `Its tasks: ${excerpt(Object.keys(tasks).join(", "))}; and noop, fail, continue, retry.`,
      path,
      at: "value",
    },
  ];
}
