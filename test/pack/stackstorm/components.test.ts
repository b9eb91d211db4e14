import { describe, expect, test } from "vitest";
import { check, yaml } from "./check.ts";

describe("what StackStorm registers has no finding", () => {
  test.for<{ file: string; text: string }>([
    {
      file: "pack.yaml",
      text: yaml`
        ref: demo
        name: Demo
        description: Shows it
        version: 0.2
        author: Somebody
        email: somebody@example.com
        keywords: [demo]
        python_versions: ["3"]
        dependencies: ["core", "https://example.com/pack.git=v1"]
        system: {centos: {rpms: [jq]}}
        somebody_elses: 1
      `,
    },
    {
      file: "actions/echo.yaml",
      text: yaml`
        name: echo.it
        pack: demo
        runner_type: "local-shell-cmd"
        description: Says it
        enabled: yes
        entry_point: ""
        parameters:
          message: {type: string, required: true, position: 0, default: "{{ st2kv.system.message }}"}
          count: {type: integer, default: "{{ count }}", enum: [1, 2]}
          flag: {type: boolean, default: no}
          options: {type: object, properties: {a: {type: string, required: true}}, default: {}}
          any: {description: Anything}
          several: {type: [string, integer], default: 1}
          nothing: {type: string, default: null, immutable: true}
        tags: [{name: a, value: b}]
        notify: {on-complete: {message: Done, routes: [slack]}}
        output_schema: {result: {type: string}}
      `,
    },
    {
      file: "sensors/watch.yaml",
      text: yaml`
        class_name: Watch
        entry_point: watch.py
        poll_interval: 1.5
        trigger_types:
          - {name: seen, description: Saw it, payload_schema: {type: object}}
      `,
    },
    { file: "triggers/seen.yaml", text: "name: seen\nparameters_schema: {type: object}\nours: 1\n" },
    {
      file: "rules/on_seen.yml",
      text: yaml`
        name: on_seen
        enabled: true
        trigger: {type: demo.seen, parameters: {}, description: x}
        criteria:
          trigger.body: {type: exists, pattern: 1}
          trigger.when: {type: search, condition: any, pattern: {item.a: {type: equals, pattern: b}}}
        action: {ref: demo.echo, parameters: {message: "{{ trigger.body }}"}}
      `,
    },
    {
      file: "aliases/say.yaml",
      text: yaml`
        name: say
        action_ref: demo.echo
        formats:
          - "say {{ message }}"
          - {display: "say it", representation: ["say it"]}
        ack: {enabled: false, append_url: false}
        result: {format: "{{ execution.id }}", extra: {slack: {color: red}}}
      `,
    },
    {
      file: "policies/one.yaml",
      text: "name: one\nresource_ref: demo.echo\npolicy_type: action.concurrency\nparameters: {threshold: 1}\n",
    },
    { file: "config.schema.yaml", text: "url: {type: string, required: true, secret: false}\n" },
    { file: "actions/workflows/old.yaml", text: "version: '2.0'\ndemo.old:\n  tasks: {}\n" },
  ])("$file", async ({ file, text }) => {
    expect(await check(file, text)).toEqual([]);
  });
});

const ACTION = "name: a\nrunner_type: python-script\n";

