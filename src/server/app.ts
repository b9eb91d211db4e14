import type { Socket } from "node:net";
import rateLimit from "@fastify/rate-limit";
import swagger, { type FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { type FastifyReply, type FastifyRequest, fastify } from "fastify";
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import type { DiskAnswers } from "../platform/disk-answers.ts";
import type { Log } from "../platform/log.ts";
import { VERSION } from "../platform/version.ts";
import type { Api, RouteDeps } from "./api.ts";
import { complaint } from "./complaint.ts";
import { addDashboardRoutes } from "./dashboard/routes.ts";
import { addDocumentRoutes } from "./document-routes.ts";
import { addDownloadRoute } from "./download-route.ts";
import { addEventRoutes, EVENT_ROUTE_LIMITS } from "./events/event-routes.ts";
import { ANONYMOUS, authorize, type Identifying, identify, READING, refuseOtherHosts } from "./guards.ts";
import { addHealthRoutes } from "./health-routes.ts";
import { addInstallRoutes, installed, registerOne } from "./install-routes.ts";
import { addJobRoutes, JOB_ROUTE_LIMITS, prepareForSockets } from "./jobs/job-routes.ts";
import type { Workplace } from "./jobs/workplace.ts";
import { addMetricsRoute } from "./metrics-route.ts";
import { addPackRoutes } from "./pack-routes.ts";
import { failureDocument, INTERNAL, Refusal, refusalOf } from "./refusal.ts";
import { addSessionRoutes } from "./session-routes.ts";
import { addStageRoutes } from "./stage-routes.ts";
import { MAX_ARCHIVE } from "./upload/receive.ts";
import { addUploadRoute } from "./upload/upload-route.ts";
import { addSafeHeaders, SAFE_HEADERS } from "./web-headers.ts";
import { addWebRoutes, type WebRouteDeps } from "./web-routes.ts";

export interface ApiOptions extends RouteDeps, Identifying, WebRouteDeps {
  readonly workplace: Pick<Workplace, "open" | "jobs">;
  /** The host it listens at, where that is this machine alone. */
  readonly loopback: string | undefined;
  /** Whether a proxy before it is believed what it says of the client. */
  readonly proxied: boolean;
  /** Whether whoever scrapes has to have a token. */
  readonly metricsAccess: "token" | "open";
  /** Requests of one token in a minute; 0: as many as it likes. */
  readonly rateLimit: number;
  readonly limits: ApiLimits;
  /** Whether the databases can be opened without waiting for their disk: nobody else would be answered meanwhile. */
  readonly diskAnswers: DiskAnswers;
  readonly log: Log;
}

/** How much and how long anybody may send. */
export interface ApiLimits {
  readonly bodyBytes: number;
  /** Until the last header has come. */
  readonly headersMs: number;
  /** Until the last byte of a request has come. */
  readonly requestMs: number;
}

export const API_LIMITS: ApiLimits = { bodyBytes: 2 ** 20, headersMs: 10_000, requestMs: 300_000 };

/** Requests of one address in a minute that have no token, or a wrong one. */
const STRANGERS = 300;

/** The HTTP API; it does not listen yet. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { limits, log } = options;
  const app = fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    http: { headersTimeout: limits.headersMs, connectionsCheckingInterval: Math.min(limits.headersMs, 5000) },
    forceCloseConnections: true,
    trustProxy: (_, hop) => options.proxied && hop === 0, // the one that stands right before it
    routerOptions: { maxParamLength: 3000, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => answerError(error, request, reply, log),
    clientErrorHandler: answerUnreadable,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, log));
  app.addHook("onResponse", async (request, reply) => noteRequest(request, reply, options));
  addSafeHeaders(app);
  takeJsonOnly(app);
  await prepareForSockets(app);
  await addGuards(app, options);
  await app.register(swagger, { openapi: ABOUT, transform: jsonSchemaTransform });
  const known = rememberMethods(app);
  await app.register(async (scope: Api) => {
    addHealthRoutes(scope, options);
    addMetricsRoute(scope, options, options.metricsAccess);
    addDownloadRoute(scope, options);
    addStageRoutes(scope, options);
    addInstallRoutes(scope, options);
    addPackRoutes(scope, options);
    addDashboardRoutes(scope, options);
    await addUploadRoute(scope, {
      ...options,
      maxBytes: MAX_ARCHIVE,
      registered: installed,
      register: (order, onStage, abort) => registerOne(order, options, onStage, abort),
    });
    addEventRoutes(scope, options, EVENT_ROUTE_LIMITS);
    addJobRoutes(scope, { ...JOB_ROUTE_LIMITS, workplace: options.workplace });
    addDocumentRoutes(scope);
    addSessionRoutes(scope, options);
    addWebRoutes(scope, options);
  });
  refuseOtherMethods(app, known());
  return app;
}

const ABOUT = {
  openapi: "3.1.0",
  info: {
    title: "packsync",
    version: VERSION,
    description:
      "Installs automation packs, and shows what is installed. Every failure is `{error, code, message, status}`.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  servers: [{ url: "/" }],
  tags: [
    { name: "install", description: "The stages of an installation" },
    { name: "events", description: "What happened, and what happens" },
    { name: "jobs", description: "Long calls, while they run and afterwards" },
    { name: "packs", description: "What is installed" },
    { name: "session", description: "Who is signed in to the dashboard" },
    { name: "dashboard", description: "What the dashboard shows" },
    { name: "health", description: "For whoever looks after containers" },
  ],
  components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
  security: [{ bearer: [] }],
} satisfies NonNullable<FastifyDynamicSwaggerOptions["openapi"]>;

/** Whatever may have changed something is worth a line; nobody's token is in it. */
function noteRequest(request: FastifyRequest, reply: FastifyReply, { log, metrics }: ApiOptions): void {
  const { method, url, principal, routeOptions } = request;
  metrics.note({
    method,
    route: routeOptions.url ?? "none",
    status: reply.statusCode,
    seconds: reply.elapsedTime / 1000,
  });
  const [path] = url.split("?");
  const by = typeof principal === "string" ? undefined : principal.name;
  const about = { method, path, status: reply.statusCode, by, durationMs: Math.round(reply.elapsedTime) };
  log[method === "GET" || method === "HEAD" ? "debug" : "info"](about, "request");
}

/** An empty body is none, whatever it says it is. */
function takeJsonOnly(app: Api): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else parse(request, String(body), done);
  });
}

