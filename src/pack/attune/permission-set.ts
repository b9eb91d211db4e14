import * as z from "zod/mini";
import { excerpt } from "../excerpt.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { type Mapping, mappingsIn } from "../mapping.ts";
import type { KindModel } from "../model.ts";
import { anyMap, field, once, required, text, texts } from "../schema/shape.ts";
import { checkRef } from "./component-ref.ts";
import { relabelled } from "./relabel.ts";
import { described, FOR_PEOPLE } from "./shapes.ts";

const RESOURCES =
  "packs actions queues queue_items rules triggers sensors executions events enforcements inquiries keys artifacts runtimes workers retention identities permissions audit_log caches dashboards policies".split(
    " ",
  );
const ACTIONS = "read create install configure update delete execute cancel respond manage decrypt".split(" ");

const grant = once(() =>
  z.looseObject({
    resource: required(`What it is about: ${RESOURCES.join(", ")}`, text),
    actions: required(`What it allows: ${ACTIONS.join(", ")}`, texts),
    constraints: field("Only where these hold: `pack_refs`, `refs`, `owner_types`, …", anyMap),
  }),
);

/** `permission_sets/*.yaml`. Source: `Grant` in crates/common/src/rbac.rs; a set with a grant that does not fit allows nothing. */
export const permissionSet: KindModel = {
  schema: () =>
    z.looseObject({
      ...described(),
      grants: required("What it allows, as a list", z.array(grant())),
    }),
  advisory: [...FOR_PEOPLE, "enabled"],
  check: (value, about) => [...checkRef(value, about), ...checkGrants(value)],
  report: relabelled([
    {
      at: "",
      reach: "exactly",
      code: "permission_set.missing_grants",
      hint: "Add e.g. `grants: [{resource: actions, actions: [read]}]`.",
    },
    {
      at: "grants",
      code: "permission_set.invalid_grants",
      hint: "Write a list of `{resource: actions, actions: [read, execute]}`.",
    },
  ]),
};

function checkGrants({ grants }: Mapping): readonly Finding[] {
  return mappingsIn(grants).flatMap(([position, { resource, actions }]) => {
    const path = ["grants", position];
    const named = Array.isArray(actions) ? [...actions.entries()] : [];
    return [
      ...(Array.isArray(actions) && actions.length === 0 ? [noActions([...path, "actions"])] : []),
      ...unknownName(resource, RESOURCES, "a resource", [...path, "resource"]),
      ...named.flatMap(([at, action]) => unknownName(action, ACTIONS, "an action", [...path, "actions", at])),
    ];
  });
}

function noActions(path: ValuePath): Finding {
  return {
    severity: "warning",
    code: "permission_set.empty_actions",
    message: "Expected `actions` to name one, got an empty list: this grant allows nothing",
    hint: "Name what it allows, e.g. `[read]`, or remove the grant.",
    path,
    at: "value",
  };
}

/** Later versions of the platform may know more. */
function unknownName(given: unknown, known: readonly string[], what: string, path: ValuePath): readonly Finding[] {
  if (typeof given !== "string" || known.includes(given)) return [];
  return [
    {
      severity: "warning",
      code: "permission_set.unknown_name",
      message: `Expected ${what} that the platform knows, got \`${excerpt(given)}\``,
      hint: `Those are ${known.map((name) => `\`${name}\``).join(", ")}. A set with any other name may allow nothing.`,
      path,
      at: "value",
    },
  ];
}
