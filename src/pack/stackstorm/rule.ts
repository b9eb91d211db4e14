import * as z from "zod/mini";
import type { KindModel } from "../model.ts";
import { anyMap, anyMaps, bool, closed, field, once, required, text } from "../schema/shape.ts";
import { checkPack, computed } from "./common.ts";

const criterion = once(() =>
  z.looseObject({
    type: required("How to compare, e.g. `equals`, `matchregex`", text),
    pattern: field("What to compare with", z.unknown()),
    condition: field("For `search`: `any`, `all`, …", text),
  }),
);

/** `rules/*.yaml`. Source: `RuleAPI.schema` in st2common/models/api/rule.py. */
export const rule: KindModel = {
  schema: () =>
    closed({
      ...computed(),
      name: required("Name within the pack", text),
      pack: field("The pack's ref; it may say nothing else", text),
      description: field("What it is for", text),
      enabled: field("Whether it is followed; default false", bool),
      trigger: required(
        "What it waits for",
        z.looseObject({
          type: required("The trigger's reference, e.g. `core.st2.webhook`", text),
          parameters: field("What the trigger is given", anyMap),
          ref: field("Computed by the platform", text),
          description: field("For people", text),
        }),
      ),
      criteria: field("When it applies: `trigger.<field>` → how to compare", z.record(z.string(), criterion())),
      action: required(
        "What it runs then",
        closed({
          ref: required("The action's reference, e.g. `core.local`", text),
          parameters: field("What the action is given", anyMap),
          description: field("For people", text),
        }),
      ),
      type: field(
        "What kind of rule it is",
        closed({ ref: required("e.g. `standard`", text), parameters: field("Its own settings", anyMap) }),
      ),
      context: field("What the execution gets along", anyMap),
      tags: field("`{name, value}` pairs", anyMaps),
    }),
  // Whether criteria can be read is seen only when an event comes, and depends on the operator.
  advisory: ["criteria"],
  check: checkPack,
};
