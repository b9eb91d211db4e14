import * as z from "zod/mini";
import { bool, field, int, once, text, texts } from "../schema/shape.ts";

/** A text with something in it. */
export const nonEmpty = z.string().check(z.minLength(1));
/** 0, 1, 2, … */
export const natural = z.int().check(z.minimum(0));
/** 1, 2, 3, … */
export const positive = z.int().check(z.minimum(1));

/** What most components say about themselves. `ref` is looked at by `checkRef`. */
export const described = once(() => ({
  ref: field("Full reference, `<pack>.<name>`; without it some versions of the platform skip the file", text),
  label: field("Name for people", text),
  description: field("What it is for", text),
  enabled: field("Whether it is in use; default true", bool),
  tags: field("Words to find it by", texts),
}));

/** Where a program runs, and how long its logs stay. Newer versions of the platform read these. */
export const placement = once(() => ({
  required_worker_runtimes: field("Runtimes that the worker must have: name → version constraint", z.unknown()),
  worker_selector: field("Labels that a worker must have", z.unknown()),
  worker_tolerations: field("Taints of workers that do not matter", z.unknown()),
  worker_affinity: field("Which workers are preferred", z.unknown()),
  log_retention_policy: field("What `log_retention_limit` counts: `versions`, `days`, `hours` or `minutes`", text),
  log_retention_limit: field("How many of them are kept", int),
}));

/** The keys of {@link placement}. */
export const PLACEMENT = [
  "required_worker_runtimes",
  "worker_selector",
  "worker_tolerations",
  "worker_affinity",
  "log_retention_policy",
  "log_retention_limit",
] as const satisfies readonly (keyof ReturnType<typeof placement>)[];

/** The keys of {@link described} that are for people only: what is wrong there breaks nothing. */
export const FOR_PEOPLE = ["label", "description", "tags"] as const;
