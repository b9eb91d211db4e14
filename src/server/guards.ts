import { isIP } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Access, Principal } from "./access.ts";
import { requireOwnPage } from "./own-page.ts";
import { Refusal } from "./refusal.ts";
import { cookieIn } from "./session-cookie.ts";
import type { Session, Sessions } from "./sessions.ts";

export interface Identifying {
  readonly access: Access;
  readonly sessions: Sessions;
  /** The name of the session's cookie. */
  readonly cookie: string;
  /** Whether who shows nothing may read. */
  readonly anonymous: boolean;
  /** Names by which they may, beside addresses. */
  readonly hosts: readonly string[];
}

/** Somebody who shows nothing, where that is enough to read. */
export const ANONYMOUS: Principal = { name: "anonymous", scopes: ["packs:read"] };

/**
 * Finds out who asks: by a token, else by the session's cookie, else nobody. Whether they may is decided once it is known that they do not ask too
 * often.
 */
export function identify(by: Identifying): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    const { authorization } = request.headers;
    if (authorization !== undefined && authorization !== "") {
      const token = tokenIn(authorization, request);
      request.principal = token === undefined ? UNKNOWN : await by.access.whoIs(token);
      endWithToken(request, reply);
      return;
    }
    const id = cookieIn(request.headers, by.cookie);
    const session = id === undefined ? undefined : by.sessions.find(id);
    if (session !== undefined) return enter(session, request, reply);
    // A page that led its name here can also say what a proxy would: both have to be ours.
    const names = [request.headers.host ?? "", request.host];
    const isOpen = by.anonymous && names.every((name) => isOwnName(name, by.hosts));
    request.principal = isOpen ? ANONYMOUS : id === undefined ? UNKNOWN : "The session has ended";
  };
}

const UNKNOWN = "Missing authentication token";

/** @throws Refusal 403 where a page of somebody else's may have sent the cookie along */
function enter(session: Session, request: FastifyRequest, reply: FastifyReply): void {
  request.principal = session.principal;
  request.session = session;
  requireOwnPage(request);
  if (request.method === "GET") endWith(session, request, reply);
}

/** Whoever signs out follows nothing any more. What was begun to change something comes to its end. */
function endWith(session: Session, request: FastifyRequest, reply: FastifyReply): void {
  const { socket } = request.raw;
  const ending = session.onEnd(() => socket.destroy());
  whenOver(request, reply, () => ending[Symbol.dispose]());
}

/** Nor does who has a token that is good no more. */
function endWithToken(request: FastifyRequest, reply: FastifyReply): void {
  const { principal, method, raw } = request;
  if (typeof principal === "string" || principal.expiresAt === undefined || method !== "GET") return;
  const leftMs = Math.min(Math.max(0, principal.expiresAt - Date.now()), LONGEST_TIMER_MS);
  const timer = setTimeout(() => raw.socket.destroy(), leftMs).unref();
  whenOver(request, reply, () => clearTimeout(timer));
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

function whenOver(request: FastifyRequest, { raw }: FastifyReply, call: () => void): void {
  const over = request.ws ? request.raw.socket : raw;
  over.once("close", call);
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
export async function authorize(
  { principal, routeOptions, method }: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { access, browsed } = routeOptions.config;
  if (access === "open") return;
  if (typeof principal === "string") {
    reply.header("www-authenticate", browsed === true ? 'Basic realm="packsync", charset="UTF-8"' : "Bearer");
    throw new Refusal(401, `${principal}.`, "Send `Authorization: Bearer <token>`.");
  }
  if (access === undefined) return;
  if (principal === ANONYMOUS && !READING.includes(method))
    throw new Refusal(403, "Expected a token for what is more than looking, got none.");
  if (principal.scopes.includes(access)) return;
  throw new Refusal(403, `Expected a token with the scope \`${access}\`, got one without it.`);
}

/** Whatever else there is, is a job: it is kept, and others wait for it. */
export const READING: readonly string[] = ["GET", "HEAD"];

const LOCAL_NAMES: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** A page of the web can let its own name lead to this machine, and a browser then asks us as if we were that page's server. */
export function refuseOtherHosts(
  listening: string,
  hosts: readonly string[],
): (request: FastifyRequest) => Promise<void> {
  const names = [...LOCAL_NAMES, listening.toLowerCase(), ...hosts.map((host) => host.toLowerCase())];
  return async ({ headers }) => {
    const host = withoutPort(headers.host ?? "");
    if (!names.includes(host))
      throw new Refusal(
        403,
        "Expected `Host` to be this machine, got another name.",
        "`server.hosts` lists the names that a proxy before it has.",
      );
  };
}

/** No name of a page's own: it can make its name lead here, but an address is nobody's name. */
function isOwnName(host: string, hosts: readonly string[]): boolean {
  const name = withoutPort(host);
  const isAddress = isIP(name.replace(/^\[|\]$/g, "")) !== 0;
  return isAddress || name === "localhost" || hosts.some((each) => each.toLowerCase() === name);
}

function withoutPort(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "");
}
