import * as z from "zod/mini";
import type { KindModel } from "../model.ts";
import { anyMap, closed, filled, once, oneOf, required, text, texts } from "../schema/shape.ts";
import { checkTasks } from "./tasks.ts";

const nonEmpty = once(() => text.check(z.minLength(1)));
/** A number from 0, or an expression. */
const amount = once(() => z.union([nonEmpty(), z.int().check(z.gte(0))]));
const variables = once(() => z.array(anyMap).check(z.minLength(1)));

const transition = once(() =>
  closed({
    when: filled("An expression, e.g. `<% succeeded() %>`; none: always", nonEmpty()),
    publish: filled(
      "Variables that follow: a list of `name: value`, or one text `a=1 b=2`",
      z.union([nonEmpty(), variables()]),
    ),
    do: filled("The tasks that follow: a list, or one text `a, b`", z.union([nonEmpty(), texts.check(z.minLength(1))])),
    __chart_meta__: filled("Where an editor drew it", z.unknown()),
  }),
);

const items = once(() =>
  closed({
    items: required("`x in <% expression %>`, or just an expression", nonEmpty()),
    concurrency: filled("How many at a time", amount()),
  }),
);

const task = once(() =>
  closed({
    action: filled("The action's reference; none: just a place to fork or join", nonEmpty()),
    input: filled("What the action is given", z.union([nonEmpty(), anyMap])),
    with: filled("To run it once for each item", z.union([nonEmpty(), items()])),
    delay: filled("How many seconds to wait before", amount()),
    join: filled(
      "How many branches it waits for: `all`, or a number",
      z.union([oneOf(["all"]), z.int().check(z.gte(0))]),
    ),
    retry: filled(
      "To run it again",
      closed({
        when: filled("An expression; default: when it failed", nonEmpty()),
        count: required("How often at most", amount()),
        delay: filled("How many seconds to wait before", amount()),
      }),
    ),
    next: filled("What follows, in this order", z.array(transition())),
  }),
);

/** The body of an orquesta workflow. Source: orquesta/specs/native/v1/models.py. */
export const workflow: KindModel = {
  schema: () =>
    closed({
      version: filled("Of the language: `1.0`", z.union([text, z.number()])),
      name: filled("Name for people", text),
      description: filled("What it does", text),
      tags: filled("Words to find it by", z.array(z.unknown())),
      input: filled(
        "What it takes: names, or `name: default`",
        z.array(z.union([nonEmpty(), anyMap])).check(z.minLength(1)),
      ),
      vars: filled("Variables: a list of `name: value`", variables()),
      output: filled("What it gives: a list of `name: expression`", variables()),
      tasks: required("What is done: name → task", z.record(z.string(), task())),
    }),
  advisory: ["tags", "name", "description"],
  check: ({ tasks }) => checkTasks(tasks),
};
