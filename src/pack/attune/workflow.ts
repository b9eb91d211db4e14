import type { Finding } from "../finding.ts";
import { isAbsent, isMapping, type Mapping } from "../mapping.ts";
import type { DefinitionContext, KindModel } from "../model.ts";
import { checkRef } from "./component-ref.ts";
import { checkedParameters, checkParameters } from "./parameters.ts";
import { relabelled } from "./relabel.ts";
import { checkTemplates } from "./templates.ts";
import { workflowShape } from "./workflow-shape.ts";
import { checkTasks } from "./workflow-tasks.ts";

const SCHEMAS = ["parameters", "output"] as const;
const CODE = "workflow.invalid_definition";

/**
 * `actions/workflows/*.yaml`, and the older `workflows/*.yaml`: of these, the platform skips with a warning what it
 * cannot read. Source: crates/common/src/workflow/{parser,validator}.rs.
 */
export const workflow: KindModel = {
  schema: workflowShape,
  advisory: [],
  check: (value, about) => [
    // The action that names the workflow has the ref.
    ...(isAbsent(value["ref"]) || value["ref"] === "" ? [] : checkRef(value, about)),
    ...checkParameters(value, SCHEMAS),
    ...checkVariables(value),
    ...checkTasks(value["tasks"], ["tasks"]),
    ...checkTemplates(value, ["vars", "tasks", "output_map"]),
  ],
  report: (found, about) => legacyOrStrict(inPlatformWords(found), about),
};

const inPlatformWords = relabelled([
  ...checkedParameters(SCHEMAS),
  { at: "version", code: CODE, hint: 'Quote it: `version: "1.0.0"`.' },
  { at: "vars", code: CODE, hint: "Write `name: value` lines, without `-`." },
  {
    at: "tasks",
    reach: "exactly",
    code: CODE,
    hint: "Write a list, each task with its name: `- name: first`. A mapping of tasks is StackStorm's.",
  },
  ...["on_success", "on_failure", "on_complete", "on_timeout"].map((key) => ({
    at: `tasks.*.${key}`,
    code: CODE,
    hint: `\`${key}\` names one task; conditions go into \`next: [{when: …, do: [task]}]\`.`,
  })),
  { at: "tasks.*.next.*.do", code: CODE, hint: "Write a list: `do: [task]`." },
  { at: "tasks.*.next.*.publish", code: CODE, hint: "Write a list: `- name: value`." },
  { at: "tasks.*.publish", code: CODE, hint: "Write a list: `- name: value`." },
  { at: "tasks.*.join", code: CODE, hint: "Write how many tasks to wait for; `all` is StackStorm's." },
  { at: "tasks.*.with_items", code: CODE, hint: 'Write a template: `with_items: "{{ parameters.hosts }}"`.' },
  { at: "tasks.*.input", code: CODE, hint: "Write `name: value` lines, without `-`." },
  { at: "", code: CODE },
]);

/** A legacy workflow that cannot be read is one thing to know, however much of it is old. */
function legacyOrStrict(found: readonly Finding[], { file }: DefinitionContext): readonly Finding[] {
  const errors = found.filter(({ severity }) => severity === "error");
  const [first, ...others] = errors;
  if (first === undefined || !file.startsWith("workflows/")) return found;
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return [
    {
      ...first,
      severity: "warning",
      code: "workflow.invalid_legacy_definition",
      message: `${first.message}${more}: the platform skips this legacy workflow`,
    },
  ];
}

function checkVariables({ vars }: Mapping): readonly Finding[] {
  if (!isMapping(vars)) return [];
  const wrong = Object.keys(vars).filter((name) => !/^[\p{L}\p{N}_-]+$/u.test(name));
  return wrong.map((name) => ({
    severity: "error",
    code: CODE,
    message: `Expected a variable's name to have letters, digits, \`_\` and \`-\` only, got \`${name.slice(0, 60)}\``,
    hint: "Templates could not name it.",
    path: ["vars", name],
    at: "key",
  }));
}
