import { hostname } from "node:os";
import { PacksyncError } from "../errors.ts";
import type { Labels } from "./deliveries.ts";
import { type Container, type Engine, openEngine, SERVICE_LABEL } from "./engine.ts";
import { type EngineClock, engineClock } from "./engine-clock.ts";
import { DEFAULT_ENGINE, type EngineSettings, mayHaveEngine } from "./engine-place.ts";
import { createListing, type Listing } from "./listing.ts";
import { ownPlace, ownProject } from "./own-project.ts";

/** Where containers are told; `undefined` listing: nowhere, and why. */
export type Place =
  | { readonly engine: Engine; readonly listing: Listing; readonly clock: EngineClock }
  | { readonly engine: Engine | undefined; readonly listing: undefined; readonly why: string };

/** The containers beside packsync: which services there are, and what they say of themselves. */
export interface Neighbours extends AsyncDisposable {
  /** @throws PacksyncError `SIGNAL_FAILED`, retryable: the engine does not answer now */
  place(abort: AbortSignal): Promise<Place>;
  /** Every service that has a container, running or not. @throws as `place` does */
  services(abort: AbortSignal): Promise<readonly Labels[]>;
}

export function openNeighbours(settings: EngineSettings): Neighbours {
  let engine: Engine | undefined;
  let known: Place | undefined;
  const place = async (abort: AbortSignal): Promise<Place> => {
    if (known !== undefined) return known;
    if (!mayHaveEngine(settings)) return { engine: undefined, listing: undefined, why: NO_ENGINE };
    engine ??= openEngine(settings.host);
    known = await placeOf(engine, settings, abort);
    return known;
  };
  return {
    place,
    async services(abort) {
      const asked = await place(abort);
      if (asked.listing === undefined) return [];
      const { listing, clock } = asked;
      if (clock.about(0) === undefined) clock.at(0, abort).catch(() => {}); // whoever is told later need not wait for it
      return labelsOf(await listing.all(abort));
    },
    async [Symbol.asyncDispose]() {
      await engine?.[Symbol.asyncDispose]();
    },
  };
}

const NO_ENGINE = `there is no container engine at ${DEFAULT_ENGINE}: set \`docker.host\``;

async function placeOf(engine: Engine, { project }: EngineSettings, abort: AbortSignal): Promise<Place> {
  const clock = engineClock(engine, Date.now);
  try {
    const own = project ?? (await ownProject(engine, ownPlace(hostname()), abort));
    return { engine, listing: createListing(engine, own, Date.now), clock };
  } catch (error) {
    if (!(error instanceof PacksyncError) || error.code !== "CONFIG_INVALID") throw error;
    return { engine, listing: undefined, why: "nobody said whose containers: set `docker.project`" };
  }
}

function labelsOf(containers: readonly Container[]): readonly Labels[] {
  const byService = Map.groupBy(containers, ({ labels }) => labels[SERVICE_LABEL] ?? "");
  byService.delete("");
  return [...byService]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([service, its]) => {
      const label = (name: string) => its.map(({ labels }) => labels[name]).find((value) => value !== undefined);
      return { service, when: label("packsync.when"), how: label("packsync.how") };
    });
}
