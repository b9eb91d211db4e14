import * as z from "zod";
import type { HistoryEntry } from "../cycle/history.ts";
import type { RollbackReport } from "../cycle/rollback.ts";
import { PacksyncError } from "../errors.ts";
import { asPackRef } from "../pack/ref.ts";
import type { Api, RouteDeps } from "./api.ts";
import { describedDocument, describedPack, summaryDocument, summaryPack } from "./pack-documents.ts";
import { Refusal } from "./refusal.ts";
import {
  accepted,
  bodyFailures,
  conflict,
  diagnostic,
  failures,
  notFound,
  optionalText,
  packParams,
  unprocessable,
} from "./schemas.ts";

const wholeNumber = "a whole number >= 1";
const MAX_PAGE = 100;
const page = z.object({
  page: z.coerce.number(wholeNumber).int(wholeNumber).min(1, wholeNumber).default(1),
  page_size: z.coerce.number(wholeNumber).int(wholeNumber).min(1, wholeNumber).default(50).describe("At most 100"),
});

const packList = z
  .object({
    data: z.array(summaryPack),
    pagination: z.object({
      page: z.int(),
      page_size: z.int(),
      total_items: z.int(),
      total_pages: z.int(),
    }),
  })
  .describe("Registered packs in the order of their refs");

const release = z.object({
  release: z.string(),
  version: z.string(),
  state: z.enum(["live", "pinned", "kept", "retirement", "gone"]),
  origin: z.string(),
  source: z.string().nullable(),
  published_at: z.string(),
  displaced_at: z.string().nullable(),
  restores: z.string().nullable(),
  files: z.int(),
  bytes: z.int(),
  changes: z.object({ added: z.int(), replaced: z.int(), removed: z.int() }),
});

const rollbackBody = z
  .object(
    {
      to: optionalText("a release").describe("Its id or number; default: the newest one with other content"),
      from: optionalText("a release").describe("Only if this one is live"),
    },
    "an object",
  )
  .nullish();

const rollback = z.object({
  pack_ref: z.string(),
  version: z.string(),
  from: z.string().nullable().describe("What was live before"),
  to: z.string().describe("The release whose content is live again"),
  release: z.string().nullable().describe("The release that is live now"),
  changes: z.record(z.string(), z.int()),
  returned: z.int().describe("Files of others that came back"),
  diagnostics: z.array(diagnostic),
});

/** Registered packs, their releases, and the way back. */
export function addPackRoutes(api: Api, deps: RouteDeps): void {
  addReading(api, deps);
  addRollback(api, deps);
}

function addReading(api: Api, { operations }: RouteDeps): void {
  api.get(
    "/api/v1/packs",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "listPacks",
        summary: "List packs",
        tags: ["packs"],
        querystring: page,
        response: { 200: packList, ...failures },
      },
    },
    async ({ query }) => {
      const take = Math.min(query.page_size, MAX_PAGE);
      const { packs, total } = await operations.packs({ skip: (query.page - 1) * take, take });
      const pagination = {
        page: query.page,
        page_size: take,
        total_items: total,
        total_pages: Math.ceil(total / take),
      };
      return { data: packs.map(summaryDocument), pagination };
    },
  );
  api.get(
    "/api/v1/packs/:ref",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "getPack",
        summary: "One pack",
        tags: ["packs"],
        params: packParams,
        response: { 200: z.object({ data: describedPack }).describe("The pack"), ...failures, ...notFound },
      },
    },
    async ({ params: { ref } }) => {
      const pack = asPackRef(ref) && (await operations.pack(ref));
      if (pack === undefined) throw noPack(ref);
      return { data: describedDocument(pack) };
    },
  );
  api.get(
    "/api/v1/packs/:ref/releases",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "listReleases",
        summary: "Its releases",
        description: "Every release that is known, the newest first.",
        tags: ["packs"],
        params: packParams,
        response: { 200: z.object({ data: z.array(release) }).describe("Its releases"), ...failures, ...notFound },
      },
    },
    async ({ params: { ref } }) => {
      const releases = asPackRef(ref) && (await operations.releases(ref));
      if (releases === undefined) throw noPack(ref);
      return { data: releases.map(releaseDocument) };
    },
  );
}

function addRollback(api: Api, { operations, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/packs/:ref/rollback",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "rollbackPack",
        summary: "Go back",
        description: "Makes an earlier release live again; it stays until the source changes.",
        tags: ["packs"],
        params: packParams,
        body: rollbackBody,
        response: {
          200: z.object({ data: rollback }).describe("What is live now"),
          ...accepted,
          ...bodyFailures,
          ...notFound,
          ...conflict,
          ...unprocessable,
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const { ref } = request.params;
      const known = asPackRef(ref) && (await operations.releases(ref));
      if (known === undefined) throw noPack(ref);
      const order = { pack: ref, to: body?.to ?? undefined, from: body?.from ?? undefined };
      const summary = { pack: ref, ...(order.to && { to: order.to }), ...(order.from && { from: order.from }) };
      return await doWork({ request, reply }, { kind: "rollback", summary }, async (_, abort) =>
        rollbackDocument(await goBack(() => operations.rollback(order, abort))),
      );
    },
  );
}

/** Nothing to go back to, or something else is live: the request was right a moment ago. */
async function goBack(work: () => Promise<RollbackReport>): Promise<RollbackReport> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PacksyncError && error.code === "USAGE") throw new Refusal(409, error.message, error.hint);
    throw error;
  }
}

export function noPack(ref: string): Refusal {
  const shown = JSON.stringify(ref.slice(0, 200)).slice(1, -1);
  return new Refusal(404, `Expected a pack that is there, got \`${shown}\`.`, "`GET /api/v1/packs` lists them.");
}

function releaseDocument(entry: HistoryEntry): z.infer<typeof release> {
  const { publishedAt, displacedAt = null, restores = null, source = null, ...about } = entry;
  return { ...about, source, restores, published_at: publishedAt, displaced_at: displacedAt };
}

function rollbackDocument(report: RollbackReport): z.infer<typeof rollback> {
  const { ref, version, from = null, to, release = null, changes, returned, diagnostics } = report;
  return {
    pack_ref: ref,
    version,
    from,
    to,
    release,
    changes: { ...changes },
    returned,
    diagnostics: [...diagnostics],
  };
}
