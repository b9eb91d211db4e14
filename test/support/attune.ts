import type { ComponentKind } from "../../src/pack/component.ts";

type Definition = Readonly<Record<string, unknown>>;

/** One definition of each kind of Attune's, with nothing wrong and with as many fields as there are. */
export const valid = {
  pack: {
    ref: "demo",
    label: "Demo",
    version: "1.0.0",
    description: "Shows everything",
    author: "Somebody",
    email: "somebody@example.org",
    enabled: true,
    system: false,
    conf_schema: { retries: { type: "integer", default: 3, minimum: 0 }, url: { type: "string" } },
    config: { retries: 5, url: "{{ anything }}" },
    meta: { category: "examples" },
    tags: ["demo"],
    runtime_deps: ["shell"],
    dependencies: ["core", "other@>=1.0.0", "third@1.2.3"],
    python: "3.11",
    testing: {
      enabled: true,
      discovery: { method: "directory", path: "tests" },
      runners: { shell: { type: "script", entry_point: "tests/run.sh", timeout: 60, result_format: "simple" } },
      min_pass_rate: 1,
      on_failure: "block",
    },
  },
  action: {
    ref: "demo.one",
    label: "One",
    enabled: true,
    runner_type: "shell",
    entry_point: "one.sh",
    parameter_delivery: "stdin",
    parameter_format: "dotenv",
    output_format: "json",
    parameters: {
      mode: { type: "string", enum: ["fast", "slow"], default: "fast", required: true, secret: false },
      hosts: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 5 },
      options: { type: "object", properties: { deep: { type: "boolean" } }, default: {} },
      type: { type: "string" },
    },
    output: { result: { type: "object", required: true } },
    tags: ["demo"],
  },
  sensor: {
    ref: "demo.one",
    runner_type: "python",
    entry_point: "one.py",
    trigger_types: ["demo.one", "two"],
    parameters: { every: { type: "integer", minimum: 1, maximum: 60 } },
    poll_interval: 1,
    config: { every: 5 },
  },
  trigger: {
    ref: "demo.one",
    type: "custom",
    parameters: { every: { type: "integer" } },
    output: { at: { type: "string", format: "date-time" } },
  },
  rule: {
    ref: "one",
    pack_ref: "demo",
    trigger_ref: "demo.one",
    action_ref: "one",
    action_params: { message: "{{ event.payload.message }}" },
    conditions: {},
    enabled: true,
  },
  workflow: {
    ref: "demo.one",
    version: "1.0.0",
    parameters: { hosts: { type: "array" } },
    vars: { count: 0 },
    tasks: [
      {
        name: "first",
        action: "demo.one",
        input: { hosts: "{{ parameters.hosts }}" },
        retry: { count: 3, delay: 1, backoff: "linear", max_delay: 10 },
        with_items: "{{ parameters.hosts }}",
        concurrency: 2,
        next: [{ when: "{{ succeeded() }}", publish: [{ count: 1 }, "all"], do: ["both"] }, { do: ["last"] }],
      },
      {
        name: "both",
        type: "parallel",
        tasks: [
          { name: "left", action: "demo.one" },
          { name: "right", action: "demo.one" },
        ],
        on_success: "last",
      },
      {
        name: "last",
        action: "demo.one",
        decision: [
          { when: "{{ x }}", next: "last" },
          { default: true, next: "both" },
        ],
      },
    ],
    output_map: { count: "{{ workflow.count }}" },
  },
  policy: {
    ref: "one",
    action_ref: "demo.one",
    priority: 1,
    concurrency: { limit: 2, method: "enqueue", parameters: ["host"] },
    rate_limit: { max_executions: 5, window_seconds: 60 },
    quotas: [{ quota_type: "daily", limit: 10 }],
  },
  runtime: {
    ref: "demo.one",
    name: "One",
    aliases: ["one"],
    execution_config: {
      interpreter: { binary: "one", args: ["-u"], file_extension: ".one" },
      environment: { env_type: "virtualenv", create_command: ["one", "{env_dir}"] },
      dependencies: { manifest_file: "one.txt", install_command: ["one"] },
      env_vars: { ONE: "1", PATH: { value: "{pack_dir}", operation: "prepend", separator: ":" } },
    },
    versions: [{ version: "1.10", is_default: true }, { version: "1.9" }],
  },
  permission_set: {
    ref: "demo.one",
    grants: [{ resource: "actions", actions: ["read", "execute"], constraints: { pack_refs: ["demo"] } }],
  },
  queue: {
    ref: "demo.one.fast",
    label: "One",
    dispatch_action: "demo.one",
    batch_mode: "batch",
    update_strategy: "merge_patch",
    item_schema: { id: { type: "integer", required: true } },
    action_params: { item: "{{ item }}" },
    config: {
      dispatch: {
        concurrency: { source: "literal", value: 5 },
        batch_size: { source: "pack_config", path: "batch" },
        retry_limit: 0,
      },
    },
  },
  dashboard: {
    version: 1,
    kind: "dashboard",
    ref: "one",
    label: "One",
    layout: { breakpoints: { lg: { min_width: 1280 }, sm: { min_width: 0 } } },
    filters: [{ id: "pack", type: "pack_ref" }],
    data_sources: { events: { type: "event_count" } },
    cards: [{ id: "events", source: "events", position: { lg: { x: 0 }, sm: { x: 0 } } }],
  },
  cache: {
    ref: "demo.one",
    namespace: "users.v1",
    owner_type: "pack",
    owner_ref: "demo",
    freshness_target_seconds: 0,
    max_retained_generations: 2,
  },
} as const satisfies Partial<Record<ComponentKind, Definition>>;

export type AttuneKind = keyof typeof valid;
export const attuneKinds = Object.keys(valid) as AttuneKind[];

/** A definition with some fields replaced; those that are `undefined` leave. */
export function but(kind: AttuneKind, change: Definition): Definition {
  const changed = { ...valid[kind], ...change };
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
}
