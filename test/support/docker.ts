import type { DockerDeps } from "../../src/signal/docker.ts";

/** Whoever was told is back at once. */
export const atOnce: Pick<DockerDeps, "ready" | "now"> = {
  ready: async () => ({ kind: "ready", evidence: "" }),
  now: Date.now,
};
