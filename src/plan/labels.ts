import { componentKinds } from "../pack/component.ts";
import { meaningKinds } from "./meaning.ts";
import type { Rule, RuleSet, When } from "./route.ts";

/** What a service says of itself, by the labels of its containers. */
export interface LabelledService {
  readonly service: string;
  /** `packsync.when`: alternatives separated by `;`, each of conditions separated by blanks: `meaning=script,sensor runner=python; path=lib/**`. */
  readonly when: string;
}

export interface LabelRules {
  readonly rules: RuleSet;
  /** What is written in a way that nobody understands: it is left out. */
  readonly problems: readonly string[];
}

/** Every condition, with its values where these are few. */
const KNOWN: Readonly<Record<string, readonly string[] | undefined>> = {
  meaning: meaningKinds,
  component: componentKinds,
  runner: undefined,
  pack: undefined,
  path: undefined,
  source: undefined,
} satisfies Record<keyof When, unknown>;

/** Rules that tell a service when it wants to be told, whatever else is decided. */
export function labelRules({ service, when }: LabelledService): LabelRules {
  const read = when.split(";").flatMap((text) => (text.trim() === "" ? [] : [alternative(text.trim(), service)]));
  return {
    rules: { name: `label of ${service}`, rules: read.flatMap((each) => (typeof each === "string" ? [] : [each])) },
    problems: read.filter((each) => typeof each === "string"),
  };
}

function alternative(text: string, service: string): Rule | string {
  const conditions = new Map<string, readonly string[]>();
  for (const condition of text.split(/\s+/)) {
    const [, name = "", values = ""] = /^(\w+)=(.+)$/.exec(condition) ?? [];
    const items = values.split(",").filter((item) => item !== "");
    const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : [];
    if (items.length === 0 || known?.length === 0 || items.some((item) => known?.includes(item) === false))
      return `Expected \`packsync.when\` of ${service} to have conditions such as \`meaning=script\`, got \`${condition}\``;
    conditions.set(name, items);
  }
  return { when: Object.fromEntries(conditions), do: [service] };
}
