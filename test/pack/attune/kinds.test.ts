import { describe, expect, test } from "vitest";
import { checkDefinition } from "../../../src/pack/check-definition.ts";
import { type AttuneKind, attuneKinds, but, valid } from "../../support/attune.ts";
import { brief, findingsAt, findingsIn } from "../../support/definitions.ts";

type Case = readonly [change: Readonly<Record<string, unknown>>, ...found: string[]];

test.for(attuneKinds)("finds nothing wrong with a %s that has everything", (kind) => {
  expect(findingsIn(kind, valid[kind])).toEqual([]);
});

test.for(attuneKinds)("takes a key without a value in a %s for none, as far as it may be missing", (kind) => {
  const emptied = Object.keys(valid[kind]).flatMap((key) => findingsIn(kind, but(kind, { [key]: null })).map(brief));
  const missing = Object.keys(valid[kind]).flatMap((key) =>
    findingsIn(kind, but(kind, { [key]: undefined })).map(brief),
  );
  expect(emptied.length).toBe(missing.length);
});

test.for(attuneKinds)("wants `key: value` lines of a %s", (kind) => {
  const code = kind === "pack" ? "manifest.not_object" : "component.not_object";
  for (const value of [null, "text", 1, []]) expect(findingsIn(kind, value).map(brief)).toEqual([`error ${code}`]);
});

