import type { DockerDeps } from "../../src/signal/docker.ts";
import type { Engine } from "../../src/signal/engine.ts";
import { engineClock } from "../../src/signal/engine-clock.ts";

/** Whoever was told is back at once. */
export function atOnce(engine: Engine): Pick<DockerDeps, "ready" | "clock"> {
  return { ready: async () => ({ kind: "ready", evidence: "" }), clock: engineClock(engine, Date.now) };
}
