import type { KindModel } from "../model.ts";
import { anyMap, bool, closed, field, required, text } from "../schema/shape.ts";
import { checkPack, computed } from "./common.ts";

/** `policies/*.yaml`. Source: `PolicyAPI.schema` in st2common/models/api/policy.py. */
export const policy: KindModel = {
  schema: () =>
    closed({
      ...computed(),
      name: required("Name within the pack", text),
      resource_ref: required("The action's reference", text),
      policy_type: required("e.g. `action.concurrency`, `action.retry`", text),
      pack: field("The pack's ref; it may say nothing else", text),
      description: field("What it is for", text),
      enabled: field("Whether it is followed; default true", bool),
      parameters: field("What this type of policy takes", anyMap),
    }),
  advisory: [],
  check: checkPack,
};
