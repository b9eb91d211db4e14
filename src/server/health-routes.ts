import * as z from "zod";
import type { Api, RouteDeps } from "./api.ts";
import { Refusal } from "./refusal.ts";
import { unready } from "./schemas.ts";

const alive = z.object({ data: z.object({ status: z.string() }) });

/** The two that are open, for whoever looks after containers. */
export function addHealthRoutes(api: Api, { operations }: RouteDeps): void {
  api.get(
    "/healthz",
    {
      config: { access: "open", probe: true },
      schema: {
        operationId: "isAlive",
        summary: "Whether the server is alive, and the daemon that it is part of",
        description: "Whoever runs it should start it anew if it is not for a while.",
        tags: ["health"],
        security: [],
        response: { 200: alive.describe("It is"), ...unready },
      },
    },
    async () => {
      if (!(await operations.isAlive())) throw new Refusal(503, "The daemon does not answer.");
      return { data: { status: "alive" } };
    },
  );
  api.get(
    "/readyz",
    {
      config: { access: "open", probe: true },
      schema: {
        operationId: "isReady",
        summary: "Whether the volume is kept in sync",
        description: "As `packsync healthcheck` says it.",
        tags: ["health"],
        security: [],
        response: { 200: alive.describe("It is"), ...unready },
      },
    },
    async () => {
      const faults = await operations.faults();
      if (faults.length > 0) throw new Refusal(503, `${faults.join("; ")}.`);
      return { data: { status: "ready" } };
    },
  );
}
