import type { IncomingHttpHeaders } from "node:http";
import { sha256 } from "../platform/sha256.ts";

/** Cookies know no ports and, behind a proxy, no paths: another packsync at the same name has another one. */
export function cookieName(volume: string): string {
  return `packsync-${sha256(volume).slice(0, 8)}`;
}

export function cookieIn({ cookie = "" }: IncomingHttpHeaders, name: string): string | undefined {
  const pairs = cookie.split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

export interface CookieOptions {
  readonly name: string;
  readonly value: string;
  readonly maxAgeSeconds: number;
  readonly isSecure: boolean;
}

/** No script reads it, and no page of another site's sends it. */
export function cookieText({ name, value, maxAgeSeconds, isSecure }: CookieOptions): string {
  const secure = isSecure ? "; Secure" : "";
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
}
