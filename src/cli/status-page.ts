import type { Config } from "../config/config.ts";
import { VERSION } from "../platform/version.ts";
import type { Seen } from "./status-seen.ts";
import { statusText } from "./status-text.ts";
import type { Paint } from "./text.ts";

/** `packsync status` for people. */
export function statusPage(
  { status, daemon, services, environments = [] }: Seen,
  config: Config,
  paint: Paint,
): string {
  if (status === undefined) return `${config.volume}: nothing was published yet. Next: packsync --once\n`;
  return statusText({ ...status, daemon, services, environments }, config, paint);
}

/** The same facts for programs. */
export function statusDocument({ status, daemon, services, environments }: Seen, { volume }: Config): object {
  const { sources, packs, database } = status ?? { sources: [], packs: [], database: undefined };
  const about = { packsync: VERSION, volume, packs, sources, database };
  return { ...about, services, ...(environments && { environments }), daemon: daemon ?? null };
}
