import type { IncomingHttpHeaders } from "node:http";

/** The sub-protocol that events are spoken in. */
const EVENTS_PROTOCOL = "packsync.events";

const TOKEN_PREFIX = "bearer.";

/**
 * The token that a browser brings when it opens a WebSocket, where it can set no `Authorization`: a second sub-protocol `bearer.<token>`.
 * Unlike a query it stands in nobody's log; the server never answers with it.
 */
export function tokenOfSocket({ upgrade, ...headers }: IncomingHttpHeaders): string | undefined {
  if (upgrade?.toLowerCase() !== "websocket" || headers.authorization !== undefined) return undefined;
  const offered = protocolsOf(headers["sec-websocket-protocol"]);
  return offered.find((each) => each.startsWith(TOKEN_PREFIX))?.slice(TOKEN_PREFIX.length);
}

/** What is spoken with a client, of what it offers. */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  return offered.has(EVENTS_PROTOCOL) ? EVENTS_PROTOCOL : false;
}

function protocolsOf(header: string | undefined): readonly string[] {
  return (header ?? "").split(",").map((each) => each.trim());
}

/** Whether a page may open a WebSocket: only one of this very server. Who is no browser says no origin. */
export function isOwnOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return origin === undefined || (URL.parse(origin)?.host === host?.toLowerCase() && host !== undefined);
}
