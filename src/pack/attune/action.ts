import * as z from "zod/mini";
import type { Finding } from "../finding.ts";
import { isAbsent, type Mapping } from "../mapping.ts";
import type { KindModel } from "../model.ts";
import { bool, field, int, oneOf, text, texts } from "../schema/shape.ts";
import { checkRef } from "./component-ref.ts";
import { parameters } from "./parameter-shape.ts";
import { checkedParameters, checkParameters } from "./parameters.ts";
import { checkProgramPath } from "./program-path.ts";
import { relabelled } from "./relabel.ts";
import { checkRunner, isNative } from "./runner.ts";
import { described, FOR_PEOPLE, nonEmpty, PLACEMENT, placement } from "./shapes.ts";

const SCHEMAS = ["parameters", "output", "output_schema"] as const;
const DELIVERY_HINT =
  "Parameters come on stdin, or in a file. Older documentation also has `env`; the platform refuses it.";
const VERSION_HINT = 'Quote the constraint: `runtime_version: ">=3.10"`; without quotes it is not read.';

/** `actions/*.yaml`. Source: `PackComponentLoader` (crates/common) and the CHECKs of the `action` table. */
export const action: KindModel = {
  schema: () =>
    z.looseObject({
      ...described(),
      runner_type: field(
        "Which runtime runs it: `shell` (default), `python`, `nodejs`, `native`, or another's ref",
        text,
      ),
      entry_point: field("The program, relative to `actions/`; needed unless there is a `workflow_file`", nonEmpty),
      workflow_file: field(
        "The workflow to run instead, relative to `actions/`: `workflows/<name>.workflow.yaml`",
        nonEmpty,
      ),
      parameter_delivery: field("How parameters arrive; default `stdin`", oneOf(["stdin", "file"])),
      parameter_format: field("How parameters are written; default `json`", oneOf(["dotenv", "json", "yaml"])),
      output_format: field("How its output is read; default `text`", oneOf(["text", "json", "yaml", "jsonl"])),
      parameters: parameters("What it takes: name → field"),
      output: parameters("What it gives: name → field"),
      output_schema: parameters("Not read by the platform's loaders: write `output`"),
      runtime_version: field('Which versions of the runtime will do, in quotes: `">=3.10"`', text),
      accesses_mcp: field("Whether it may use the platform's MCP server", bool),
      default_execution_permission_set_refs: field("What its executions may do", texts),
      timeout: field("Seconds until an execution counts as timed out", z.number()),
      launch: field("How a built program is started, in newer versions of the platform", z.unknown()),
      reference_visibility: field("Which packs may use it", oneOf(["public", "private", "restricted"])),
      reference_allowed_pack_refs: field("The packs that may, if it is `restricted`", texts),
      artifact_retention_policy: field("As `log_retention_policy`, for artifacts", text),
      artifact_retention_limit: field("How many of them are kept", int),
      examples: field("How to use it; for people only", z.unknown()),
      metadata: field("Whatever else there is to know; for programs of your own", z.unknown()),
      ...placement(),
    }),
  advisory: [
    ...FOR_PEOPLE,
    ...["runtime_version", "accesses_mcp", "timeout", "reference_visibility", "reference_allowed_pack_refs"],
    ...["artifact_retention_policy", "artifact_retention_limit", ...PLACEMENT],
  ],
  check: (value, about) => [
    ...checkRef(value, about),
    ...checkRunner(value["runner_type"], about, "action.unknown_runner_type"),
    ...checkProgram(value),
    ...checkParameters(value, SCHEMAS),
    ...checkOutput(value),
  ],
  report: relabelled([
    ...checkedParameters(SCHEMAS),
    { at: "parameter_delivery", hint: DELIVERY_HINT },
    { at: "runtime_version", hint: VERSION_HINT },
  ]),
};

function checkProgram(value: Mapping): readonly Finding[] {
  const { entry_point: program, workflow_file: workflow } = value;
  if (!isAbsent(workflow)) return checkWorkflowFile(workflow);
  if (isAbsent(program)) return [noProgram()];
  return isNative(value["runner_type"]) ? [] : checkProgramPath(program, "entry_point", "actions", "action.entrypoint");
}

function noProgram(): Finding {
  return {
    severity: "error",
    code: "metadata.missing_field",
    message: "Expected `entry_point`, the program in `actions/`, or `workflow_file`, got neither",
    hint: "Add e.g. `entry_point: run.sh`.",
    path: [],
    at: "key",
  };
}

function checkWorkflowFile(given: unknown): readonly Finding[] {
  const outside = checkProgramPath(given, "workflow_file", "actions", "action.workflow_path");
  if (outside.length > 0 || typeof given !== "string" || /^(\.\/)*workflows\//.test(given)) return outside;
  return [
    {
      severity: "warning",
      code: "action.workflow_path",
      message: `Expected \`workflow_file\` to begin with \`workflows/\`, got \`${given.slice(0, 60)}\``,
      hint: "Move the file to `actions/workflows/`: newer versions of the platform look nowhere else.",
      path: ["workflow_file"],
      at: "value",
    },
  ];
}

/** The core pack itself has `output_schema`, which its loaders pass over. */
function checkOutput(value: Mapping): readonly Finding[] {
  if (isAbsent(value["output_schema"]) || !isAbsent(value["output"])) return [];
  return [
    {
      severity: "warning",
      code: "action.ignored_output_schema",
      message: "Expected `output`, got `output_schema`, which most of the platform's loaders do not read",
      hint: "Rename it to `output`.",
      path: ["output_schema"],
      at: "key",
    },
  ];
}
