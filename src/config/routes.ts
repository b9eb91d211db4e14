import type { RoutePolicy } from "../plan/routing.ts";
import type { Config } from "./config.ts";

/** Whom changes concern, as it was configured. */
export function routePolicyOf({ preset, routes, platform }: Config): RoutePolicy {
  return { preset, routes, channel: platform.url === undefined ? "no-channel" : "channel" };
}
