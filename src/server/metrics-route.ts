import * as z from "zod";
import { CONTENT_TYPES, formatFor } from "../metrics/text.ts";
import type { Api, RouteDeps } from "./api.ts";
import { failures } from "./schemas.ts";

/** @param access whether whoever scrapes has to have a token */
export function addMetricsRoute(api: Api, { metrics }: RouteDeps, access: "token" | "open"): void {
  api.get(
    "/metrics",
    {
      config: { access: access === "open" ? "open" : "packs:read", isUnread: true },
      schema: {
        operationId: "scrape",
        summary: "Numbers for Prometheus",
        description: "As OpenMetrics 1.0, or in Prometheus' own format, by `Accept`; docs/metrics.md has the table.",
        tags: ["health"],
        ...(access === "open" && { security: [] }),
        response: {
          200: { description: "Every metric", content: contentOf() },
          ...failures,
        },
      },
    },
    async ({ headers }, reply) => {
      const format = formatFor(headers.accept);
      const text = await metrics.scrape(format);
      return reply.header("vary", "accept").type(CONTENT_TYPES[format]).send(text);
    },
  );
}

function contentOf() {
  return Object.fromEntries(Object.values(CONTENT_TYPES).map((type) => [type, { schema: z.string() }]));
}
