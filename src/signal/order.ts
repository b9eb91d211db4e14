import { isOfPlatform } from "./targets.ts";

/** Who is told before whom: by service, which others (globs have been resolved). */
export type Before = ReadonlyMap<string, readonly string[]>;

/**
 * In which order services are told. What is done at the platform comes first, as a restarted service reads its database. Of a circle
 * the last step is left out: nobody may wait for itself.
 *
 * @param wished the services that each one wants to come after
 */
export function orderOf(services: readonly string[], wished: (service: string) => readonly string[]): Before {
  const before = new Map<string, readonly string[]>();
  for (const service of services) {
    const first = isOfPlatform(service) ? [] : services.filter(isOfPlatform);
    const others = wished(service).filter((other) => other !== service && !reaches(other, service, before));
    before.set(service, [...new Set([...first, ...others])]);
  }
  return before;
}

/** Whether `from` waits for `to`, by whatever way. */
function reaches(from: string, to: string, before: Before, seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return (before.get(from) ?? []).some((next) => reaches(next, to, before, seen));
}
