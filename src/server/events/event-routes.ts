import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import { EVENT_KINDS, EVENT_SEVERITIES } from "../../events/event.ts";
import type { EventFilter } from "../../events/filter.ts";
import { WINDOWS } from "../../events/series.ts";
import type { Api, RouteDeps } from "../api.ts";
import { event, eventPage, series } from "../dashboard/documents.ts";
import { Refusal } from "../refusal.ts";
import { failures } from "../schemas.ts";
import { type EventStreamLimits, eventStream } from "./event-stream.ts";

export interface EventRouteLimits extends EventStreamLimits {
  /** How many may follow at once. */
  readonly followers: number;
}

export const EVENT_ROUTE_LIMITS: EventRouteLimits = { pingMs: 15_000, patienceMs: 60_000, followers: 1000 };

const anId = "the id of an event, a whole number";
const id = z.coerce.number(anId).int(anId).min(0, anId);
const kinds = z.union([z.enum(EVENT_KINDS), z.array(z.enum(EVENT_KINDS))], `one of ${EVENT_KINDS.join(", ")}`);
const filter = z.object({
  pack: z.string("a ref").optional().describe("Only what is about this pack"),
  service: z.string("a service").optional().describe("Only what is about this service"),
  kind: kinds.optional().describe("Only these; may be said several times"),
  severity: z.enum(EVENT_SEVERITIES, `one of ${EVENT_SEVERITIES.join(", ")}`).optional(),
});
const following = filter.extend({
  after: id.optional().describe("First what happened after this event; `Last-Event-ID` goes before it"),
  status: z.enum(["true", "false"], "`true` or `false`").default("false").describe("Also `status`: how the daemon is"),
});
const aLimit = "a whole number from 1 to 500";
const page = filter.extend({
  before: id.optional().describe("Only what happened before this event"),
  limit: z.coerce.number(aLimit).int(aLimit).min(1, aLimit).max(500, aLimit).default(100),
});

/** What happened and what happens. */
export function addEventRoutes(api: Api, deps: RouteDeps, limits: EventRouteLimits): void {
  addFollowing(api, deps, limits);
  addHistory(api, deps);
  addSeries(api, deps);
}

function addFollowing(api: Api, { operations }: RouteDeps, limits: EventRouteLimits): void {
  let followers = 0;
  api.route({
    method: "GET",
    url: "/api/v1/events",
    exposeHeadRoute: false,
    config: { access: "packs:read" },
    schema: {
      operationId: "followEvents",
      summary: "Follow what happens",
      description:
        "Server-sent events: first what happened after `after`, then what happens. `event`: with its id. `gap`: some of what happened after " +
        "`after` is not kept any more. `status` (with `status=true`): how the daemon is, whenever that has changed.",
      tags: ["events"],
      querystring: following,
      response: {
        200: {
          description: "Server-sent events; the `data` of each `event` is this",
          content: { "text/event-stream": { schema: event } },
        },
        ...failures,
      },
    },
    preHandler: async () => {
      if (followers >= limits.followers)
        throw new Refusal(
          503,
          `Expected at most ${limits.followers} to follow events, got one more.`,
          "Try again later.",
        );
    },
    handler: async ({ query, headers }, reply) => {
      const after = lastSeen(headers["last-event-id"]) ?? query.after;
      const gone = new AbortController();
      followers += 1;
      reply.raw.once("close", () => {
        followers -= 1;
        gone.abort();
      });
      reply.header("cache-control", "no-store").header("x-accel-buffering", "no").type("text/event-stream");
      const request = { after, filter: filterOf(query), withStatus: query.status === "true" };
      return sendText(reply, eventStream(operations.liveEvents, request, limits, gone));
    },
  });
}

function addHistory(api: Api, { operations }: RouteDeps): void {
  api.get(
    "/api/v1/events/history",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "listEvents",
        summary: "What happened",
        description: "The newest first; the newest 100,000 are kept, for 30 days, as far as they fit into 256 MiB.",
        tags: ["events"],
        querystring: page,
        response: { 200: z.object({ data: eventPage }).describe("A part of it"), ...failures },
      },
    },
    async ({ query: { before, limit, ...rest } }) => {
      const found = operations.events({ ...filterOf(rest), before, limit: limit + 1 });
      const events = found.slice(0, limit);
      const next = found.length > limit ? (events.at(-1)?.id ?? null) : null;
      return { data: { events: events.map((each) => ({ ...each }) as z.infer<typeof event>), next } };
    },
  );
}

function addSeries(api: Api, { operations }: RouteDeps): void {
  const query = z.object({ window: z.enum(WINDOWS, `one of ${WINDOWS.join(", ")}`).default("hour") });
  api.get(
    "/api/v1/series",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "getSeries",
        summary: "What happened lately, counted",
        description: "The last hour by minutes, or the last day by quarters of an hour.",
        tags: ["events"],
        querystring: query,
        response: { 200: z.object({ data: series }).describe("The oldest first"), ...failures },
      },
    },
    async ({ query: { window } }) => {
      const { bucketMs, buckets } = operations.series(window);
      const shown = buckets.map(({ atMs, published, rejected, restarts, ...known }) => ({
        at: new Date(atMs).toISOString(),
        ...{ published, rejected, restarts },
        latency_p50_ms: known.latencyP50Ms ?? null,
        latency_max_ms: known.latencyMaxMs ?? null,
        memory_bytes: known.memoryBytes ?? null,
      }));
      return { data: { window, bucket_ms: bucketMs, buckets: shown } };
    },
  );
}

function filterOf({ pack, service, kind, severity }: z.infer<typeof filter>): EventFilter {
  return { pack, service, kinds: kind === undefined ? undefined : [kind].flat(), severity };
}

/** Its schema is the one of each event, not the one of the whole. */
function sendText(reply: FastifyReply, text: Readable): FastifyReply {
  return reply.send(text);
}

/** What an `EventSource` says when it comes back. */
function lastSeen(header: FastifyRequest["headers"][string]): number | undefined {
  return typeof header === "string" && /^\d{1,16}$/.test(header) ? Number(header) : undefined;
}
