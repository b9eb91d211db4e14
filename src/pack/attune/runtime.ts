import * as z from "zod/mini";
import type { Finding } from "../finding.ts";
import { isAbsent, type Mapping, mappingsIn } from "../mapping.ts";
import type { DefinitionContext, KindModel } from "../model.ts";
import { anyMap, bool, field, once, oneOf, required, text, texts } from "../schema/shape.ts";
import { checkPackRef, checkRef } from "./component-ref.ts";
import { relabelled } from "./relabel.ts";
import { described, FOR_PEOPLE, nonEmpty } from "./shapes.ts";

const variable = once(() =>
  z.looseObject({
    value: required("The value; `{pack_dir}`, `{env_dir}`, `{interpreter}`, `{manifest_path}` are replaced", text),
    operation: field("What becomes of a value that is there already", oneOf(["set", "prepend", "append"])),
    separator: field("What stands between both", text),
  }),
);

const executionConfig = once(() =>
  z.looseObject({
    interpreter: field(
      "What runs a file",
      z.looseObject({
        binary: field("The program", text),
        args: field("What stands before the file's path", texts),
        file_extension: field("Which files it runs, e.g. `.py`", text),
      }),
    ),
    inline_execution: field("How code runs that is no file", anyMap),
    environment: field(
      "What each pack has for itself",
      z.looseObject({
        env_type: required("What it is, e.g. `virtualenv`", text),
        dir_name: field("The name of its directory", text),
        create_command: field("What makes it", texts),
        interpreter_path: field("The program inside, e.g. `{env_dir}/bin/python3`", text),
      }),
    ),
    dependencies: field(
      "How a pack's libraries get there",
      z.looseObject({
        manifest_file: required("The file that lists them, e.g. `requirements.txt`", text),
        install_command: field("What installs them", texts),
      }),
    ),
    env_vars: field("Variables of the environment: name → value", z.record(z.string(), z.union([text, variable()]))),
  }),
);

const version = once(() =>
  z.looseObject({
    version: required('The version, in quotes: `"3.12"`', nonEmpty),
    is_default: field("Whether it is taken when nobody asks for one", bool),
    execution_config: field("How it runs files", executionConfig()),
    distributions: field("How to find it on a worker", anyMap),
    meta: field("Whatever else there is to know", anyMap),
  }),
);

/** `runtimes/*.yaml`. Source: `PackComponentLoader`, `RuntimeExecutionConfig` (crates/common). */
export const runtime: KindModel = {
  schema: () =>
    z.looseObject({
      ...described(),
      pack_ref: field("The pack's ref; it may say nothing else", text),
      name: field("Its name for people", text),
      aliases: field("Other names that `runner_type` may use", texts),
      distributions: field("How to find it on a worker", anyMap),
      installation: field("How it gets onto a worker", anyMap),
      execution_config: field("How it runs files", executionConfig()),
      versions: field("Its versions, if they differ", z.array(version())),
    }),
  advisory: [...FOR_PEOPLE, "name", "installation"],
  check: (value, about) => [
    ...checkRef(value, about),
    ...checkPackRef(value, about),
    ...checkName(value, about),
    ...checkVersions(value),
  ],
  report: relabelled([
    { at: "versions.*.execution_config" },
    { at: "versions.*", code: "runtime.invalid_version", hint: 'Write e.g. `version: "3.12"`, with the quotes.' },
  ]),
};

function checkName({ name }: Mapping, { file }: DefinitionContext): readonly Finding[] {
  if (!isAbsent(name)) return [];
  const stem = file.slice(file.lastIndexOf("/") + 1).replace(/\.ya?ml$/, "");
  return [
    {
      severity: "warning",
      code: "metadata.missing_field",
      message: "Expected `name`, what `runner_type` may call it, got none",
      hint: `Add e.g. \`name: ${stem}\`: newer versions of the platform want it.`,
      path: [],
      at: "key",
    },
  ];
}

function checkVersions({ versions }: Mapping): readonly Finding[] {
  const all = mappingsIn(versions);
  const seen = new Set<unknown>();
  const repeated = all.filter(([, { version: given }]) => {
    const isRepeated = typeof given === "string" && seen.has(given);
    seen.add(given);
    return isRepeated;
  });
  const defaults = all.filter(([, { is_default: isDefault }]) => isDefault === true);
  return [
    ...repeated.map(([at, { version: given }]) => duplicate(String(given), at)),
    ...defaults.slice(1).map(([at]) => anotherDefault(at)),
  ];
}

function duplicate(given: string, at: number): Finding {
  return {
    severity: "warning",
    code: "runtime.duplicate_version",
    message: `Expected each version once, got \`${given}\` again: the last one counts`,
    hint: "Remove one of them.",
    path: ["versions", at, "version"],
    at: "value",
  };
}

function anotherDefault(at: number): Finding {
  return {
    severity: "warning",
    code: "runtime.multiple_defaults",
    message: "Expected one version to be the default, got another one: which is taken is a matter of luck",
    hint: "Leave `is_default: true` at one of them.",
    path: ["versions", at, "is_default"],
    at: "value",
  };
}