test.for<{ title: string; file: string; text: string; found: readonly string[] }>([
  {
    title: "a pack.yaml without name, description and author",
    file: "pack.yaml",
    text: "version: 1.0.0\n",
    found: ["name", "description", "author"].map(() => "error metadata.missing_field 1:1"),
  },
  {
    title: "a Python version that is a number",
    file: "pack.yaml",
    text: "name: a\ndescription: a\nauthor: a\npython_versions: [3]\n",
    found: ["error metadata.invalid_field 4:19"],
  },
  {
    title: "an action without runner",
    file: "actions/a.yaml",
    text: "name: a\n",
    found: ["error metadata.missing_field 1:1"],
  },
  {
    title: "a key that no action has",
    file: "actions/a.yaml",
    text: `${ACTION}label: A\n`,
    found: ["error metadata.unknown_field 3:1"],
  },
  {
    title: "a runner that was removed",
    file: "actions/a.yaml",
    text: "name: a\nrunner_type: mistral-v2\n",
    found: ["warning action.unknown_runner_type 2:14"],
  },
  {
    title: "a component of another pack",
    file: "actions/a.yaml",
    text: `${ACTION}pack: other\n`,
    found: ["error component.ref_pack_mismatch 3:7"],
  },
  {
    title: "a name that YAML 1.1 takes for a boolean",
    file: "actions/a.yaml",
    text: "name: off\nrunner_type: python-script\n",
    found: ["warning yaml.ambiguous_boolean 1:7", "error metadata.invalid_field_type 1:7"],
  },
  {
    title: "a parameter whose name is not one word",
    file: "actions/a.yaml",
    text: `${ACTION}parameters:\n  a-b: {type: string}\n`,
    found: ["error schema.invalid_name 4:3"],
  },
  {
    title: "a parameter with a key that JSON Schema does not have",
    file: "actions/a.yaml",
    text: `${ACTION}parameters:\n  a: {type: string, requierd: true}\n`,
    found: ["error metadata.unknown_field 4:21"],
  },
  {
    title: "a parameter whose description is empty",
    file: "actions/a.yaml",
    text: `${ACTION}parameters:\n  a: {type: string, description: }\n`,
    found: ["error metadata.invalid_field_type 4:21"],
  },
  {
    title: "a default of another type",
    file: "actions/a.yaml",
    text: `${ACTION}parameters:\n  a: {type: integer, default: "1"}\n`,
    found: ["warning schema.invalid_default 4:31"],
  },
  {
    title: "a default that is none of the values",
    file: "actions/a.yaml",
    text: `${ACTION}parameters:\n  a: {type: string, enum: [x, y], default: z}\n`,
    found: ["warning schema.invalid_default 4:44"],
  },
  {
    title: "a value of another type",
    file: "config.schema.yaml",
    text: "a: {type: string, enum: [x, 1]}\n",
    found: ["warning schema.invalid_enum 1:29"],
  },
  {
    title: "two parameters in one place",
    file: "actions/a.yaml",
    text: `${ACTION}parameters:\n  a: {position: 0}\n  b: {position: 0}\n`,
    found: ["error schema.duplicate_position 5:17"],
  },
  {
    title: "a parameter that nobody can give a value",
    file: "actions/a.yaml",
    text: `${ACTION}parameters:\n  a: {immutable: true}\n`,
    found: ["warning schema.immutable_without_default 4:7"],
  },
  {
    title: "a sensor without class and file",
    file: "sensors/a.yaml",
    text: "description: a\n",
    found: ["error metadata.missing_field 1:1", "error metadata.missing_field 1:1"],
  },
  {
    title: "a sensor's trigger that is just a name",
    file: "sensors/a.yaml",
    text: "class_name: A\nentry_point: a.py\ntrigger_types: [seen]\n",
    found: ["error metadata.invalid_field_type 3:17"],
  },
  {
    title: "a trigger without name",
    file: "triggers/a.yaml",
    text: "pack: demo\n",
    found: ["error metadata.missing_field 1:1"],
  },
  {
    title: "a rule whose action has no reference",
    file: "rules/a.yaml",
    text: "name: a\ntrigger: {type: demo.seen}\naction: {parameters: {}}\n",
    found: ["error metadata.missing_field 3:1"],
  },
  {
    title: "a rule whose action has a field that none has",
    file: "rules/a.yaml",
    text: "name: a\ntrigger: {type: demo.seen}\naction: {ref: demo.a, params: {}}\n",
    found: ["error metadata.unknown_field 3:23"],
  },
  {
    title: "criteria without operator, which matter when an event comes",
    file: "rules/a.yaml",
    text: "name: a\ntrigger: {type: demo.seen}\naction: {ref: demo.a}\ncriteria: {trigger.a: {pattern: b}}\n",
    found: ["warning metadata.missing_field 4:12"],
  },
  {
    title: "an alias without formats",
    file: "aliases/a.yaml",
    text: "name: a\naction_ref: demo.a\n",
    found: ["error metadata.missing_field 1:1"],
  },
  {
    title: "a policy without type",
    file: "policies/a.yaml",
    text: "name: a\nresource_ref: demo.a\n",
    found: ["error metadata.missing_field 1:1"],
  },
])("finds $title", async ({ file, text, found }) => {
  expect(await check(file, text)).toEqual(found);
});