const TABLES = {
  pack: [
    // `identity.ts` tells what is wrong with these two.
    [{ ref: undefined, version: undefined }],
    [{ ref: 1, version: 1.0 }],
    [{ label: undefined }, "warning metadata.missing_field"],
    [{ label: undefined, name: "Demo" }, "warning metadata.missing_field"],
    [{ label: 5 }, "warning metadata.invalid_field_type label"],
    [{ name: "Demo", keywords: ["demo"], metadata: { category: "examples" } }],
    [{ name: "Other" }, "warning manifest.legacy_conflict name"],
    [{ keywords: ["other"] }, "warning manifest.legacy_conflict keywords"],
    [{ config_schema: {} }, "warning manifest.legacy_conflict config_schema"],
    [{ metadata: {} }, "warning manifest.legacy_conflict metadata"],
    [{ python: 3.11 }, "warning metadata.invalid_field_type python"],
    [{ nodejs: 20 }, "warning metadata.invalid_field_type nodejs"],
    [{ system: { packages: [] } }, "warning metadata.invalid_field_type system"],
    [{ dependencies: {} }, "warning metadata.invalid_field_type dependencies"],
    [{ dependencies: [] }],
    [{ dependencies: ["core@~1.2", "core@>=1.0.0,<2.0.0", "core@*", "core@latest"] }],
    [{ dependencies: ["core", "core=1.0.0"] }, "warning manifest.invalid_dependency dependencies.1"],
    [{ dependencies: [{ core: "1.0" }] }, "warning metadata.invalid_field_type dependencies.0"],
    [{ config: { retries: "five" } }, "warning schema.invalid_default config.retries"],
    [{ conf_schema: [] }, "error schema.not_object conf_schema"],
    [{ testing: {} }, ...["enabled", "discovery", "runners"].map(() => "warning metadata.missing_field testing")],
    [
      { testing: { ...valid.pack.testing, runners: { a: { type: "mocha", entry_point: "t" } } } },
      "warning metadata.invalid_field testing.runners.a.type",
    ],
  ],
  action: [
    [{ ref: undefined }, "warning metadata.missing_field"],
    [{ ref: 5 }, "error metadata.invalid_field_type ref"],
    [{ ref: "one" }, "error component.invalid_ref ref"],
    [{ ref: "demo.one.two" }, "error component.invalid_ref ref"],
    [{ ref: "demo.One" }, "error component.invalid_ref ref"],
    [{ ref: "demo.1st" }, "warning component.invalid_ref ref"],
    [{ ref: "other.one" }, "error component.ref_pack_mismatch ref"],
    [{ enabled: "yes" }, "error metadata.invalid_field_type enabled"],
    [
      { label: 5, tags: "demo" },
      "warning metadata.invalid_field_type label",
      "warning metadata.invalid_field_type tags",
    ],
    [{ runner_type: "docker" }, "warning action.unknown_runner_type runner_type"],
    [{ runner_type: "python-script" }, "warning action.unknown_runner_type runner_type"],
    ...["Shell", "BASH", "Python3", "node.js", "Builtin", "golang", "other.runtime"].map(
      (name): Case => [{ runner_type: name }],
    ),
    [{ runner_type: ["shell"] }, "error metadata.invalid_field_type runner_type"],
    [{ entry_point: undefined }, "error metadata.missing_field"],
    [{ entry_point: "" }, "error metadata.invalid_field entry_point"],
    [{ entry_point: "/bin/true" }, "error action.entrypoint entry_point"],
    [{ entry_point: "../../other/run.sh" }, "error action.entrypoint entry_point"],
    [{ entry_point: "../lib/run.sh" }, "warning action.entrypoint entry_point"],
    [{ entry_point: "lib/../run.sh" }],
    [{ entry_point: "/bin/true", runner_type: "native" }],
    [{ entry_point: undefined, workflow_file: "workflows/one.workflow.yaml" }],
    [{ entry_point: undefined, workflow_file: "one.yaml" }, "warning action.workflow_path workflow_file"],
    [{ entry_point: undefined, workflow_file: "../../x.yaml" }, "error action.workflow_path workflow_file"],
    [{ parameter_delivery: "env" }, "error metadata.invalid_field parameter_delivery"],
    [{ parameter_delivery: "STDIN" }, "error metadata.invalid_field parameter_delivery"],
    [{ parameter_format: "toml" }, "error metadata.invalid_field parameter_format"],
    [{ output_format: "xml" }, "error metadata.invalid_field output_format"],
    [{ runtime_version: 3.1 }, "warning metadata.invalid_field_type runtime_version"],
    [{ output: undefined, output_schema: {} }, "warning action.ignored_output_schema output_schema"],
    [{ output_schema: {} }],
  ],
  sensor: [
    [{ entry_point: undefined }, "error metadata.missing_field"],
    [{ entry_point: "../../x" }, "error sensor.entrypoint entry_point"],
    [{ entry_point: "../x" }, "warning sensor.entrypoint entry_point"],
    [{ runner_type: undefined, entry_point: "/opt/built" }],
    [{ runner_type: "mystery" }, "warning sensor.unknown_runner_type runner_type"],
    [{ trigger_types: undefined }, "error sensor.missing_trigger_types"],
    [{ trigger_types: [] }, "error sensor.missing_trigger_types"],
    [{ trigger_types: undefined, trigger_type: "demo.one" }],
    [{ trigger_types: "demo.one" }],
    [{ trigger_types: [{ name: "one" }] }, "error sensor.invalid_trigger_types trigger_types.0"],
    [{ trigger_types: ["demo.one", "Demo.Two"] }, "error sensor.invalid_trigger_types trigger_types.1"],
    [{ trigger_types: { name: "one" } }, "error sensor.invalid_trigger_types trigger_types"],
    [{ poll_interval: "1s" }, "warning metadata.invalid_field_type poll_interval"],
    [{ runtime_version: 3.1 }, "warning metadata.invalid_field_type runtime_version"],
  ],
  trigger: [
    [{ ref: "other.one" }, "error component.ref_pack_mismatch ref"],
    [{ type: 5 }, "warning metadata.invalid_field_type type"],
    [{ parameters: undefined, parameters_schema: {} }, "warning trigger.ignored_schema parameters_schema"],
    [{ output: undefined, payload_schema: {} }, "warning trigger.ignored_schema payload_schema"],
    [{ parameters_schema: {}, payload_schema: {} }],
  ],
  rule: [
    [{ ref: "demo.one" }],
    [{ ref: "other.one" }, "error component.ref_pack_mismatch ref"],
    [{ pack_ref: "other" }, "warning component.ref_pack_mismatch pack_ref"],
    [{ trigger_ref: undefined }, "error metadata.missing_field"],
    [{ action_ref: undefined }, "error metadata.missing_field"],
    [{ action_ref: "" }, "error metadata.invalid_field action_ref"],
    [{ trigger_ref: "a.b.c" }, "error rule.invalid_reference trigger_ref"],
    [{ action_ref: "My Action" }, "error rule.invalid_reference action_ref"],
    [{ conditions: [] }],
    [{ conditions: "always" }, "error metadata.invalid_field_type conditions"],
    [{ action_params: ["x"] }, "error metadata.invalid_field_type action_params"],
    [{ action_params: { a: ["<% $.x %>", "<% $.y %>"] } }, "warning template.foreign_syntax action_params.a.0"],
    [{ permission_set_refs: "demo.one" }],
  ],
  policy: [
    [{ concurrency: undefined, rate_limit: undefined, quotas: undefined }, "error policy.invalid_controls"],
    [{ concurrency: {}, rate_limit: undefined, quotas: [] }, "error policy.invalid_controls"],
    [{ concurrency: { limit: 2 } }, "error policy.invalid_controls concurrency"],
    [{ concurrency: { limit: 0, method: "cancel" } }, "error policy.invalid_controls concurrency.limit"],
    [{ concurrency: { limit: 1, method: "wait" } }, "error policy.invalid_controls concurrency.method"],
    [{ rate_limit: { max_executions: 2 } }, "error policy.invalid_controls rate_limit"],
    [{ quotas: [{ limit: 1 }] }, "error policy.invalid_controls quotas.0"],
    [{ quotas: "daily" }, "error policy.invalid_controls quotas"],
    [{ pack_ref: "other" }, "error policy.pack_ref_mismatch pack_ref"],
    [{ action_ref: "a.b.c" }, "error policy.invalid_action_ref action_ref"],
    [{ priority: 1.5 }, "error metadata.invalid_field_type priority"],
  ],
  runtime: [
    [{ name: undefined }, "warning metadata.missing_field"],
    [{ pack_ref: "other" }, "warning component.ref_pack_mismatch pack_ref"],
    [{ versions: [{ version: 3.12 }] }, "error runtime.invalid_version versions.0.version"],
    [{ versions: ["3.12"] }, "error runtime.invalid_version versions.0"],
    [{ versions: [{ is_default: true }] }, "error runtime.invalid_version versions.0"],
    [{ versions: [{ version: "1" }, { version: "1" }] }, "warning runtime.duplicate_version versions.1.version"],
    [
      { versions: ["1", "2"].map((version) => ({ version, is_default: true })) },
      "warning runtime.multiple_defaults versions.1.is_default",
    ],
    [{ execution_config: { environment: {} } }, "error metadata.missing_field execution_config.environment"],
    [
      { execution_config: { env_vars: { A: { operation: "set" } } } },
      "error metadata.missing_field execution_config.env_vars.A",
    ],
    [
      { execution_config: { env_vars: { A: { value: "x", operation: "replace" } } } },
      "error metadata.invalid_field execution_config.env_vars.A.operation",
    ],
  ],
  permission_set: [
    [{ grants: undefined }, "error permission_set.missing_grants"],
    [{ grants: {} }, "error permission_set.invalid_grants grants"],
    [{ grants: [{ resource: "actions" }] }, "error permission_set.invalid_grants grants.0"],
    [{ grants: [{ resource: "actions", actions: "read" }] }, "error permission_set.invalid_grants grants.0.actions"],
    [{ grants: [{ resource: "actions", actions: [] }] }, "warning permission_set.empty_actions grants.0.actions"],
    [{ grants: [{ resource: "action", actions: ["read"] }] }, "warning permission_set.unknown_name grants.0.resource"],
    [{ grants: [{ resource: "keys", actions: ["write"] }] }, "warning permission_set.unknown_name grants.0.actions.0"],
  ],
  queue: [
    [{ label: undefined }, "error queue.invalid_definition"],
    [{ ref: "demo" }],
    [{ ref: "demo..x" }, "error component.invalid_ref ref"],
    [{ dispatch_action: "one" }, "error queue.invalid_definition dispatch_action"],
    [{ batch_mode: "many" }, "error queue.invalid_definition batch_mode"],
    [{ permission_set_refs: "x" }, "error queue.invalid_definition permission_set_refs"],
    [{ item_schema: [] }, "error schema.not_object item_schema"],
    [{ reference_allowed_pack_refs: ["x"] }, "error queue.invalid_definition reference_allowed_pack_refs"],
    [{ reference_allowed_pack_refs: ["x"], reference_visibility: "restricted" }],
    [
      { config: { dispatch: { concurrency: { source: "keystore" } } } },
      "error queue.invalid_definition config.dispatch.concurrency",
    ],
    [{ action_params: { x: "<% 1 %>" } }, "warning template.foreign_syntax action_params.x"],
  ],
  dashboard: [
    [{ ref: "demo.one" }],
    [{ layout: undefined }, "error dashboard.invalid_spec"],
    [{ layout: { breakpoints: {} } }, "error dashboard.invalid_spec layout.breakpoints"],
    [{ filters: [{ id: "a" }, { id: "a" }] }, "error dashboard.invalid_spec filters.1.id"],
    [{ data_sources: {} }, "error dashboard.invalid_spec cards.0.source"],
    [
      { cards: [{ ...valid.dashboard.cards[0], position: { lg: {} } }] },
      "error dashboard.invalid_spec cards.0.position",
    ],
    [{ cards: [{ source: "events", position: { lg: {}, sm: {} } }] }, "error dashboard.invalid_spec cards.0"],
    [{ cards: [valid.dashboard.cards[0], valid.dashboard.cards[0]] }, "error dashboard.invalid_spec cards.1.id"],
  ],
  cache: [
    [{ namespace: "Bad/Name" }, "error cache.invalid_definition namespace"],
    [{ namespace: undefined }, "error cache.invalid_definition"],
    [{ owner_type: "user" }, "error cache.invalid_definition owner_type"],
    [{ owner_ref: " " }, "error cache.invalid_owner owner_ref"],
    [{ owner_ref: "other" }, "error cache.owner_mismatch owner_ref"],
    [{ owner_ref: "demo.one", owner_type: "action" }],
    [{ max_retained_generations: 1 }, "error cache.invalid_definition max_retained_generations"],
    [{ max_staging_generations: 0 }, "error cache.invalid_definition max_staging_generations"],
  ],
} satisfies Partial<Record<AttuneKind, readonly Case[]>>;

