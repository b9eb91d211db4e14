import type { Api } from "./api.ts";

/** Nothing but what the dashboard is made of; no script, style or request of anybody else's. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** What is no page can do nothing at all. */
const BARE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** On every answer, whatever becomes of it. */
export const SAFE_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
} as const;

/** What is told to one is kept by no cache for another, and read by no page of others. */
export function addSafeHeaders(api: Api): void {
  api.addHook("onSend", async (_, reply) => {
    reply.headers(SAFE_HEADERS);
    if (!reply.hasHeader("content-security-policy")) reply.header("content-security-policy", BARE_POLICY);
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
}
