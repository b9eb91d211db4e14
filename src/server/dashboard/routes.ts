import * as z from "zod";
import type { Api, RouteDeps } from "../api.ts";
import { failures } from "../schemas.ts";
import { addActionRoutes } from "./action-routes.ts";
import { overview } from "./documents.ts";
import { addDashboardPackRoutes } from "./pack-routes.ts";

/** What the dashboard shows. */
export function addDashboardRoutes(api: Api, deps: RouteDeps): void {
  const { operations } = deps;
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
    async ({ principal }) => {
      const may_change = typeof principal !== "string" && principal.scopes.includes("packs:create");
      return { data: { ...(await operations.overview()), may_change } };
    },
  );
}
