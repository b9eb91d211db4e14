import { existsSync } from "node:fs";
import type { Config } from "./config/config.ts";
import { INSTALLED } from "./plan/installed.ts";
import { installedPath } from "./publish/installed.ts";
import type { VolumeLayout } from "./publish/layout.ts";
import type { Source } from "./scan/discover.ts";

/** All that packs come from, the one that others shadow first: what was installed, if anything ever was, and what is configured. */
export function sourcesIn(layout: VolumeLayout, { sources }: Pick<Config, "sources">): readonly Source[] {
  const path = installedPath(layout);
  return existsSync(path) ? [{ name: INSTALLED, path, kind: "production" }, ...sources] : sources;
}
