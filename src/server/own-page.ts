import type { FastifyRequest } from "fastify";
import { Refusal } from "./refusal.ts";

/** A header that a page of another origin cannot send without asking first, which is never allowed. */
const OWN_HEADER = "x-packsync";

const SAFE: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * A browser sends a cookie along whoever wrote the page. So what changes something has to come from a page of this very server: by what the browser
 * says of it, and by a header that a form cannot have.
 *
 * @throws Refusal 403
 */
export function requireOwnPage({ method, headers, host }: FastifyRequest): void {
  if (SAFE.includes(method)) return;
  const site = headers["sec-fetch-site"];
  const isOwn = site === undefined ? isOrigin(headers.origin, host) : site === "same-origin";
  if (isOwn && headers[OWN_HEADER] !== undefined) return;
  throw new Refusal(
    403,
    "Expected a request of the dashboard's own page, got another one's.",
    "Programs send `Authorization: Bearer <token>`.",
  );
}

/** Browsers that say nothing of the site are those on plain HTTP; they say the origin of whatever changes something. */
function isOrigin(origin: string | undefined, host: string): boolean {
  return origin !== undefined && URL.parse(origin)?.host === host.toLowerCase();
}
