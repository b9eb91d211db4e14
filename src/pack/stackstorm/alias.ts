import * as z from "zod/mini";
import type { KindModel } from "../model.ts";
import { anyMap, bool, closed, field, once, required, text, texts } from "../schema/shape.ts";
import { checkPack, computed } from "./common.ts";

const format = once(() =>
  z.union([
    text,
    z.looseObject({
      display: field("What help shows", text),
      representation: field("What is recognized", texts),
    }),
  ]),
);

/** `aliases/*.yaml`. Source: `ActionAliasAPI.schema` in st2common/models/api/action.py. */
export const alias: KindModel = {
  schema: () =>
    closed({
      ...computed(),
      name: required("Name within the pack", text),
      action_ref: required("The action's reference", text),
      formats: required("What people may say", z.array(format())),
      pack: field("The pack's ref; it may say nothing else", text),
      description: field("What it is for", text),
      enabled: field("Whether it is listened to; default true", bool),
      ack: field(
        "What is answered at once",
        z.looseObject({
          enabled: field("Whether anything is", bool),
          format: field("A Jinja template", text),
          extra: field("For the chat's adapter", anyMap),
          append_url: field("Whether the execution's address follows", bool),
        }),
      ),
      result: field(
        "What is answered in the end",
        z.looseObject({
          enabled: field("Whether anything is", bool),
          format: field("A Jinja template", text),
          extra: field("For the chat's adapter", anyMap),
        }),
      ),
      extra: field("For the chat's adapter", anyMap),
      immutable_parameters: field("What the action is always given", anyMap),
    }),
  advisory: [],
  check: checkPack,
};
