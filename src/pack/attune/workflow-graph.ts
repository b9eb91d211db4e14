import type { ValuePath } from "../finding.ts";
import { type Mapping, mappingsIn } from "../mapping.ts";

/** The name of a task that follows; `path` from the task to it. */
export interface Target {
  readonly name: string;
  readonly path: ValuePath;
}

/** Every task that a task may be followed by. With `next`, the older ways are passed over. */
export function targetsOf(task: Mapping): readonly Target[] {
  const { next } = task;
  if (Array.isArray(next) && next.length > 0)
    return mappingsIn(next).flatMap(([at, way]) => targetsOfTransition(way, at));
  return [
    ...["on_success", "on_failure", "on_complete", "on_timeout"].flatMap((key) => named(task[key], [key])),
    ...mappingsIn(task["decision"]).flatMap(([at, branch]) => named(branch["next"], ["decision", at, "next"])),
  ];
}

function targetsOfTransition(transition: Mapping, at: number): readonly Target[] {
  const names = transition["do"];
  if (!Array.isArray(names)) return [];
  return names.flatMap((name, position) => named(name, ["next", at, "do", position]));
}

function named(name: unknown, path: ValuePath): readonly Target[] {
  return typeof name === "string" ? [{ name, path }] : [];
}

/** Tasks to which no way leads from those that a workflow begins with; where all are in circles, nobody knows those. */
export function unreachable(tasks: readonly Mapping[]): ReadonlySet<Mapping> {
  const followers = new Map(tasks.map((task) => [task, targetsOf(task).map(({ name }) => name)]));
  const followed = new Set([...followers.values()].flat());
  const waiting = tasks.filter(({ name }) => typeof name !== "string" || !followed.has(name));
  if (waiting.length === 0) return new Set();
  const byName = Map.groupBy(tasks, ({ name }) => name);
  const reached = new Set<Mapping>();
  for (let task = waiting.pop(); task !== undefined; task = waiting.pop()) {
    if (reached.has(task)) continue;
    reached.add(task);
    for (const name of followers.get(task) ?? []) waiting.push(...(byName.get(name) ?? []));
  }
  return new Set(tasks.filter((task) => !reached.has(task)));
}
