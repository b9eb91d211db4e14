import * as z from "zod";
import { dependenciesDocument } from "../install/dependencies-document.ts";
import { registerDocument } from "../install/register-document.ts";
import type { Api, RouteDeps } from "./api.ts";
import { Refusal } from "./refusal.ts";
import type { Roots } from "./roots.ts";
import { accepted, bodyFailures, flag, optionalText, texts } from "./schemas.ts";
import { dependencies, registration } from "./stage-documents.ts";

const packPaths = texts("a list of directories of packs", "the directory of a pack", 10_000);

const dependenciesBody = z.object(
  { pack_paths: packPaths, skip_validation: flag().describe("Only names count; default false") },
  "an object",
);

const registerBody = z.object(
  {
    pack_paths: packPaths,
    packs_base_dir: optionalText("a directory").describe("Accepted; packs are published into packsync's volume"),
    skip_validation: flag().describe("Publish in spite of errors; default false"),
    skip_tests: flag().describe("Do not run the packs' own tests; default false"),
    force: flag().describe("Also what is installed already, or fails its tests; default false"),
  },
  "an object",
);

/** The stages of an installation that take directories of packs. */
export function addStageRoutes(api: Api, deps: RouteDeps): void {
  addDependencies(api, deps);
  addRegisterBatch(api, deps);
}

function addDependencies(api: Api, { operations, roots, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/packs/dependencies",
    {
      config: { access: "packs:read" },
      schema: {
        operationId: "getPackDependencies",
        summary: "What packs need",
        description: "Of each other and of runtimes, against what is installed and what comes along.",
        tags: ["install"],
        body: dependenciesBody,
        response: { 200: z.object({ data: dependencies }).describe("What they need"), ...accepted, ...bodyFailures },
      },
    },
    async (request, reply) => {
      const { pack_paths, skip_validation } = request.body;
      const { inside, outside } = judgePaths(pack_paths, roots);
      const order = { packPaths: inside, validation: skip_validation === true ? "skipped" : "judged" } as const;
      const about = { kind: "dependencies", summary: { pack_paths: inside } } as const;
      return await doWork({ request, reply }, about, async (onStage, abort) => {
        const report = await operations.dependencies(order, onStage, abort);
        return dependenciesDocument({ ...report, errors: [...outside, ...report.errors] });
      });
    },
  );
}

function addRegisterBatch(api: Api, { operations, roots, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/packs/register-batch",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "registerPacks",
        summary: "Register packs",
        description:
          "Validates packs, runs their tests, publishes them into the volume and registers them, each by itself.",
        tags: ["install"],
        body: registerBody,
        response: {
          200: z.object({ data: registration }).describe("Each pack, registered or failed"),
          ...accepted,
          ...bodyFailures,
        },
      },
    },
    async (request, reply) => {
      const { pack_paths, packs_base_dir, skip_validation, skip_tests, force } = request.body;
      checkBase(packs_base_dir, roots);
      const { inside, outside } = judgePaths(pack_paths, roots);
      const order = {
        packPaths: inside,
        skipValidation: skip_validation === true,
        skipTests: skip_tests === true,
        force: force === true,
      };
      const about = { kind: "register-batch", summary: { ...order } } as const;
      return await doWork({ request, reply }, about, async (onStage, abort) => {
        const report = await operations.register(order, onStage, abort);
        const refused = outside.map(({ packPath, error, hint }) => {
          return { packRef: "unknown", packPath, stage: "path", error, hint, diagnostics: [] } as const;
        });
        return registerDocument({ ...report, failed: [...refused, ...report.failed] });
      });
    },
  );
}

interface OutsidePath {
  readonly packPath: string;
  readonly error: string;
  readonly hint: string | undefined;
}

/** A path that is not below the roots fails by itself, as one that is not there does. */
export function judgePaths(paths: readonly string[], roots: Roots) {
  const outside: OutsidePath[] = [];
  const inside = paths.flatMap((packPath) => {
    try {
      return [roots.inside(packPath, "pack_paths")];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      outside.push({ packPath, error: error.message, hint: error.hint });
      return [];
    }
  });
  return { inside, outside };
}

/** What the platform's own clients say, whatever is there. */
const USUAL_BASE = "/opt/attune/packs";

export function checkBase(path: string | null | undefined, roots: Roots): void {
  if (path != null && path !== USUAL_BASE) roots.inside(path, "packs_base_dir");
}
