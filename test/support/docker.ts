import type { DockerDeps } from "../../src/signal/docker.ts";
import type { Engine } from "../../src/signal/engine.ts";
import { engineClock } from "../../src/signal/engine-clock.ts";
import { createListing } from "../../src/signal/listing.ts";

/** A project at an engine. */
export function at(engine: Engine, project: string): Pick<DockerDeps, "engine" | "listing" | "clock"> {
  return { engine, listing: createListing(engine, project, Date.now), clock: engineClock(engine, Date.now) };
}

/** The same, and whoever was told is back at once. */
export function atOnce(engine: Engine, project: string): Pick<DockerDeps, "engine" | "listing" | "clock" | "ready"> {
  return { ...at(engine, project), ready: async () => ({ kind: "ready", evidence: "" }) };
}
