import * as z from "zod/mini";
import { shown } from "../check-shape.ts";
import type { Finding } from "../finding.ts";
import type { Mapping } from "../mapping.ts";
import type { DefinitionContext, KindModel } from "../model.ts";
import { field, oneOf, required, text } from "../schema/shape.ts";
import { checkRef } from "./component-ref.ts";
import { relabelled } from "./relabel.ts";
import { natural, positive } from "./shapes.ts";

const NAMESPACE = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const HINT = "A namespace has up to 128 lower-case letters, digits, `.`, `_` and `-`.";

/** `caches/*.yaml`, which newer versions of the platform load. Source: crates/common/src/pack_cache_definition.rs. */
export const cache: KindModel = {
  schema: () =>
    z.looseObject({
      ref: field("Full reference, `<pack>.<name>`", text),
      namespace: required("What programs call it", z.string().check(z.regex(NAMESPACE))),
      owner_type: required("What kind of thing it belongs to", oneOf(["pack", "action", "sensor"])),
      owner_ref: required("The ref of that thing", text),
      freshness_target_seconds: field("How old its content should become at most; default 3600", natural),
      max_records_per_generation: field("Records; default 200000", natural),
      max_generation_bytes: field("Bytes of one generation; default 512 MiB", natural),
      max_retained_bytes: field("Bytes of all generations; default 2 GiB", natural),
      max_retained_generations: field("Generations that are kept; 2 or more, default 5", z.int().check(z.minimum(2))),
      max_staging_generations: field("Generations in the making; default 2", positive),
    }),
  advisory: [],
  check: (value, about) => [...checkRef(value, about), ...checkOwner(value, about)],
  report: relabelled([
    { at: "namespace", code: "cache.invalid_definition", hint: HINT },
    { at: "", code: "cache.invalid_definition" },
  ]),
};

function checkOwner({ owner_type: type, owner_ref: owner }: Mapping, { pack }: DefinitionContext): readonly Finding[] {
  if (typeof owner !== "string") return [];
  if (owner.trim() === "") {
    const message = `Expected \`owner_ref\` to be a ref, got ${shown(owner)}`;
    return [atOwner("cache.invalid_owner", message, "Write the ref of what the cache belongs to.")];
  }
  if (type !== "pack" || pack === undefined || owner === pack) return [];
  const message = `Expected \`owner_ref\` to be \`${pack}\`, for the owner is the pack, got ${shown(owner)}`;
  return [atOwner("cache.owner_mismatch", message, `Write \`owner_ref: ${pack}\`.`)];
}

function atOwner(code: string, message: string, hint: string): Finding {
  return { severity: "error", code, message, hint, path: ["owner_ref"], at: "value" };
}
