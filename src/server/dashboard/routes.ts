import type { FastifyReply } from "fastify";
import * as z from "zod";
import type { OverviewDocument } from "../../board/documents.ts";
import type { Api, RouteDeps } from "../api.ts";
import { failures } from "../schemas.ts";
import { addActionRoutes } from "./action-routes.ts";
import { overview } from "./documents.ts";
import { addDashboardPackRoutes } from "./pack-routes.ts";

/** What the dashboard shows. */
export function addDashboardRoutes(api: Api, deps: RouteDeps): void {
  const { operations } = deps;
  const textOf = overviewTexts();
  addDashboardPackRoutes(api, deps);
  addActionRoutes(api, deps);
  api.get(
    "/api/v1/overview",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "getOverview",
        summary: "Everything at one glance",
        description:
          "Every pack that packsync knows or finds in the volume, the sources, the services, and the daemon.",
        tags: ["dashboard"],
        response: { 200: z.object({ data: overview }).describe("As it is now"), ...failures },
      },
    },
    async ({ principal }, reply) => {
      const mayChange = typeof principal !== "string" && principal.scopes.includes("packs:create");
      reply.type("application/json; charset=utf-8");
      return sendText(reply, textOf(await operations.overview(), mayChange));
    },
  );
}

/** Many look at the same one at once: it is made into text once for all who may change something, and once for the others. */
function overviewTexts(): (document: OverviewDocument, mayChange: boolean) => string {
  const made = new WeakMap<OverviewDocument, Map<boolean, string>>();
  return (document, mayChange) => {
    const its = made.get(document) ?? new Map<boolean, string>();
    made.set(document, its);
    const text = its.get(mayChange) ?? JSON.stringify({ data: overview.parse({ ...document, may_change: mayChange }) });
    its.set(mayChange, text);
    return text;
  };
}

/** Its schema has been looked at. */
function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.send(text);
}