describe.for(Object.entries(TABLES) as [AttuneKind, readonly Case[]][])("%s with", ([kind, cases]) => {
  const titled = cases.map(([change, ...expected]) => ({ title: titleOf(change), change, expected }));

  test.for(titled)("$title", ({ change, expected }) => {
    expect(findingsIn(kind, but(kind, change)).map(brief)).toEqual(expected);
  });
});

function titleOf(change: Case[0]): string {
  return Object.entries(change)
    .map(([key, value]) => (value === undefined ? `no ${key}` : `${key}: ${JSON.stringify(value)}`))
    .join(", ");
}

test("a runtime of another pack is one that an action may name", () => {
  const about = { file: "actions/one.yaml", kind: "action", dialect: "attune", pack: "demo" } as const;
  const named = but("action", { runner_type: "PowerShell" });
  expect(findingsAt(about.file, "action", named).map(brief)).toEqual([
    "warning action.unknown_runner_type runner_type",
  ]);
  expect(checkDefinition(named, { ...about, runtimes: new Set(["powershell"]) })).toEqual([]);
});

test("where nobody knows the pack's ref, a component may be of any pack", () => {
  const about = { file: "actions/one.yaml", kind: "action", dialect: "attune", pack: undefined } as const;
  expect(checkDefinition(but("action", { ref: "other.one" }), about)).toEqual([]);
  expect(checkDefinition(but("action", { ref: "one" }), about).map(brief)).toEqual(["error component.invalid_ref ref"]);
});

