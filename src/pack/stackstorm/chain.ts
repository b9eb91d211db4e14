import * as z from "zod/mini";
import { excerpt } from "../excerpt.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isMapping, type Mapping, mappingsIn } from "../mapping.ts";
import type { KindModel } from "../model.ts";
import { anyMap, closed, field, once, required, text } from "../schema/shape.ts";
import { notify } from "./action.ts";
import { isTemplate } from "./common.ts";

const link = once(() =>
  z.looseObject({
    name: required("Its name in this chain", text),
    ref: required("The action's reference", text),
    parameters: field("What the action is given", anyMap),
    params: field("The former name of `parameters`", anyMap),
    "on-success": field("The link that follows when it succeeded; none: the end", text),
    "on-failure": field("The link that follows when it failed; none: the end", text),
    publish: field("Variables for the links that follow", anyMap),
    notify: field("Who is told what when it ended", notify()),
  }),
);

/** The body of an action-chain. Source: st2common/models/system/actionchain.py, and `ChainHolder.validate` of its runner. */
export const chain: KindModel = {
  schema: () =>
    closed({
      chain: required("What is run, one after the other", z.array(link()).check(z.minLength(1))),
      default: field("The first link; default: the first that no other leads to", text),
      vars: field("Variables: name → value", anyMap),
    }),
  advisory: [],
  check: ({ chain, default: first }) => {
    const links = mappingsIn(chain);
    const names = new Set(links.map(([, { name }]) => name));
    return [
      ...links.flatMap(([index, link]) => checkLink(link, names, ["chain", index])),
      ...checkTarget(first, names, ["default"]),
    ];
  },
};

function checkLink(link: Mapping, names: ReadonlySet<unknown>, path: ValuePath): Finding[] {
  return [
    ...["on-success", "on-failure"].flatMap((key) => checkTarget(link[key], names, [...path, key])),
    ...checkBothParameters(link, path),
  ];
}

function checkTarget(target: unknown, names: ReadonlySet<unknown>, path: ValuePath): Finding[] {
  if (typeof target !== "string" || target === "" || isTemplate(target) || names.has(target)) return [];
  return [
    {
      severity: "error",
      code: "workflow.invalid_definition",
      message: `Expected \`${path.at(-1)}\` to name a link of this chain, got \`${excerpt(target)}\``,
      hint: `Its links: ${excerpt([...names].filter((name) => typeof name === "string").join(", "))}.`,
      path,
      at: "value",
    },
  ];
}

function checkBothParameters({ params, parameters }: Mapping, path: ValuePath): Finding[] {
  if (!isFilled(params) || !isFilled(parameters)) return [];
  const message = "Expected `parameters` or `params`, its former name, got both";
  return [{ severity: "error", code: "workflow.invalid_definition", message, path: [...path, "params"], at: "key" }];
}

function isFilled(value: unknown): boolean {
  return isMapping(value) && Object.keys(value).length > 0;
}
