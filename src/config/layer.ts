import type { Origin } from "./origin.ts";
import type { RunSettings } from "./schema.ts";
import { SETTINGS } from "./settings.ts";
import type { SourceSettings } from "./sources.ts";

/** `owner: undefined` says that there is none, whatever the layers below say. */
export type LayerSettings = Omit<RunSettings, "owner"> & { readonly owner?: RunSettings["owner"] | undefined };

/** What one place says, with absolute paths; `origins` by dotted key, but sources carry their own. */
export interface Layer {
  readonly settings: LayerSettings;
  readonly sources: SourceSettings;
  readonly origins: ReadonlyMap<string, Origin>;
}

/** An origin for each of `settings`, those in sections by their dotted keys. */
export function originsOf(settings: LayerSettings, originOf: (key: string) => Origin): ReadonlyMap<string, Origin> {
  const keys = Object.entries(settings).flatMap(([key, value]) =>
    SETTINGS.some((setting) => setting.key === key)
      ? [key]
      : Object.keys(value ?? {}).map((child) => `${key}.${child}`),
  );
  return new Map(keys.map((key) => [key, originOf(key)]));
}
