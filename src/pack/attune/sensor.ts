import * as z from "zod/mini";
import { shown } from "../check-shape.ts";
import type { Finding } from "../finding.ts";
import { isAbsent, type Mapping } from "../mapping.ts";
import type { DefinitionContext, KindModel } from "../model.ts";
import { anyMap, field, text, texts } from "../schema/shape.ts";
import { checkRef, isReference } from "./component-ref.ts";
import { parameters } from "./parameter-shape.ts";
import { checkedParameters, checkParameters } from "./parameters.ts";
import { checkProgramPath } from "./program-path.ts";
import { relabelled } from "./relabel.ts";
import { checkRunner, isNative } from "./runner.ts";
import { described, FOR_PEOPLE, nonEmpty, PLACEMENT, placement } from "./shapes.ts";

const VERSION_HINT = 'Quote the constraint: `runtime_version: ">=3.10"`; without quotes it is not read.';

/** `sensors/*.yaml`. Source: `PackComponentLoader` (crates/common); a sensor without trigger cannot be stored. */
export const sensor: KindModel = {
  schema: () =>
    z.looseObject({
      ...described(),
      runner_type: field(
        "Which runtime runs it: `native` (default), `shell`, `python`, `nodejs`, or another's ref",
        text,
      ),
      entry_point: field("The program, relative to `sensors/`", nonEmpty),
      trigger_types: field("The triggers that it fires, by their refs", z.union([texts, text])),
      trigger_type: field("As `trigger_types`, if there is only one", z.union([text, texts])),
      parameters: parameters("What it can be configured with: name → field"),
      config: field("Its configuration", anyMap),
      poll_interval: field("Seconds between two looks; for programs that ask for it", z.number()),
      runtime_version: field('Which versions of the runtime will do, in quotes: `">=3.10"`', text),
      meta: field("Whatever else there is to know", z.unknown()),
      examples: field("How to use it; for people only", z.unknown()),
      ...placement(),
    }),
  advisory: [...FOR_PEOPLE, "runtime_version", "poll_interval", ...PLACEMENT],
  check: (value, about) => [
    ...checkRef(value, about),
    ...checkRunner(value["runner_type"], about, "sensor.unknown_runner_type"),
    ...checkProgram(value),
    ...checkTriggers(value, about),
    ...checkParameters(value, ["parameters"]),
  ],
  report: relabelled([
    ...checkedParameters(["parameters"]),
    { at: "trigger_types", drop: "shape" },
    { at: "trigger_type", drop: "shape" },
    { at: "runtime_version", hint: VERSION_HINT },
  ]),
};

function checkProgram({ entry_point: program, runner_type: runner }: Mapping): readonly Finding[] {
  if (!isAbsent(program)) {
    const isBuilt = isAbsent(runner) || isNative(runner);
    return isBuilt ? [] : checkProgramPath(program, "entry_point", "sensors", "sensor.entrypoint");
  }
  return [
    {
      severity: "error",
      code: "metadata.missing_field",
      message: "Expected `entry_point`, the program in `sensors/`, got none",
      hint: "Add e.g. `entry_point: watch.py`.",
      path: [],
      at: "key",
    },
  ];
}

function checkTriggers(value: Mapping, about: DefinitionContext): readonly Finding[] {
  const key = isAbsent(value["trigger_types"]) ? "trigger_type" : "trigger_types";
  const given = value[key];
  if (isAbsent(given) || (Array.isArray(given) && given.length === 0)) return [noTriggers(about)];
  if (!Array.isArray(given)) return checkTrigger(given, [key], about);
  return given.flatMap((each, position) => checkTrigger(each, [key, position], about));
}

function noTriggers({ pack = "my_pack" }: DefinitionContext): Finding {
  return {
    severity: "error",
    code: "sensor.missing_trigger_types",
    message: "Expected `trigger_types`, the triggers that this sensor fires, got none",
    hint: `Add e.g. \`trigger_types: [${pack}.my_trigger]\`: the platform does not store a sensor without.`,
    path: [],
    at: "key",
  };
}

function checkTrigger(given: unknown, path: Finding["path"], { pack }: DefinitionContext): readonly Finding[] {
  if (typeof given === "string" && isReference(given, pack)) return [];
  return [
    {
      severity: "error",
      code: "sensor.invalid_trigger_types",
      message: `Expected a trigger's ref, \`<pack>.<name>\`, got ${shown(given)}`,
      hint: "A trigger is defined in a file of its own in `triggers/`; here is only its ref.",
      path,
      at: "value",
    },
  ];
}
