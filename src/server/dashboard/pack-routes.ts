import * as z from "zod";
import type { Api, RouteDeps } from "../api.ts";
import { noPack } from "../pack-routes.ts";
import { Refusal } from "../refusal.ts";
import { failures, notFound, packParams } from "../schemas.ts";
import { componentRow, files, packDetail, releaseDiff } from "./documents.ts";

const wholeNumber = "a whole number from 1 to 1000";
const query = z.object({
  after: z.string("a path").optional().describe("The last path of the page before"),
  limit: z.coerce.number(wholeNumber).int(wholeNumber).min(1, wholeNumber).max(1000, wholeNumber).default(200),
  q: z.string("a part of a path").max(1000).optional().describe("Files whose path has this in it"),
});

/** One pack, as the dashboard shows it: also one that is not registered. */
export function addDashboardPackRoutes(api: Api, deps: RouteDeps): void {
  addDetail(api, deps);
  addContents(api, deps);
  addDiff(api, deps);
}

function addDetail(api: Api, { operations }: RouteDeps): void {
  api.get(
    "/api/v1/packs/:ref/detail",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "getPackDetail",
        summary: "Everything about one pack",
        description:
          "Also of one that is rejected, shadowed, foreign or not registered; findings with the lines that they are about.",
        tags: ["dashboard"],
        params: packParams,
        querystring: z.object({ source: z.string("a source").optional().describe("Where several have it: which one") }),
        response: { 200: z.object({ data: packDetail }).describe("The pack"), ...failures, ...notFound },
      },
    },
    async ({ params: { ref }, query: { source } }) => {
      const pack = await operations.packDetail(ref, source);
      if (pack === undefined) throw noPack(ref);
      return { data: pack };
    },
  );
}

function addContents(api: Api, { operations }: RouteDeps): void {
  api.get(
    "/api/v1/packs/:ref/files",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "listPackFiles",
        summary: "Its files in the volume",
        description: "Sorted by path; whose each is.",
        tags: ["dashboard"],
        params: packParams,
        querystring: query,
        response: { 200: z.object({ data: files }).describe("A part of them"), ...failures, ...notFound },
      },
    },
    async ({ params: { ref }, query: { after, limit, q: search } }) => {
      const found = await operations.packFiles(ref, { after, limit, search });
      if (found === undefined) throw noPack(ref);
      return { data: found };
    },
  );
  api.get(
    "/api/v1/packs/:ref/components",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "listPackComponents",
        summary: "What it gives its platform",
        description: "By kind and ref, with the schemas that its definitions have.",
        tags: ["dashboard"],
        params: packParams,
        response: { 200: z.object({ data: z.array(componentRow) }).describe("All of them"), ...failures, ...notFound },
      },
    },
    async ({ params: { ref } }) => {
      const found = await operations.packComponents(ref);
      if (found === undefined) throw noPack(ref);
      return { data: [...found] };
    },
  );
}

const release = z.string("the id or number of a release");

function addDiff(api: Api, { operations }: RouteDeps): void {
  api.get(
    "/api/v1/packs/:ref/diff",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "diffReleases",
        summary: "What is different between two releases",
        tags: ["dashboard"],
        params: packParams,
        querystring: z.object({
          from: release.optional().describe("Default: the one before the live one"),
          to: release.optional().describe("Default: the live one"),
        }),
        response: { 200: z.object({ data: releaseDiff }).describe("File by file"), ...failures, ...notFound },
      },
    },
    async ({ params: { ref }, query: { from, to } }) => {
      if (from === undefined && to !== undefined) throw new Refusal(400, "Expected `from` beside `to`, got none.");
      const found = await operations.releaseDiff(
        ref,
        [from, to].filter((each) => each !== undefined),
      );
      if (found === undefined)
        throw new Refusal(
          404,
          "Expected two releases of a pack that are kept, got none such.",
          "`GET /api/v1/packs/{ref}/releases` lists them.",
        );
      return { data: found };
    },
  );
}
