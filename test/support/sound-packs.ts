import type { Content, TreeOf } from "./trees.ts";

/** Two packs `demo` in which nothing is wrong, with a component of nearly every kind: there to be broken by tests. */

/** Parameters in Attune's own style: flat, with `required` inline. */
export const attunePack: TreeOf<Content> = {
  "pack.yaml": `ref: demo
label: Demo
description: Watches hosts and repairs them
version: "1.2.0"
author: Somebody
email: somebody@example.org
conf_schema:
  retries:
    type: integer
    default: 3
    minimum: 0
config:
  retries: 5
tags: [hosts]
testing:
  enabled: true
  discovery:
    method: directory
    path: tests
  runners:
    shell:
      type: script
      entry_point: tests/run.sh
      timeout: 60
      result_format: simple
  min_pass_rate: 1.0
  on_failure: block
`,
  "actions/ping.yaml": `ref: demo.ping
label: Ping
description: Asks a host whether it is there
runner_type: python
entry_point: ping.py
parameter_delivery: stdin
parameter_format: json
output_format: json
parameters:
  host:
    type: string
    required: true
    description: Whom to ask
  mode:
    type: string
    enum: [fast, slow]
    default: fast
  attempts:
    type: integer
    minimum: 1
    maximum: 10
    default: 3
output:
  alive:
    type: boolean
`,
  "actions/ping.py": {
    script: `#!/usr/bin/env python3
import json
import sys

parameters = json.load(sys.stdin)
print(json.dumps({"alive": bool(parameters["host"])}))
`,
  },
  "actions/restart.yaml": `ref: demo.restart
label: Restart
runner_type: shell
entry_point: restart.sh
parameter_format: dotenv
parameters:
  host:
    type: string
    required: true
`,
  "actions/restart.sh": {
    script: `#!/bin/sh
. /dev/stdin
if [ -n "$host" ]; then
  echo "restarting $host"
fi
`,
  },
  "actions/repair.yaml": `ref: demo.repair
label: Repair
workflow_file: workflows/repair.workflow.yaml
parameters:
  host:
    type: string
    required: true
`,
  "actions/workflows/repair.workflow.yaml": `version: "1.0.0"
label: Repair
parameters:
  host:
    type: string
vars:
  tries: 0
tasks:
  - name: ask
    action: demo.ping
    input:
      host: "{{ parameters.host }}"
    next:
      - when: "{{ failed() }}"
        publish:
          - tries: 1
        do: [restart]
  - name: restart
    action: demo.restart
    input:
      host: "{{ parameters.host }}"
    retry:
      count: 3
      delay: 5
      backoff: linear
      max_delay: 30
output_map:
  tries: "{{ workflow.tries }}"
`,
  "sensors/watch.yaml": `ref: demo.watch
label: Watch
runner_type: shell
entry_point: watch.sh
trigger_types:
  - demo.host_down
parameters:
  every:
    type: integer
    minimum: 1
    default: 30
`,
  "sensors/watch.sh": { script: "#!/bin/sh\nexec sleep infinity\n" },
  "triggers/host_down.yaml": `ref: demo.host_down
label: A host is down
type: custom
output:
  host:
    type: string
`,
  "rules/repair_it.yaml": `ref: demo.repair_it
label: Repair what is down
pack_ref: demo
trigger_ref: demo.host_down
action_ref: demo.repair
action_params:
  host: "{{ event.payload.host }}"
enabled: true
`,
  "policies/one_at_a_time.yaml": `ref: demo.one_at_a_time
label: One restart at a time
action_ref: demo.restart
concurrency:
  limit: 1
  method: enqueue
rate_limit:
  max_executions: 10
  window_seconds: 60
`,
  "runtimes/lua.yaml": `ref: demo.lua
name: Lua
aliases: [lua]
execution_config:
  interpreter:
    binary: lua
    args: ["-W"]
    file_extension: .lua
versions:
  - version: "5.10"
    is_default: true
  - version: "5.3"
`,
  "permission_sets/operator.yaml": `ref: demo.operator
label: Operator
grants:
  - resource: actions
    actions: [read, execute]
`,
  "queues/inbox.yaml": `ref: demo.inbox
label: Inbox
dispatch_action: demo.restart
batch_mode: single
item_schema:
  host:
    type: string
    required: true
action_params:
  host: "{{ item.host }}"
`,
  "tests/run.sh": { script: "#!/bin/sh\ntrue\n" },
};

/** Parameters in StackStorm's style: JSON Schema's draft 4, with `required`, `position` and `immutable` inline. */
export const stackstormPack: TreeOf<Content> = {
  "pack.yaml": `ref: demo
name: Demo
description: Watches hosts and repairs them
version: 1.2.0
author: Somebody
email: somebody@example.org
python_versions: ["3"]
`,
  "config.schema.yaml": `token:
  type: string
  description: Of the monitoring
  secret: true
  required: true
`,
  "actions/ping.yaml": `name: ping
runner_type: python-script
description: Asks a host whether it is there
enabled: true
entry_point: ping.py
parameters:
  host:
    type: string
    required: true
    position: 0
  mode:
    type: string
    enum: [fast, slow]
    default: fast
    position: 1
  protocol:
    type: string
    default: icmp
    immutable: true
`,
  "actions/ping.py": `from st2common.runners.base_action import Action


class Ping(Action):
    def run(self, host, mode, protocol):
        return bool(host)
`,
  "actions/repair.yaml": `name: repair
runner_type: orquesta
description: Restarts what does not answer
entry_point: workflows/repair.yaml
parameters:
  host:
    type: string
    required: true
`,
  "actions/workflows/repair.yaml": `version: 1.0
input:
  - host
vars:
  - tries: 0
tasks:
  ask:
    action: demo.ping
    input:
      host: <% ctx().host %>
    retry:
      count: 3
      delay: 5
    next:
      - when: <% succeeded() %>
        do: noop
      - when: <% failed() %>
        publish:
          - tries: 1
        do: [again]
  again:
    action: demo.ping host=<% ctx().host %>
output:
  - tries: <% ctx().tries %>
`,
  "actions/twice.yaml": `name: twice
runner_type: action-chain
entry_point: chains/twice.yaml
parameters:
  host:
    type: string
`,
  "actions/chains/twice.yaml": `default: first
chain:
  - name: first
    ref: demo.ping
    parameters:
      host: "{{ host }}"
    on-success: second
  - name: second
    ref: demo.ping
    parameters:
      host: "{{ host }}"
`,
  "sensors/watch.yaml": `class_name: Watch
entry_point: watch.py
description: Looks at hosts
poll_interval: 30
trigger_types:
  - name: host_slow
    description: A host is slow
    payload_schema:
      type: object
`,
  "sensors/watch.py": `from st2reactor.sensor.base import PollingSensor


class Watch(PollingSensor):
    pass
`,
  "triggers/host_down.yaml": `name: host_down
pack: demo
description: A host is down
payload_schema:
  type: object
`,
  "rules/repair_it.yaml": `name: repair_it
pack: demo
description: Repairs what is down
enabled: true
trigger:
  type: demo.host_down
criteria:
  trigger.host:
    type: equals
    pattern: web
action:
  ref: demo.repair
  parameters:
    host: "{{ trigger.host }}"
`,
  "aliases/ping.yaml": `name: ping
action_ref: demo.ping
description: Asks a host
formats:
  - ping {{ host }}
`,
  "policies/one_at_a_time.yaml": `name: one_at_a_time
resource_ref: demo.ping
policy_type: action.concurrency
parameters:
  action: delay
  threshold: 1
`,
};
