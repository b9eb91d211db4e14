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
      config: { access: "open" },
      schema: {
        operationId: "isAlive",
        summary: "Whether the server is alive",
        tags: ["health"],
        security: [],
        response: { 200: alive.describe("It is") },
      },
    },
    async () => ({ data: { status: "alive" } }),
  );
  api.get(
    "/readyz",
    {
      config: { access: "open" },
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
