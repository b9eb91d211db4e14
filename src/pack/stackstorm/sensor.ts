import * as z from "zod/mini";
import type { KindModel } from "../model.ts";
import { bool, closed, field, number, required, text } from "../schema/shape.ts";
import { checkPack, computed } from "./common.ts";
import { triggerType } from "./trigger.ts";

/** `sensors/*.yaml`. Source: `SensorTypeAPI.schema` in st2common/models/api/sensor.py; its registrar wants `entry_point`, too. */
export const sensor: KindModel = {
  schema: () =>
    closed({
      ...computed(),
      class_name: required("The Python class", text),
      entry_point: required("The Python file, relative to `sensors/`", text.check(z.minLength(1))),
      pack: field("The pack's ref; it may say nothing else", text),
      description: field("What it watches", text),
      enabled: field("Whether it is run; default true", bool),
      trigger_types: field("The triggers that it fires", z.array(triggerType())),
      poll_interval: field("For a polling sensor: how often it looks, in seconds", number),
      artifact_uri: field("Computed by the platform", text),
    }),
  advisory: [],
  check: checkPack,
};
