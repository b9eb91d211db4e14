import picomatch from "picomatch";
import type { Releases } from "./queue.ts";
import type { Turn, Turns } from "./turns.ts";

/* Apart from turns: a sync that tells nobody reads those, and need not load what matches globs. */

/** What a service is to know: of each pack the last turn that concerned it, by its number. */
export function wantedBy(service: string, turns: Turns): Releases {
  const last = (pack: readonly Turn[]) => pack.findLast(({ targets }) => targets.some(names(service)));
  return new Map([...turns].flatMap(([pack, its]) => entryOf(pack, last(its)?.number)));
}

function entryOf(pack: string, number: number | undefined): [string, string][] {
  return number === undefined ? [] : [[pack, String(number)]];
}

/** By target; `undefined`: it names one service. */
const compiled = new Map<string, ((service: string) => boolean) | undefined>();

/** Whether a target names a service. What is done at the platform is named by its own name only: it is no service. */
export function names(service: string): (target: string) => boolean {
  return (target) => target === service || (!isOfPlatform(service) && patternOf(target)?.(service) === true);
}

export function isPattern(target: string): boolean {
  return patternOf(target) !== undefined;
}

function patternOf(target: string): ((service: string) => boolean) | undefined {
  if (!compiled.has(target)) compiled.set(target, picomatch.scan(target).isGlob ? picomatch(target) : undefined);
  return compiled.get(target);
}

/** What is no service, but done at the platform. */
export function isOfPlatform(service: string): boolean {
  return service === "register" || service === "environments";
}
