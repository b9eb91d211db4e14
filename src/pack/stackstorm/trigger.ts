import * as z from "zod/mini";
import type { KindModel } from "../model.ts";
import { anyMap, anyMaps, field, once, required, text } from "../schema/shape.ts";
import { checkPack, computed } from "./common.ts";

/** A trigger type; sensors have them, too. The registrar picks what it knows, so other keys are not refused. */
export const triggerType = once(() =>
  z.looseObject({
    ...computed(),
    name: required("Name within the pack", text),
    pack: field("The pack's ref; it may say nothing else", text),
    description: field("What makes it fire", text),
    parameters_schema: field("What a rule may configure, as JSON Schema", anyMap),
    payload_schema: field("What an event carries, as JSON Schema", anyMap),
    tags: field("`{name, value}` pairs", anyMaps),
  }),
);

/** `triggers/*.yaml`. Source: `TriggerTypeAPI.schema` in st2common/models/api/trigger.py. */
export const trigger: KindModel = {
  schema: triggerType,
  advisory: [],
  check: checkPack,
};
