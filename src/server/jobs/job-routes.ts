import type { Readable } from "node:stream";
import websocket from "@fastify/websocket";
import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import type { Api } from "../api.ts";
import { Refusal } from "../refusal.ts";
import { conflict, failures, notFound } from "../schemas.ts";
import { chooseProtocol, isOwnOrigin, tokenOfSocket } from "./bearer.ts";
import { JOB_KINDS, JOB_STATES, type Job } from "./job.ts";
import { JobDocument, JobEventDocument, JobWithResultDocument, jobDocument } from "./job-document.ts";
import type { Jobs } from "./jobs.ts";
import { sendEvents } from "./live-socket.ts";
import { eventStream } from "./live-stream.ts";
import type { Workplace } from "./workplace.ts";

export interface JobRouteDeps {
  readonly workplace: Pick<Workplace, "open" | "jobs">;
  readonly pingMs: number;
  /** How many may follow at once. */
  readonly followers: number;
}

export const JOB_ROUTE_LIMITS = { pingMs: 15_000, followers: 1000 } as const;

/** What a client says on a WebSocket is not read. */
const MAX_MESSAGE_BYTES = 1024;

const wholeNumber = "a whole number >= 1";
const MAX_PAGE = 100;
const filter = z.object({
  page: z.coerce.number(wholeNumber).int(wholeNumber).min(1, wholeNumber).default(1),
  page_size: z.coerce.number(wholeNumber).int(wholeNumber).min(1, wholeNumber).default(50).describe("At most 100"),
  state: z.enum(JOB_STATES, `one of ${JOB_STATES.join(", ")}`).optional(),
  kind: z.enum(JOB_KINDS, `one of ${JOB_KINDS.join(", ")}`).optional(),
});
const jobList = z
  .object({
    data: z.array(JobDocument),
    pagination: z.object({ page: z.int(), page_size: z.int(), total_items: z.int(), total_pages: z.int() }),
  })
  .describe("The newest first");
const params = z.object({ id: z.string("the id of a job") });
const anEvent = "the id of an event, a whole number";
const following = z.object({
  after: z.coerce.number(anEvent).int(anEvent).min(0, anEvent).default(0).describe("Only what came after this event"),
});

/**
 * What keeps a WebSocket's request like any other: it is routed, and refused, before it is upgraded. Call it before routes are added, and before the
 * token is looked at.
 */
export async function prepareForSockets(api: Api): Promise<void> {
  await api.register(websocket, {
    options: { maxPayload: MAX_MESSAGE_BYTES, handleProtocols: chooseProtocol, perMessageDeflate: false },
    errorHandler: (_, socket) => socket.terminate(), // a client that is gone, or speaks no WebSocket
  });
  api.addHook("onRequest", async ({ headers }) => {
    const token = tokenOfSocket(headers);
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
  });
}

/** Long calls as others see them: list, look at, cancel, follow. */
export function addJobRoutes(api: Api, deps: JobRouteDeps): void {
  addLooking(api, deps);
  addCancelling(api, deps);
  addFollowing(api, deps);
}

function addLooking(api: Api, { workplace }: JobRouteDeps): void {
  api.get(
    "/api/v1/jobs",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "listJobs",
        summary: "List jobs",
        description: "Every long call is a job. The newest 200 are kept, for a week.",
        tags: ["jobs"],
        querystring: filter,
        response: { 200: jobList, ...failures },
      },
    },
    async ({ query: { page, page_size, state, kind } }) => {
      const jobs = await workplace.jobs();
      const pageSize = Math.min(page_size, MAX_PAGE);
      const { jobs: found, total } = jobs?.list({ page, pageSize, state, kind }) ?? { jobs: [], total: 0 };
      const pages = { total_items: total, total_pages: Math.ceil(total / pageSize) };
      return { data: found.map(jobDocument), pagination: { page, page_size: pageSize, ...pages } };
    },
  );
  api.get(
    "/api/v1/jobs/:id",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "getJob",
        summary: "One job",
        tags: ["jobs"],
        params,
        response: {
          200: z.object({ data: JobWithResultDocument }).describe("The job, and what it gave"),
          ...failures,
          ...notFound,
        },
      },
    },
    async ({ params: { id } }) => {
      const jobs = await workplace.jobs();
      return { data: { ...jobDocument(jobOf(jobs, id)), result: jobs?.result(id) ?? null } };
    },
  );
}

