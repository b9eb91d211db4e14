import { expect, test } from "vitest";
import { kindOf } from "../../../src/pack/component.ts";
import { readYaml } from "../../../src/scan/read-yaml.ts";
import { brief, findingsAt } from "../../support/definitions.ts";

/*
 * What the platform's READMEs, quick references and tools hand out to begin with, in other words. Whoever copies one of
 * them must not be stopped, and reads only what is true.
 */

test.for([
  {
    title: "the quick reference's action, with a name and no ref",
    file: "actions/test.yaml",
    text: `
name: test
description: A first action
runner_type: Shell
entry_point: echo.sh
parameters:
  message:
    type: string
    required: true
`,
    found: ["warning metadata.missing_field"],
  },
  {
    title: "the development template's pack.yaml, with name beside label and JSON Schema for its configuration",
    file: "pack.yaml",
    text: `
ref: demo
name: demo
label: "Demo"
description: "A pack to start with"
version: "0.1.0"
author: Somebody
email: somebody@example.org
conf_schema:
  type: object
  properties:
    url:
      type: string
      description: Where to ask
  required: [url]
tags: []
runtime_deps: [python]
enabled: true
`,
    found: ["warning manifest.legacy_conflict name", "warning schema.json_schema conf_schema"],
  },
  {
    title: "the development template's action, with JSON Schema for its parameters",
    file: "actions/hello.yaml",
    text: `
ref: demo.hello
label: Hello
runner_type: python
entry_point: hello.py
parameters:
  type: object
  properties:
    name:
      type: string
      default: World
  required:
    - name
output:
  type: object
  properties:
    greeting:
      type: string
`,
    found: ["warning schema.json_schema parameters", "warning schema.json_schema output"],
  },
  {
    title: "the packaged action of the core pack, with an output_schema",
    file: "actions/install.yaml",
    text: `
ref: demo.install
label: "Install"
enabled: true
runner_type: shell
entry_point: install.sh
parameter_delivery: stdin
parameter_format: dotenv
output_format: json
parameters:
  paths:
    type: array
    items: {type: string}
    minItems: 1
    required: true
output_schema:
  installed:
    type: array
    items:
      type: object
      properties:
        ref: {type: string}
`,
    found: ["warning action.ignored_output_schema output_schema"],
  },
  {
    title: "the installation guide's workflow, written for Orquesta",
    file: "workflows/install.yaml",
    text: `
name: install
version: 1.0.0
input:
  - source
tasks:
  download:
    action: demo.download
    input:
      packs:
        - <% ctx().source %>
    next:
      - when: <% succeeded() %>
        publish:
          - paths: <% result().paths %>
        do: register
  register:
    action: demo.register
output:
  - registered: <% task(register).result %>
`,
    found: ["warning workflow.invalid_legacy_definition tasks"],
  },
  {
    title: "the core pack's workflow, with lists where the platform reads texts",
    file: "workflows/install_packs.yaml",
    text: `
name: install_packs
ref: demo.install_packs
version: "1.0.0"
vars:
  - found: []
tasks:
  - name: download
    action: demo.download
    publish:
      - found: "{{ task.download.result.packs }}"
    on_success:
      - when: "{{ task.download.result.count > 0 }}"
        do: finish
    on_failure: finish
  - name: finish
    action: demo.noop
`,
    found: ["warning workflow.invalid_legacy_definition vars"],
  },
  {
    title: "the timer's sensor, whose program is built and not committed",
    file: "sensors/timer.yaml",
    text: `
ref: demo.timer
label: "Timer"
enabled: true
runner_type: native
entry_point: demo-timer
trigger_types:
  - demo.interval
  - demo.cron
poll_interval: 1
tags: [timer]
meta:
  builtin: true
examples:
  - trigger_type: demo.interval
    trigger_config: {unit: seconds, interval: 10}
`,
    found: [],
  },
])("$title", async ({ file, text, found }) => {
  const read = await readYaml(Buffer.from(text), file);
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  const kind = kindOf(file, read.value, "attune");
  if (kind === undefined) throw new Error(`${file} defines nothing`);
  expect(findingsAt(file, kind, read.value).map(brief)).toEqual(found);
});
