import { type Container, type Engine, SERVICE_LABEL } from "./engine.ts";

/** The containers of a project of compose. */
export interface Listing {
  readonly project: string;
  /** In milliseconds since 1970. */
  now(): number;
  /** All of them, running or not. */
  all(abort: AbortSignal): Promise<readonly Container[]>;
  /**
   * Those of a service, by any list that was begun since then, in milliseconds since 1970: whoever is not on it has started later. One list
   * serves all services that are told at once. @param sinceMs unset: by a new one
   */
  of(service: string, sinceMs: number | undefined, abort: AbortSignal): Promise<readonly Container[]>;
}

/** Older ones are not worth believing, whatever happened since: containers come and go. */
const FRESH_MS = 1000;

/** @param now milliseconds since 1970 */
export function createListing(engine: Engine, project: string, now: () => number): Listing {
  let last: { readonly begunMs: number; readonly list: Promise<readonly Container[]> } | undefined;
  const all = (abort: AbortSignal): Promise<readonly Container[]> => {
    const begun = { begunMs: now(), list: engine.containers({ project }, abort) };
    begun.list.catch(() => {
      if (last === begun) last = undefined;
    });
    last = begun;
    return begun.list;
  };
  return {
    project,
    now,
    all,
    async of(service, sinceMs, abort) {
      const isGood =
        last !== undefined && sinceMs !== undefined && last.begunMs > sinceMs && now() - last.begunMs < FRESH_MS;
      const containers = await (isGood && last ? last.list : all(abort));
      abort.throwIfAborted();
      return containers.filter(({ labels }) => labels[SERVICE_LABEL] === service);
    },
  };
}
