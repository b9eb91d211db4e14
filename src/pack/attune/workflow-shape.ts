import * as z from "zod/mini";
import { anyMap, bool, field, once, oneOf, required, text, texts } from "../schema/shape.ts";
import { parameters } from "./parameter-shape.ts";
import { natural } from "./shapes.ts";

const chartMeta = once(() => field("Where the workflow builder draws it", z.unknown()));
const published = once(() => z.array(z.union([anyMap, text])));

const transition = once(() =>
  z.looseObject({
    when: field('When to take it, e.g. `"{{ succeeded() }}"`; default always', text),
    publish: field("Variables to set: a list of `name: value`", published()),
    do: field("Names of the tasks that follow", texts),
    __chart_meta__: chartMeta(),
  }),
);

const retry = once(() =>
  z.looseObject({
    count: required("How often, 1 to 100", z.int().check(z.minimum(1), z.maximum(100))),
    delay: required("Seconds to wait before", natural),
    backoff: field("How the delay grows; default `constant`", oneOf(["constant", "linear", "exponential"])),
    max_delay: field("The longest delay, in seconds", natural),
    on_error: field("Only when this template says so", text),
  }),
);

const decision = once(() =>
  z.looseObject({
    when: field("When to take this branch", text),
    next: required("The task that follows", text),
    default: field("Whether this is the branch when no other is taken", bool),
  }),
);

const name = once(() => z.string().check(z.minLength(1), z.maxLength(255)));

const task: () => z.ZodMiniType = once(() =>
  z.looseObject({
    name: required("Its name, unique in the workflow", name()),
    type: field("What it does; default `action`", oneOf(["action", "parallel", "workflow"])),
    action: field("The action or workflow that it runs, `<pack>.<name>`", text),
    input: field("The action's parameters; templates as `{{ parameters.x }}`", anyMap),
    when: field("Whether to run it at all, as a template", text),
    with_items: field("Run it for each of a list, given by a template", text),
    batch_size: field("How many items one execution gets", natural),
    concurrency: field("How many executions run at a time", natural),
    retry: field("Whether to try again", retry()),
    timeout: field("Seconds until it counts as timed out", natural),
    join: field("How many tasks before it have to end first", natural),
    next: field("What follows: the first transition whose `when` holds", z.array(transition())),
    on_success: field("Older than `next`: the task that follows when it succeeded", text),
    on_failure: field("Older than `next`: the task that follows when it failed", text),
    on_complete: field("Older than `next`: the task that follows in any case", text),
    on_timeout: field("Older than `next`: the task that follows when it timed out", text),
    decision: field("Older than `next`: branches", z.array(decision())),
    publish: field("Older than `next`: variables to set when it succeeded", published()),
    tasks: field("What a `parallel` task runs at the same time", z.array(z.lazy(task))),
    __chart_meta__: chartMeta(),
  }),
);

export const workflowShape = once(() =>
  z.looseObject({
    ref: field("Full reference; the action that names the file has it, too", z.string().check(z.maxLength(255))),
    label: field("Name for people", z.string().check(z.maxLength(255))),
    description: field("What it is for", text),
    version: required("Its version, in quotes", z.string().check(z.minLength(1), z.maxLength(50))),
    parameters: parameters("What it takes: name → field"),
    output: parameters("What it gives: name → field"),
    vars: field("Its variables with their first values", anyMap),
    tasks: required("What it does, as a list", z.array(task()).check(z.minLength(1))),
    output_map: field("What it gives: name → template", z.record(z.string(), text)),
    tags: field("Words to find it by", texts),
    cancellation_policy: field("What becomes of running tasks", oneOf(["allow_finish", "cancel_running"])),
  }),
);
