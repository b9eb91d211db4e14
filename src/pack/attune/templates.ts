import { excerpt } from "../excerpt.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isMapping, type Mapping } from "../mapping.ts";

const YAQL = /<%.*?%>/s;

/** `<% %>` is StackStorm's: here it arrives as it is. One finding, for there are often many and they have one cause. */
export function checkTemplates(value: Mapping, keys: readonly string[]): readonly Finding[] {
  for (const key of keys) {
    const found = firstForeign(value[key], [key]);
    if (found !== undefined) return [foreignTemplate(found)];
  }
  return [];
}

interface Template {
  readonly text: string;
  readonly path: ValuePath;
}

function firstForeign(value: unknown, path: ValuePath): Template | undefined {
  if (typeof value === "string") {
    const text = YAQL.exec(value)?.[0];
    return text === undefined ? undefined : { text, path };
  }
  const children = Array.isArray(value) ? [...value.entries()] : isMapping(value) ? Object.entries(value) : [];
  for (const [key, child] of children) {
    const found = firstForeign(child, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function foreignTemplate({ text, path }: Template): Finding {
  return {
    severity: "warning",
    code: "template.foreign_syntax",
    message: `Expected templates to be \`{{ … }}\`, got \`${excerpt(text)}\`, which is passed on as it is`,
    hint: "`<% … %>` is StackStorm's YAQL; write `{{ … }}`, with quotes around the whole value.",
    path,
    at: "value",
  };
}