test.for([
  ["pyhton", "Did you mean `python`?"],
  ["Shel", "Did you mean `shell`?"],
  ["rust_1", "Did you mean `rust-1`?"],
  ["docker", "No worker takes it, unless a pack in the volume has a runtime of this name."],
])("of `runner_type: %s` is said: %s", ([name = "", hint]) => {
  const about = { file: "actions/one.yaml", kind: "action", dialect: "attune", pack: "demo" } as const;
  const runtimes = new Set(["rust-1"]);
  expect(checkDefinition(but("action", { runner_type: name }), { ...about, runtimes })).toMatchObject([{ hint }]);
});

describe("a definition that ends with `.yml`", () => {
  test.for(["action", "permission_set", "rule", "runtime", "sensor", "trigger"] as const)(
    "is warned of in %s: some loaders skip it",
    (kind) => {
      const about = { file: "some/demo.yml", kind, dialect: "attune", pack: "demo" } as const;
      const found = checkDefinition(valid[kind], about);
      expect(found.map(brief)).toEqual(["warning component.file_ending"]);
      expect(found[0]?.hint).toContain("`some/demo.yaml`");
    },
  );

  test.for(["policy", "queue", "dashboard", "cache"] as const)("is fine in %s: who reads it takes both", (kind) => {
    const about = { file: "some/demo.yml", kind, dialect: "attune", pack: "demo" } as const;
    expect(checkDefinition(valid[kind], about)).toEqual([]);
  });
});
