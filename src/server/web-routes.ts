import type { FastifyReply, FastifyRequest } from "fastify";
import type { Api } from "./api.ts";
import { Refusal } from "./refusal.ts";
import { readWebFiles, type WebFile, type WebFiles } from "./web-files.ts";
import { PAGE_POLICY } from "./web-headers.ts";

export interface WebRouteDeps {
  /** Where the dashboard was built to. */
  readonly webDirectory: URL;
}

/** The name of each has the digest of what is in it. */
const FOREVER = "public, max-age=31536000, immutable";

/** The dashboard: one page and what it loads. Where one is in it stands behind `#`, which no server sees. */
export function addWebRoutes(api: Api, { webDirectory }: WebRouteDeps): void {
  let files: WebFiles | undefined;
  const file = (name: string): WebFile | undefined => {
    files ??= readWebFiles(webDirectory);
    return files?.get(name);
  };
  const open = { config: { access: "open" }, schema: { hide: true } } as const;
  api.get("/", open, async (request, reply) => {
    const page = file("index.html");
    if (page === undefined) return unbuilt(reply);
    reply.header("content-security-policy", PAGE_POLICY);
    return sendFile(request, reply, page, "no-cache");
  });
  api.get<{ Params: { "*": string } }>("/assets/*", open, async (request, reply) => {
    const asset = file(`assets/${request.params["*"]}`);
    if (asset !== undefined) return sendFile(request, reply, asset, FOREVER);
    throw new Refusal(404, "Expected a file of the dashboard, got another name.", "Load the page anew.");
  });
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, file: WebFile, caching: string): FastifyReply {
  reply.header("cache-control", caching).header("etag", file.etag).header("vary", "accept-encoding").type(file.type);
  if (headers["if-none-match"]?.includes(file.etag) === true) return reply.code(304).send();
  const accepted = String(headers["accept-encoding"] ?? "");
  if (file.br !== undefined && accepts(accepted, "br")) return reply.header("content-encoding", "br").send(file.br);
  if (file.gzip !== undefined && accepts(accepted, "gzip"))
    return reply.header("content-encoding", "gzip").send(file.gzip);
  return reply.send(file.plain);
}

function accepts(accepted: string, coding: string): boolean {
  return accepted.split(",").some((each) => {
    const [name = "", weight = ""] = each.split(";");
    return name.trim().toLowerCase() === coding && !/q=0(\.0*)?\s*$/.test(weight);
  });
}

/** Somebody runs the sources as they are. */
function unbuilt(reply: FastifyReply): FastifyReply {
  const how = "The dashboard is not built: `npm run build:web` builds it, then load this page anew.\n";
  return reply.code(503).header("retry-after", "5").type("text/plain; charset=utf-8").send(how);
}
