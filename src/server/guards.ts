import type { FastifyReply, FastifyRequest } from "fastify";
import type { Access } from "./access.ts";
import { Refusal } from "./refusal.ts";

/** Finds out who asks; whether they may is decided once it is known that they do not ask too often. */
export function identify(access: Access): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const { authorization } = request.headers;
    const token = authorization === undefined ? undefined : tokenIn(authorization, request);
    request.principal = token === undefined ? "Missing authentication token" : await access.whoIs(token);
  };
}

/** A browser can only ask for a password: it takes a token for one, to read what is written for people. */
function tokenIn(authorization: string, { routeOptions }: FastifyRequest): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined || routeOptions.config.browsed !== true) return bearer;
  const basic = /^Basic +(\S+)$/i.exec(authorization)?.[1];
  return (
    basic &&
    Buffer.from(basic, "base64")
      .toString("utf8")
      .replace(/^[^:]*:/, "")
  );
}

/** @throws Refusal 401 for somebody unknown, 403 for one who may not */
export async function authorize({ principal, routeOptions }: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { access, browsed } = routeOptions.config;
  if (access === "open") return;
  if (typeof principal === "string") {
    reply.header("www-authenticate", browsed === true ? 'Basic realm="packsync", charset="UTF-8"' : "Bearer");
    throw new Refusal(401, `${principal}.`, "Send `Authorization: Bearer <token>`.");
  }
  if (access === undefined || principal.scopes.includes(access)) return;
  throw new Refusal(403, `Expected a token with the scope \`${access}\`, got one without it.`);
}

const LOCAL_NAMES: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** A page of the web can let its own name lead to this machine, and a browser then asks us as if we were that page's server. */
export function refuseOtherHosts(listening: string): (request: FastifyRequest) => Promise<void> {
  const names = [...LOCAL_NAMES, listening.toLowerCase()];
  return async ({ headers }) => {
    const host = (headers.host ?? "").toLowerCase().replace(/:\d+$/, "");
    if (!names.includes(host)) throw new Refusal(403, "Expected `Host` to be this machine, got another name.");
  };
}
