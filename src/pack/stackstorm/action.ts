import * as z from "zod/mini";
import { excerpt } from "../excerpt.ts";
import type { Finding } from "../finding.ts";
import type { KindModel } from "../model.ts";
import { anyMap, anyMaps, bool, closed, field, once, required, text } from "../schema/shape.ts";
import { checkPack, computed } from "./common.ts";
import { checkParameters, parameters } from "./parameters.ts";

const notification = once(() =>
  closed({
    message: field("What is said", text),
    data: field("What comes with it", anyMap),
    routes: field("Where it is said", z.array(z.unknown())),
    channels: field("The former name of `routes`", z.array(z.unknown())),
  }),
);

export const notify = once(() =>
  closed({
    "on-complete": field("Whatever came of it", notification()),
    "on-success": field("When it succeeded", notification()),
    "on-failure": field("When it failed", notification()),
  }),
);

/** `actions/*.yaml`. Source: `ActionAPI.schema` in st2common/models/api/action.py, and its registrar. */
export const action: KindModel = {
  schema: () =>
    closed({
      ...computed(),
      name: required("Name within the pack", text),
      runner_type: required("What runs it, e.g. `python-script`, `orquesta`, `local-shell-cmd`", text),
      pack: field("The pack's ref; it may say nothing else", text),
      description: field("What it does", text),
      enabled: field("Whether it may be run; default true", bool),
      entry_point: field("The script, or the workflow, relative to `actions/`; none for a `…-cmd` runner", text),
      parameters: field("What it takes: name → schema", parameters()),
      output_schema: field("What its result looks like", anyMap),
      output_key: field("Where in the result the output is", text),
      tags: field("`{name, value}` pairs", anyMaps),
      notify: field("Who is told what when it ended", notify()),
      required_parameters: field("Unread; write `required: true` in the parameter", z.array(text)),
    }),
  advisory: [],
  check: (value, about) => [
    ...checkPack(value, about),
    ...checkRunner(value["runner_type"]),
    ...checkParameters(value["parameters"], ["parameters"]),
  ],
};

const RUNNERS: ReadonlySet<unknown> = new Set([
  "action-chain",
  "announcement",
  "http-request",
  "inquirer",
  "local-shell-cmd",
  "local-shell-script",
  "noop",
  "orquesta",
  "python-script",
  "remote-shell-cmd",
  "remote-shell-script",
  "winrm-cmd",
  "winrm-ps-cmd",
  "winrm-ps-script",
  // Old names that the platform still maps.
  "run-local",
  "run-local-script",
  "run-remote",
  "run-remote-script",
  "run-python",
  "http-runner",
]);

/** Installations may have runners of their own, so an unknown one is no error. */
function checkRunner(runner: unknown): Finding[] {
  if (typeof runner !== "string" || RUNNERS.has(runner)) return [];
  const isMistral = /^mistral/.test(runner);
  return [
    {
      severity: "warning",
      code: "action.unknown_runner_type",
      message: `Expected \`runner_type\` to be a runner that StackStorm comes with, got \`${excerpt(runner)}\``,
      hint: isMistral
        ? "StackStorm 3.3 removed Mistral: write the workflow for `orquesta`."
        : `Known: ${[...RUNNERS].slice(0, 14).join(", ")}. Where none of them is meant, it has to be installed beside them.`,
      path: ["runner_type"],
      at: "value",
    },
  ];
}
