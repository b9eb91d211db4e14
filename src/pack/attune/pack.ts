import * as z from "zod/mini";
import type { Finding } from "../finding.ts";
import type { KindModel } from "../model.ts";
import { anyMap, bool, field, required, text, texts } from "../schema/shape.ts";
import { checkConfig, checkDependencies, checkLabel, checkLegacy } from "./manifest-fields.ts";
import { parameters } from "./parameter-shape.ts";
import { checkedParameters, checkParameters } from "./parameters.ts";
import { relabelled } from "./relabel.ts";
import { testing } from "./testing.ts";

const SCHEMAS = ["conf_schema", "config_schema"] as const;

/** `pack.yaml`. Source: `PackManifest` (crates/common) and the loader that `init-packs` runs, which agree on little. */
export const pack: KindModel = {
  schema: () =>
    z.looseObject({
      ref: required("The pack's name: a letter, then lower-case letters, digits, `_` and `-`", text),
      label: field("Name for people", text),
      version: required('Its semantic version, in quotes: `"1.0.0"`', text),
      name: field("Older than `label`", text),
      description: field("What it is for", text),
      author: field("Who wrote it", text),
      email: field("Whom to ask", text),
      enabled: field("Whether it is in use; default true", bool),
      system: field("Whether it belongs to the platform; default false", bool),
      conf_schema: parameters("What can be configured: name → field"),
      config_schema: parameters("Older than `conf_schema`"),
      config: field("The configuration that it starts with: name → value", anyMap),
      meta: field("Whatever else there is to know", anyMap),
      metadata: field("Older than `meta`", anyMap),
      tags: field("Words to find it by", texts),
      keywords: field("Older than `tags`", texts),
      runtime_deps: field("Runtimes that it needs: `shell`, `python`, `nodejs`, `native`, …", texts),
      dependencies: field("Packs that it needs: `ref` or `ref@version`", texts),
      python: field('The version of Python that it needs, in quotes: `"3.11"`', text),
      nodejs: field('The version of Node.js that it needs, in quotes: `"20"`', text),
      requires: field("What it needs of the platform, in newer versions", z.unknown()),
      source: field("Where it comes from, in newer versions", z.unknown()),
      evidence: field("What proves that, in newer versions", z.unknown()),
      testing: field("How the platform tests it", testing()),
    }),
  advisory: [
    ..."label name description author email enabled system tags keywords runtime_deps dependencies".split(" "),
    ..."python nodejs testing meta metadata config".split(" "),
  ],
  check: (value) => [
    ...checkLabel(value),
    ...checkLegacy(value),
    ...checkDependencies(value),
    ...checkParameters(value, SCHEMAS),
    ...checkConfig(value),
  ],
  report: (found) => inPlatformWords(found).filter((finding) => !isIdentity(finding)),
};

const inPlatformWords = relabelled([
  ...checkedParameters(SCHEMAS),
  { at: "python", hint: 'Quote it: `python: "3.11"`; a number is not read.' },
  { at: "nodejs", hint: 'Quote it: `nodejs: "20"`; a number is not read.' },
  { at: "system", hint: "It says whether the pack belongs to the platform; system packages are StackStorm's." },
  { at: "dependencies", hint: 'Write a list: `dependencies: ["core@>=1.0.0"]`.' },
]);

/** `ref` and `version` are what makes a pack: `identity.ts` has reported them already. */
function isIdentity({ code, severity, path }: Finding): boolean {
  return path[0] === "ref" || path[0] === "version" || (path.length === 0 && isMissing(code) && severity === "error");
}

function isMissing(code: string): boolean {
  return code.endsWith(".missing_field");
}
