import type { RoutePolicy } from "../plan/routing.ts";
import type { Config } from "./config.ts";

/** Whom changes concern, as it was configured. */
export function routePolicyOf({ preset, routes, platform, database }: Config): RoutePolicy {
  const isRegistered = [platform.url, database.url, database.host].some((place) => place !== undefined);
  return { preset, routes, channel: isRegistered ? "channel" : "no-channel" };
}
