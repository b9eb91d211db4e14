import * as z from "zod/mini";
import type { KindModel } from "../model.ts";
import { anyMap, field, once, oneOf, required, text, texts } from "../schema/shape.ts";

const versions = once(() => z.array(oneOf(["2", "3"])).check(z.minLength(1), z.maxLength(2)));

/** `pack.yaml`. Source: `PackAPI.schema` in st2common/models/api/pack.py. What `ref` and `version` say is judged by `identity.ts`. */
export const pack: KindModel = {
  schema: () =>
    z.looseObject({
      ref: field("The pack's unique name, `[a-z0-9_]+`; default: the directory's name, or `name`", z.unknown()),
      name: required("Name for people", text),
      description: required("What the pack is for", text),
      version: field("Semantic version, e.g. `1.0.0`", z.unknown()),
      author: required("Who wrote it", text),
      email: field("Where to write to", text),
      keywords: field("Words to find it by", texts),
      contributors: field("Who else worked on it: `Name <address>`", z.array(text.check(z.maxLength(100)))),
      stackstorm_version: field('The versions of StackStorm it works with, e.g. `">=3.3.0"`', text),
      python_versions: field('Major versions of Python as text: `"2"`, `"3"`', versions()),
      dependencies: field("Packs that it needs: `name=version`, or the URL of a Git repository", texts),
      system: field("What has to be installed on the machine", anyMap),
      files: field("Computed by the platform", texts),
      path: field("Computed by the platform", text),
    }),
  advisory: [],
};
