import * as z from "zod/mini";
import { shown } from "../check-shape.ts";
import type { Finding } from "../finding.ts";
import { isAbsent, isMapping, type Mapping } from "../mapping.ts";
import type { DefinitionContext, KindModel } from "../model.ts";
import { field, int, once, oneOf, required, text, texts } from "../schema/shape.ts";
import { checkRef, isReference } from "./component-ref.ts";
import { relabelled } from "./relabel.ts";
import { described, FOR_PEOPLE, nonEmpty, positive } from "./shapes.ts";

const CODE = "policy.invalid_controls";

const quota = once(() =>
  z.looseObject({
    quota_type: required("What is counted, e.g. `daily`", nonEmpty),
    limit: required("How many", positive),
  }),
);

/** `policies/*.yaml`, which newer versions of the platform load. Source: crates/common/src/policy_control.rs. */
export const policy: KindModel = {
  schema: () =>
    z.looseObject({
      ...described(),
      name: field("As `label`", text),
      priority: field("Which policy counts first; default 0", int),
      pack_ref: field("The pack's ref; it may say nothing else", text),
      action_ref: field("The action that it is about; without it, all of the pack", text),
      concurrency: field(
        "How many executions run at a time",
        z.looseObject({
          limit: field("How many", positive),
          method: field("What becomes of others", oneOf(["cancel", "enqueue"])),
          parameters: field("Parameters whose values are counted apart", texts),
        }),
      ),
      rate_limit: field(
        "How many executions start within a time",
        z.looseObject({
          max_executions: field("How many", positive),
          window_seconds: field("Within how many seconds", positive),
        }),
      ),
      quotas: field("How many executions there are at all", z.array(quota())),
    }),
  advisory: [...FOR_PEOPLE, "name"],
  check: (value, about) => [
    ...checkRef(value, about, "short"),
    ...checkPack(value, about),
    ...checkAction(value, about),
    ...checkControls(value),
  ],
  report: relabelled(["concurrency", "rate_limit", "quotas"].map((at) => ({ at, code: CODE }))),
};

function checkPack({ pack_ref: given }: Mapping, { pack }: DefinitionContext): readonly Finding[] {
  if (typeof given !== "string" || pack === undefined || given === pack) return [];
  return [
    {
      severity: "error",
      code: "policy.pack_ref_mismatch",
      message: `Expected \`pack_ref\` to be \`${pack}\`, the pack that this file is in, got ${shown(given)}`,
      hint: "Remove `pack_ref`: the platform knows it.",
      path: ["pack_ref"],
      at: "value",
    },
  ];
}

function checkAction({ action_ref: given }: Mapping, { pack }: DefinitionContext): readonly Finding[] {
  if (typeof given !== "string" || isReference(given, pack)) return [];
  return [
    {
      severity: "error",
      code: "policy.invalid_action_ref",
      message: `Expected \`action_ref\` to be \`<pack>.<name>\`, or the name of an action in this pack, got ${shown(given)}`,
      hint: "Names are of lower-case letters, digits, `_` and `-`, and have one dot between pack and action.",
      path: ["action_ref"],
      at: "value",
    },
  ];
}

function checkControls(value: Mapping): readonly Finding[] {
  const { concurrency, rate_limit: rate, quotas } = value;
  const hasQuotas = !isAbsent(quotas) && !(Array.isArray(quotas) && quotas.length === 0);
  if (isEmpty(concurrency) && isEmpty(rate) && !hasQuotas) return [noControls()];
  return [
    ...checkPair(concurrency, "concurrency", ["limit", "method"]),
    ...checkPair(rate, "rate_limit", ["max_executions", "window_seconds"]),
  ];
}

/** `concurrency: {}` controls as little as none. */
function isEmpty(control: unknown): boolean {
  return isAbsent(control) || (isMapping(control) && Object.values(control).every(isAbsent));
}

function noControls(): Finding {
  return {
    severity: "error",
    code: CODE,
    message: "Expected `concurrency`, `rate_limit` or `quotas`, got none of them",
    hint: "Add e.g. `concurrency: {limit: 1, method: enqueue}`.",
    path: [],
    at: "key",
  };
}

function checkPair(control: unknown, key: string, pair: readonly [string, string]): readonly Finding[] {
  if (!isMapping(control) || isEmpty(control)) return [];
  const missing = pair.filter((each) => isAbsent(control[each]));
  return missing.map((each) => ({
    severity: "error",
    code: CODE,
    message: `Expected \`${pair[0]}\` and \`${pair[1]}\` in \`${key}\`, got no \`${each}\``,
    hint: `Add \`${each}\`.`,
    path: [key],
    at: "key",
  }));
}
