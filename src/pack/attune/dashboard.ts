import * as z from "zod/mini";
import { excerpt } from "../excerpt.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isMapping, type Mapping, mappingsIn } from "../mapping.ts";
import type { KindModel } from "../model.ts";
import { anyMap, bool, field, once, required, text } from "../schema/shape.ts";
import { checkRef } from "./component-ref.ts";
import { relabelled } from "./relabel.ts";
import { described, FOR_PEOPLE } from "./shapes.ts";

const CODE = "dashboard.invalid_spec";

const card = once(() =>
  z.looseObject({
    id: required("Its name, unique in the dashboard", text),
    source: required("Which of `data_sources` it shows", text),
    position: required("Where it stands: breakpoint → `{x, y, w, h}`", anyMap),
  }),
);

/** `dashboards/*.yaml`, which newer versions of the platform load. Source: crates/common/src/dashboard_spec.rs. */
export const dashboard: KindModel = {
  schema: () =>
    z.looseObject({
      ...described(),
      ref: field("Its name; the platform puts the pack in front", text),
      version: field("The version of this format: 1", z.unknown()),
      kind: field("`dashboard`", text),
      scope_type: field("Whose it is", text),
      scope_ref: field("Its owner's ref", text),
      visibility: field("Who sees it", text),
      is_default_home: field("Whether it is what people see first", bool),
      spec_version: field("The version of what is below", z.unknown()),
      defaults: field("What cards have in common", z.unknown()),
      layout: required(
        "How cards are laid out",
        z.looseObject({ breakpoints: required("Widths of the window, with their columns", anyMap) }),
      ),
      filters: field(
        "What people can narrow it down by",
        z.array(z.looseObject({ id: required("Its name, unique in the dashboard", text) })),
      ),
      data_sources: required("What cards show: name → source", anyMap),
      cards: required("What it shows", z.array(card())),
    }),
  advisory: [...FOR_PEOPLE, "kind", "scope_type", "scope_ref", "visibility", "is_default_home"],
  check: (value, about) => [
    ...checkRef(value, about, "short"),
    ...checkBreakpoints(value),
    ...checkIds(value["filters"], "filters"),
    ...checkIds(value["cards"], "cards"),
    ...checkCards(value),
  ],
  report: relabelled([{ at: "", code: CODE }]),
};

function breakpointsOf({ layout }: Mapping): readonly string[] | undefined {
  const breakpoints = isMapping(layout) ? layout["breakpoints"] : undefined;
  return isMapping(breakpoints) ? Object.keys(breakpoints) : undefined;
}

function checkBreakpoints(value: Mapping): readonly Finding[] {
  if (breakpointsOf(value)?.length !== 0) return [];
  const message = "Expected `breakpoints` to have one, got none";
  return [invalid(message, "Add e.g. `lg: {min_width: 0, columns: 12}`.", ["layout", "breakpoints"])];
}

function checkIds(list: unknown, key: string): readonly Finding[] {
  const seen = new Set<unknown>();
  return mappingsIn(list).flatMap(([position, { id }]) => {
    const isRepeated = typeof id === "string" && seen.has(id);
    seen.add(id);
    if (!isRepeated) return [];
    return [
      invalid(`Expected each \`id\` once, got ${quoted(id)} again`, "Give it another one.", [key, position, "id"]),
    ];
  });
}

function checkCards(value: Mapping): readonly Finding[] {
  const { data_sources: sources } = value;
  const breakpoints = breakpointsOf(value) ?? [];
  return mappingsIn(value["cards"]).flatMap(([at, each]) => [
    ...(isMapping(sources) ? checkSource(each, sources, ["cards", at, "source"]) : []),
    ...checkPosition(each, breakpoints, ["cards", at, "position"]),
  ]);
}

function checkSource({ source }: Mapping, sources: Mapping, path: ValuePath): readonly Finding[] {
  if (typeof source !== "string" || Object.hasOwn(sources, source)) return [];
  const message = `Expected \`source\` to be one of \`data_sources\`, got ${quoted(source)}`;
  return [invalid(message, `Mend the name, or add ${quoted(source)} to \`data_sources\`.`, path)];
}

function checkPosition({ position }: Mapping, breakpoints: readonly string[], path: ValuePath): readonly Finding[] {
  if (!isMapping(position)) return [];
  const missing = breakpoints.filter((breakpoint) => !Object.hasOwn(position, breakpoint));
  return missing.map((breakpoint) => {
    const message = `Expected \`position\` to have ${quoted(breakpoint)}, as \`breakpoints\` do, got none`;
    return invalid(message, `Add e.g. \`${excerpt(breakpoint)}: {x: 0, y: 0, w: 4, h: 4}\`.`, path, "key");
  });
}

function invalid(message: string, hint: string, path: ValuePath, at: Finding["at"] = "value"): Finding {
  return { severity: "error", code: CODE, message, hint, path, at };
}

function quoted(text: string): string {
  return `\`${excerpt(text)}\``;
}