/** First who asks, then how often, then whether they may: whoever guesses tokens is slowed down, too. */
async function addGuards(app: Api, options: ApiOptions): Promise<void> {
  const { loopback, hosts, rateLimit: most } = options;
  app.decorateRequest("principal", "");
  app.decorateRequest("session", undefined);
  if (loopback !== undefined) app.addHook("onRequest", refuseOtherHosts(loopback, hosts));
  app.addHook("onRequest", identify(options));
  await app.register(rateLimit, {
    global: false,
    max: (request) => (isStranger(request) ? Math.min(most, STRANGERS) : most) || Number.MAX_SAFE_INTEGER,
    timeWindow: "1 minute",
    keyGenerator: whoIsCounted,
    errorResponseBuilder: (_, { after }) =>
      new Refusal(429, `Expected fewer requests, got too many: again in ${after}.`),
  });
  app.addHook("onRequest", app.rateLimit());
  app.addHook("onRequest", authorize);
  app.addHook("preHandler", async ({ routeOptions }) => {
    const { access, isUnread } = routeOptions.config;
    if (access === undefined || access === "open" || isUnread === true || (await options.diskAnswers())) return;
    throw new Refusal(
      503,
      "Expected the disks of the state directory and the volume to answer, got none.",
      "`/readyz` says more.",
    );
  });
  app.setNotFoundHandler(({ url }) => {
    const [path = ""] = url.split("?");
    throw new Refusal(404, `Expected a path of the API, got \`${path.slice(0, 200)}\`.`, "`/docs` has them all.");
  });
}

/** Who looks after containers is counted apart: what others ask from the same address is no reason to start the daemon anew. */
function whoIsCounted(request: FastifyRequest): string {
  const { principal, ip, routeOptions } = request;
  if (typeof principal !== "string" && principal !== ANONYMOUS) return `token ${principal.name}`;
  if (!isStranger(request)) return `reader ${ip}`;
  return routeOptions.config.probe === true ? `probe ${ip}` : `address ${ip}`;
}

/** Where anybody may read, who only reads is none: the page asks for everything anew whenever something happens. */
function isStranger({ principal, method }: FastifyRequest): boolean {
  return typeof principal === "string" || (principal === ANONYMOUS && !READING.includes(method));
}

/** @returns which methods each path has by then */
function rememberMethods(app: Api): () => ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>();
  app.addHook("onRoute", ({ url, method }) => {
    methods.set(url, [...(methods.get(url) ?? []), ...[method].flat()]);
  });
  return () => methods;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

function refuseOtherMethods(app: Api, known: ReadonlyMap<string, readonly string[]>): void {
  for (const [url, methods] of [...known]) {
    const others = METHODS.filter((method) => !methods.includes(method));
    const allow = methods.toSorted().join(", ");
    app.route({
      method: [...others],
      url,
      schema: { hide: true },
      handler: async ({ method }, reply) => {
        reply.header("allow", allow);
        throw new Refusal(405, `Expected one of ${allow} here, got ${method}.`);
      },
    });
  }
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log) {
  const refusal = wrongPart(error, request) ?? refusalOf(error);
  if (refusal === undefined)
    log.error(
      { error: error instanceof Error ? error.stack : String(error), method: request.method, url: request.url },
      "a request failed",
    );
  const told = refusal ?? INTERNAL;
  if (told.status === 503) reply.header("retry-after", "5");
  return reply
    .status(told.status)
    .serializer(JSON.stringify)
    .type("application/json; charset=utf-8")
    .send(failureDocument(told));
}

function wrongPart(error: unknown, request: FastifyRequest): Refusal | undefined {
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined;
  const part = error.validationContext ?? "body";
  const given: Readonly<Record<string, unknown>> = {
    body: request.body,
    querystring: request.query,
    params: request.params,
  };
  return complaint(error.validation, given[part], part === "querystring" ? "query" : part);
}

/** What is no HTTP, too long, or too slow. */
function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const refusal = unreadable(error.code);
  const body = JSON.stringify(failureDocument(refusal));
  const head = [`HTTP/1.1 ${refusal.status} ${refusal.status}`, "Content-Type: application/json; charset=utf-8"];
  const safe = Object.entries(SAFE_HEADERS).map(([name, value]) => `${name}: ${value}`);
  const end = [`Content-Length: ${Buffer.byteLength(body)}`, "Connection: close"];
  socket.end([...head, ...safe, ...end, "", body].join("\r\n"));
}

function unreadable(code: string | undefined): Refusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new Refusal(431, "Expected smaller headers, got too many bytes of them.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Refusal(408, "Expected the whole request sooner, got no end of it.");
    default:
      return new Refusal(400, "Expected a request of HTTP, got something else.");
  }
}
