import { excerpt } from "../excerpt.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isAbsent, isMapping, type Mapping, mappingsIn } from "../mapping.ts";
import { targetsOf, unreachable } from "./workflow-graph.ts";

/** Names that stand for something else in templates. */
const RESERVED = new Set(["parameters", "vars", "task", "system", "kv", "pack", "item", "batch", "index"]);

/** What the platform asks of tasks beside their shape; each list of tasks is a world of its own. */
export function checkTasks(value: unknown, path: ValuePath): readonly Finding[] {
  const tasks = mappingsIn(value);
  const names = new Set(tasks.map(([, { name }]) => name));
  const lost = unreachable(tasks.map(([, task]) => task));
  return [
    ...checkNames(tasks, path),
    ...tasks.flatMap(([position, task]) => {
      const at = [...path, position];
      return [
        ...checkTask(task, at),
        ...checkTargets(task, names, at),
        ...(lost.has(task) ? [unreached(task, at)] : []),
      ];
    }),
  ];
}

function checkNames(tasks: readonly (readonly [number, Mapping])[], path: ValuePath): readonly Finding[] {
  const seen = new Set<unknown>();
  return tasks.flatMap(([position, { name }]) => {
    if (typeof name !== "string") return [];
    const isTaken = seen.has(name);
    seen.add(name);
    const at = [...path, position, "name"];
    if (isTaken) return [invalid(`Expected each task to have a name of its own, got ${quoted(name)} twice`, at)];
    if (!RESERVED.has(name)) return [];
    return [invalid(`Expected a task's name that means nothing else in templates, got ${quoted(name)}`, at)];
  });
}

function checkTask(task: Mapping, path: ValuePath): readonly Finding[] {
  return [
    ...checkAction(task, path),
    ...checkRetry(task["retry"], [...path, "retry"]),
    ...checkItems(task, path),
    ...checkDecision(task, path),
    ...checkIgnored(task, path),
    ...checkTasks(task["tasks"], [...path, "tasks"]),
  ];
}

function checkAction({ type, action, tasks }: Mapping, path: ValuePath): readonly Finding[] {
  if (type === "parallel") {
    const isEmpty = isAbsent(tasks) || (Array.isArray(tasks) && tasks.length === 0);
    return isEmpty ? [invalid("Expected `tasks` in a `parallel` task, got none", path, "key")] : [];
  }
  if (isAbsent(action)) {
    const hint = "Add e.g. `action: core.noop`.";
    return [{ ...invalid("Expected `action`, what the task runs, got none", path, "key"), hint }];
  }
  if (typeof action !== "string" || /^[^.]+(\.[^.]+)+$/.test(action)) return [];
  return [invalid(`Expected \`action\` to be \`<pack>.<name>\`, got ${quoted(action)}`, [...path, "action"])];
}

function checkRetry(retry: unknown, path: ValuePath): readonly Finding[] {
  if (!isMapping(retry)) return [];
  const { delay, max_delay: longest } = retry;
  if (typeof delay !== "number" || typeof longest !== "number" || longest >= delay) return [];
  const message = `Expected \`max_delay\` to be at least \`delay\`, which is \`${delay}\`, got \`${longest}\``;
  return [invalid(message, [...path, "max_delay"])];
}

/** 0 is refused only where items are asked for. */
function checkItems(task: Mapping, path: ValuePath): readonly Finding[] {
  if (isAbsent(task["with_items"])) return [];
  const zero = ["batch_size", "concurrency"].filter((key) => task[key] === 0);
  return zero.map((key) => invalid(`Expected \`${key}\` to be at least \`1\`, got \`0\``, [...path, key]));
}

function checkDecision({ decision }: Mapping, path: ValuePath): readonly Finding[] {
  const branches = mappingsIn(decision);
  const defaults = branches.filter(([, branch]) => branch["default"] === true);
  const never = branches.filter(([, branch]) => branch["default"] !== true && isAbsent(branch["when"]));
  return [
    ...defaults
      .slice(1)
      .map(([at]) => invalid("Expected one default branch, got another one", [...path, "decision", at], "key")),
    ...never.map(([at]) =>
      invalid("Expected `when` or `default: true`, got neither", [...path, "decision", at], "key"),
    ),
  ];
}

const OLDER = ["on_success", "on_failure", "on_complete", "on_timeout", "decision", "publish"];

function checkIgnored(task: Mapping, path: ValuePath): readonly Finding[] {
  const { next } = task;
  if (!Array.isArray(next) || next.length === 0) return [];
  const ignored = OLDER.filter((key) => !isAbsent(task[key]));
  return ignored.map((key) => ({
    severity: "warning",
    code: "workflow.ignored_transition",
    message: `Expected either \`next\` or \`${key}\`, got both: the platform passes over \`${key}\``,
    hint: `Move it into \`next\`.`,
    path: [...path, key],
    at: "key",
  }));
}

function checkTargets(task: Mapping, names: ReadonlySet<unknown>, path: ValuePath): readonly Finding[] {
  return targetsOf(task)
    .filter(({ name }) => !names.has(name))
    .map(({ name, path: below }) => ({
      ...invalid(`Expected a task of this list, got ${quoted(name)}`, [...path, ...below]),
      hint: "Mend the name, or add the task. There are no built-in ones, such as `noop` or `fail`.",
    }));
}

function unreached({ name }: Mapping, path: ValuePath): Finding {
  return {
    severity: "warning",
    code: "workflow.unreachable_task",
    message: `Expected a way to the task ${quoted(String(name))}, got none: only tasks lead to it that are not reached themselves`,
    hint: "Let a task that is reached lead to it, or remove it.",
    path: [...path, "name"],
    at: "value",
  };
}

function invalid(message: string, path: ValuePath, at: Finding["at"] = "value"): Finding {
  return { severity: "error", code: "workflow.invalid_definition", message, path, at };
}

function quoted(text: string): string {
  return `\`${excerpt(text)}\``;
}
