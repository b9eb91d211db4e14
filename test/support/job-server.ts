import type { AddressInfo } from "node:net";
import swagger from "@fastify/swagger";
import { fastify } from "fastify";
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import WebSocket from "ws";
import * as z from "zod";
import { openAccess } from "../../src/server/access.ts";
import type { Api } from "../../src/server/api.ts";
import { authorize, identify } from "../../src/server/guards.ts";
import { addJobRoutes, prepareForSockets } from "../../src/server/jobs/job-routes.ts";
import type { Jobs } from "../../src/server/jobs/jobs.ts";
import { answerByJob } from "../../src/server/jobs/work-as-job.ts";
import { failureDocument, INTERNAL, refusalOf } from "../../src/server/refusal.ts";
import { keepSessions, SESSION_LIMITS, type Sessions } from "../../src/server/sessions.ts";
import { openUploadSpace } from "../../src/server/upload/scratch.ts";
import { addUploadRoute, type UploadOrder } from "../../src/server/upload/upload-route.ts";
import { SILENT, type Steered } from "./jobs.ts";

export const TOKEN = "a-token-that-may-do-everything";
export const READER = "a-token-that-may-only-read";
/** The name of a session's cookie. */
export const COOKIE = "packsync-test";

/** A server of jobs on a real socket: what its one long call does, the test says. */
export interface JobServer extends AsyncDisposable {
  readonly url: string;
  readonly api: Api;
  /** What the next calls of `POST /work` do. */
  readonly works: Steered[];
  readonly uploads: UploadOrder[];
  readonly sessions: Sessions;
}

export interface ServerOptions {
  readonly pingMs?: number;
  readonly followers?: number;
  readonly maxBytes?: number;
  readonly register?: (order: UploadOrder, abort: AbortSignal) => Promise<unknown>;
}

export async function jobServer(
  jobs: Jobs,
  options: ServerOptions & { readonly directory: string },
): Promise<JobServer> {
  const { pingMs = 15_000, followers = 1000, maxBytes = 2 ** 20, directory } = options;
  const works: Steered[] = [];
  const uploads: UploadOrder[] = [];
  const api: Api = fastify({ forceCloseConnections: true }).withTypeProvider<ZodTypeProvider>();
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(serializerCompiler);
  api.setErrorHandler((error, _, reply) => {
    const told = refusalOf(error) ?? INTERNAL;
    return reply.status(told.status).serializer(JSON.stringify).send(failureDocument(told));
  });
  api.decorateRequest("principal", "");
  api.decorateRequest("session", undefined);
  await prepareForSockets(api);
  const access = openAccess(accessConfig, undefined);
  const sessions = keepSessions(SESSION_LIMITS, Date.now);
  api.addHook("onRequest", identify({ access, sessions, cookie: COOKIE, anonymous: false, hosts: [] }));
  api.addHook("preParsing", authorize);
  api.addHook("preClose", () => jobs[Symbol.asyncDispose]());
  await api.register(swagger, {
    openapi: { openapi: "3.1.0", info: { title: "t", version: "1" } },
    transform: jsonSchemaTransform,
  });
  const uploadSpace = openUploadSpace(directory);
  const workplace = { open: async () => ({ jobs, uploads: () => uploadSpace }), jobs: async () => jobs };
  await api.register(async (scope: Api) => {
    addJobRoutes(scope, { workplace, pingMs, followers });
    scope.post(
      "/work",
      { config: { access: "packs:create" }, schema: { body: z.unknown() } },
      async (request, reply) => {
        const order = { kind: "register", request: { path: "/sky" }, packs: 1, log: SILENT } as const;
        return await answerByJob({ request, reply }, jobs, order, (onStage, abort) => {
          const work = works.shift();
          return work === undefined ? Promise.reject(new Error("Nothing to do.")) : work.work(onStage, abort);
        });
      },
    );
  });
  await api.register(async (scope: Api) => {
    const register = async (order: UploadOrder, _: unknown, abort: AbortSignal) => {
      uploads.push(order);
      return (await options.register?.(order, abort)) ?? { path: order.path };
    };
    await addUploadRoute(scope, { workplace, log: SILENT, maxBytes, registered: z.unknown(), register });
  });
  await api.listen({ host: "127.0.0.1", port: 0 });
  const { port } = api.server.address() as AddressInfo;
  return {
    api,
    works,
    uploads,
    sessions,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void (await api.close()),
  };
}

const accessConfig = {
  token: TOKEN,
  tokens: [{ name: "reader", token: READER, scopes: ["packs:read"] }],
  jwtScopes: [],
  rateLimit: 0,
  metrics: "token",
  jobs: 4,
  anonymous: false,
  hosts: [],
  proxied: false,
} as const;

/** What a WebSocket brought until it was closed. */
export interface Followed {
  readonly events: readonly {
    readonly id: number;
    readonly type: string;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
  readonly code: number;
}

export function socketTo(server: JobServer, path: string, headers: Readonly<Record<string, string>> = {}): WebSocket {
  const authorization = `Bearer ${TOKEN}`;
  return new WebSocket(`${server.url.replace("http", "ws")}${path}`, { headers: { authorization, ...headers } });
}

/** Reads all that a WebSocket brings. */
export async function followed(socket: WebSocket): Promise<Followed> {
  const events: Followed["events"][number][] = [];
  return await new Promise((resolve, reject) => {
    socket.on("message", (message) => events.push(JSON.parse(String(message))));
    socket.on("close", (code) => resolve({ events, code }));
    socket.on("error", reject);
  });
}

/** With a token that may do everything, unless another one is said. */
export async function call(server: JobServer, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${TOKEN}`, ...init.headers };
  return await fetch(`${server.url}${path}`, { ...init, headers });
}
