import type { FastifyRequest } from "fastify";
import * as z from "zod";
import type { Access } from "./access.ts";
import type { Api } from "./api.ts";
import { session as sessionDocument } from "./dashboard/documents.ts";
import { ANONYMOUS } from "./guards.ts";
import { requireOwnPage } from "./own-page.ts";
import { Refusal } from "./refusal.ts";
import { bodyFailures, failures, text } from "./schemas.ts";
import { cookieIn, cookieText } from "./session-cookie.ts";
import type { Sessions } from "./sessions.ts";

export interface SessionRouteDeps {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly cookie: string;
}

const document = z.object({ data: sessionDocument });
const body = z.object({ token: text("a token of the API") }, "an object");

/** Signing in to the dashboard: whoever has a token gets a cookie for it. */
export function addSessionRoutes(api: Api, deps: SessionRouteDeps): void {
  addLooking(api);
  addSigningIn(api, deps);
  addSigningOut(api, deps);
}

function addLooking(api: Api): void {
  api.get(
    "/api/v1/session",
    {
      config: { access: "open" },
      schema: {
        operationId: "getSession",
        summary: "Who is signed in",
        description: "And what they may do; also of somebody without a token.",
        tags: ["session"],
        security: [],
        response: { 200: document.describe("Who asks"), ...failures },
      },
    },
    async (request) => ({ data: documentOf(request) }),
  );
}

function addSigningIn(api: Api, { access, sessions, cookie: name }: SessionRouteDeps): void {
  api.post(
    "/api/v1/session",
    {
      config: { access: "open" },
      schema: {
        operationId: "signIn",
        summary: "Sign in",
        description:
          "Gives a cookie for a token: for 12 hours, or as long as the token is good. Only for the dashboard's own page; programs send the token itself.",
        tags: ["session"],
        security: [],
        body,
        response: { 200: document.describe("Who is signed in"), ...bodyFailures },
      },
    },
    async (request, reply) => {
      requireOwnPage(request);
      const principal = await access.whoIs(request.body.token);
      if (typeof principal === "string") throw new Refusal(401, `${principal}.`);
      const former = cookieIn(request.headers, name);
      if (former !== undefined) sessions.close(former);
      const { id: value, session } = sessions.open(principal);
      const maxAgeSeconds = Math.max(0, Math.floor((session.expiresAt - Date.now()) / 1000));
      reply.header("set-cookie", cookieText({ name, value, maxAgeSeconds, isSecure: isSecure(request) }));
      return { data: documentOf({ principal, session }) };
    },
  );
}

function addSigningOut(api: Api, { sessions, cookie: name }: SessionRouteDeps): void {
  api.delete(
    "/api/v1/session",
    {
      config: { access: "open" },
      schema: {
        operationId: "signOut",
        summary: "Sign out",
        description: "Whatever this session still follows ends.",
        tags: ["session"],
        security: [],
        response: { 204: z.undefined().describe("Nobody is signed in any more"), ...failures },
      },
    },
    async (request, reply) => {
      requireOwnPage(request);
      const id = cookieIn(request.headers, name);
      if (id !== undefined) sessions.close(id);
      reply.header("set-cookie", cookieText({ name, value: "", maxAgeSeconds: 0, isSecure: isSecure(request) }));
      return reply.code(204).send(undefined);
    },
  );
}

function documentOf({ principal, session }: Pick<FastifyRequest, "principal" | "session">) {
  if (typeof principal === "string") return { name: null, scopes: [], expires_at: null };
  const name = principal === ANONYMOUS ? null : principal.name;
  const until = session?.expiresAt ?? principal.expiresAt;
  return {
    name,
    scopes: [...principal.scopes],
    expires_at: until === undefined ? null : new Date(until).toISOString(),
  };
}

function isSecure({ protocol }: FastifyRequest): boolean {
  return protocol === "https";
}