function addCancelling(api: Api, { workplace }: JobRouteDeps): void {
  const job = z.object({ data: JobDocument });
  api.delete(
    "/api/v1/jobs/:id",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "cancelJob",
        summary: "Cancel a job",
        description: "What a pack's stage has begun is undone or comes to its end; nothing is left half-way.",
        tags: ["jobs"],
        params,
        response: {
          200: job.describe("It is cancelled: it had not begun"),
          202: job.describe("It was told to end, and will in a moment"),
          ...failures,
          ...notFound,
          ...conflict,
        },
      },
    },
    async ({ params: { id } }, reply) => {
      const jobs = await workplace.jobs();
      const { state } = jobOf(jobs, id);
      const cancelled = jobs?.cancel(id, "Somebody cancelled it.");
      if (cancelled === undefined || cancelled === "over")
        throw new Refusal(409, `Expected a job that is not over, got one that ${hasEnded(state)}.`);
      reply.code(cancelled.ended === undefined ? 202 : 200);
      return { data: jobDocument(cancelled) };
    },
  );
}

function hasEnded(state: Job["state"]): string {
  return state === "succeeded" || state === "failed" ? state : `was ${state}`;
}

function addFollowing(api: Api, deps: JobRouteDeps): void {
  const { workplace, pingMs, followers } = deps;
  let followed = 0;
  const enter = (): Disposable => {
    followed += 1;
    return {
      [Symbol.dispose]() {
        followed -= 1;
      },
    };
  };
  api.route({
    method: "GET",
    url: "/api/v1/jobs/:id/events",
    exposeHeadRoute: false,
    config: { access: "packs:read" },
    schema: {
      operationId: "followJob",
      summary: "Follow a job",
      description:
        "As a WebSocket (each message is an event; sub-protocol `packsync.events`; closed with 1000 when the job is over) or with `Accept: text/event-stream` " +
        "as server-sent events: first what happened after `after`, then what happens, until the job is over.",
      tags: ["jobs"],
      params,
      querystring: following,
      response: {
        200: {
          description: "Server-sent events; the `data` of each is this",
          content: { "text/event-stream": { schema: JobEventDocument } },
        },
        204: z.undefined().describe("The job is over, and nothing came after that event"),
        ...failures,
        ...notFound,
      },
    },
    preHandler: async (request) => {
      const jobs = await workplace.jobs();
      jobOf(jobs, request.params.id);
      if (followed >= followers)
        throw new Refusal(503, `Expected at most ${followers} to follow jobs, got one more.`, "Try again later.");
      if (request.ws) requireOwnOrigin(request);
      else requireStream(request);
    },
    handler: async ({ params: { id }, query, headers }, reply) => {
      const { jobs } = await workplace.open();
      const after = lastSeen(headers["last-event-id"]) ?? query.after;
      if (await isNothingLeft(jobs, id, after)) return reply.code(204).send(undefined);
      const gone = new AbortController();
      const entered = enter();
      reply.raw.once("close", () => {
        entered[Symbol.dispose]();
        gone.abort();
      });
      reply.header("cache-control", "no-store").header("x-accel-buffering", "no").type("text/event-stream");
      return sendText(reply, eventStream(id, after, { jobs, pingMs }, gone.signal));
    },
    wsHandler: async (socket, request) => {
      using _ = enter();
      const { jobs } = await workplace.open();
      const { id } = params.parse(request.params);
      await sendEvents(socket, id, following.parse(request.query).after, { jobs, pingMs });
    },
  });
}

/** Its schema is the one of each event, not the one of the whole. */
function sendText(reply: FastifyReply, text: Readable): FastifyReply {
  return reply.send(text);
}

function jobOf(jobs: Jobs | undefined, id: string): Job {
  const job = jobs?.get(id);
  if (job !== undefined) return job;
  const shown = JSON.stringify(id.slice(0, 100)).slice(1, -1);
  throw new Refusal(404, `Expected a job that is kept, got \`${shown}\`.`, "`GET /api/v1/jobs` lists them.");
}

/** A page of somebody else's must not follow with what a browser knows of us. */
function requireOwnOrigin({ headers }: FastifyRequest): void {
  if (!isOwnOrigin(headers)) throw new Refusal(403, "Expected a WebSocket from a page of this server, got another.");
}

function requireStream({ headers }: FastifyRequest): void {
  const accepted = headers.accept ?? "";
  if (/\btext\/(event-stream|\*)|\*\/\*/.test(accepted)) return;
  throw new Refusal(
    400,
    "Expected a WebSocket or `Accept: text/event-stream`, got neither.",
    "`GET /api/v1/jobs/{id}` says how far it is.",
  );
}

/** What an `EventSource` says when it comes back. */
function lastSeen(header: string | readonly string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

async function isNothingLeft(jobs: Jobs, id: string, after: number): Promise<boolean> {
  if (after === 0 || jobs.get(id)?.ended === undefined) return false;
  for await (const _ of jobs.events(id, after, new AbortController().signal)) return false;
  return true;
}
