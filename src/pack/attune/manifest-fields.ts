import { shown } from "../check-shape.ts";
import { excerpt } from "../excerpt.ts";
import type { Finding } from "../finding.ts";
import { isAbsent, isMapping, type Mapping } from "../mapping.ts";
import { parameterTypes } from "./parameter-shape.ts";
import { fitsType, isTemplate } from "./parameter-values.ts";

/** The loader that `init-packs` runs cannot do without. */
export function checkLabel({ label, name }: Mapping): readonly Finding[] {
  if (!isAbsent(label)) return [];
  return [
    {
      severity: "warning",
      code: "metadata.missing_field",
      message: "Expected `label`, the pack's name for people, got none",
      hint: isAbsent(name)
        ? 'Add e.g. `label: "My Pack"`: some of the platform\'s loaders stop without it.'
        : "Rename `name` to `label`: some of the platform's loaders stop without it.",
      path: [],
      at: "key",
    },
  ];
}

const OLDER = [
  ["label", "name"],
  ["conf_schema", "config_schema"],
  ["meta", "metadata"],
  ["tags", "keywords"],
] as const;

/** Some of the platform's loaders read the one, some the other. */
export function checkLegacy(value: Mapping): readonly Finding[] {
  return OLDER.filter(([newer, older]) => {
    const [wanted, other] = [value[newer], value[older]];
    return !isAbsent(wanted) && !isAbsent(other) && !isSame(wanted, other);
  }).map(([newer, older]) => ({
    severity: "warning",
    code: "manifest.legacy_conflict",
    message: `Expected \`${older}\`, the older name of \`${newer}\`, to say the same, got something else`,
    hint: `Remove \`${older}\`: which of both counts depends on who loads the pack.`,
    path: [older],
    at: "key",
  }));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** `ref` or `ref@constraint`. */
const DEPENDENCY = /^[a-z][a-z0-9_-]+(@\s*(latest|\*|([<>=^~]*\s*v?\d[^,\s]*)(\s*,\s*[<>=^~]*\s*v?\d[^,\s]*)*))?$/;

export function checkDependencies({ dependencies }: Mapping): readonly Finding[] {
  if (!Array.isArray(dependencies)) return [];
  return dependencies.flatMap((given, position) => {
    if (typeof given !== "string" || DEPENDENCY.test(given.trim())) return [];
    return [
      {
        severity: "warning",
        code: "manifest.invalid_dependency",
        message: `Expected a dependency to be \`ref\` or \`ref@version\`, got ${shown(given)}`,
        hint: `Write e.g. \`"${meantDependency(given)}"\`.`,
        path: ["dependencies", position],
        at: "value",
      },
    ];
  });
}

/** StackStorm writes `ref=version`. */
function meantDependency(given: string): string {
  const [, ref, version] = /^\s*([a-z][a-z0-9_-]+)\s*=+\s*(\d[\w.+-]*)\s*$/.exec(given) ?? [];
  return ref === undefined || version === undefined ? "core@>=1.0.0" : excerpt(`${ref}@=${version}`);
}

/** That the configuration a pack starts with fits its own schema. */
export function checkConfig({ config, conf_schema: schema }: Mapping): readonly Finding[] {
  if (!isMapping(config) || !isMapping(schema)) return [];
  return Object.entries(config).flatMap(([name, value]) => {
    const declared = Object.hasOwn(schema, name) ? schema[name] : undefined;
    const type = isMapping(declared) ? parameterTypes.find((known) => known === declared["type"]) : undefined;
    if (type === undefined || isTemplate(value) || fitsType(value, type)) return [];
    return [
      {
        severity: "warning",
        code: "schema.invalid_default",
        message: `Expected \`config.${excerpt(name)}\` to be of type \`${type}\`, as in \`conf_schema\`, got ${shown(value)}`,
        hint: "Mend the value, or the `type` in `conf_schema`.",
        path: ["config", name],
        at: "value",
      },
    ];
  });
}
