import { createHash } from "node:crypto";
import type { Api } from "./api.ts";
import { documentPage, STYLE } from "./document-page.ts";

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");
/** No script, nothing from elsewhere. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** What the API is, for programs and for people. */
export function addDocumentRoutes(api: Api): void {
  const hidden = { hide: true };
  api.get(
    "/api/v1/openapi.json",
    { config: { access: "packs:read", browsed: true }, schema: hidden },
    async (_, reply) => reply.type("application/json").send(JSON.stringify(api.swagger(), null, 2)),
  );
  api.get("/docs", { config: { access: "packs:read", browsed: true }, schema: hidden }, async (_, reply) =>
    reply.type("text/html; charset=utf-8").header("content-security-policy", POLICY).send(documentPage(api.swagger())),
  );
}
