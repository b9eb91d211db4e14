import * as z from "zod";
import { dependenciesDocument } from "../install/dependencies-document.ts";
import { environmentsDocument } from "../install/environments-document.ts";
import { registerDocument } from "../install/register-document.ts";
import type { Api, RouteDeps } from "./api.ts";
import { Refusal } from "./refusal.ts";
import type { Roots } from "./roots.ts";
import { accepted, bodyFailures, flag, optionalText, seconds, texts } from "./schemas.ts";
import { dependencies, environments, registration } from "./stage-documents.ts";

const packPaths = texts("a list of directories of packs", "the directory of a pack", 10_000);

const dependenciesBody = z.object(
  { pack_paths: packPaths, skip_validation: flag().describe("Only names count; default false") },
  "an object",
);

const environmentsBody = z.object(
  {
    pack_paths: packPaths,
    packs_base_dir: optionalText("a directory").describe("Accepted; environments are where the services look for them"),
    python_version: optionalText("a version").describe("For packs that say none; default 3.11"),
    nodejs_version: optionalText("a version").describe("For packs that say none; default 20"),
    skip_python: flag().describe("Default false"),
    skip_nodejs: flag().describe("Default false"),
    force_rebuild: flag().describe("Also what is there already; default false"),
    timeout: seconds(10, 3600).describe("For each pack; default 600"),
  },
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
  addEnvironments(api, deps);
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

const BUILD_SECONDS = 600;
const PYTHON_VERSION = "3.11";
const NODEJS_VERSION = "20";

function addEnvironments(api: Api, { operations, roots, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/packs/build-envs",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "buildPackEnvs",
        summary: "Build environments",
        description: "Virtual environments and `node_modules` that packs need, where the services look for them.",
        tags: ["install"],
        body: environmentsBody,
        response: {
          200: z.object({ data: environments }).describe("Each environment, built or failed"),
          ...accepted,
          ...bodyFailures,
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      checkBase(body.packs_base_dir, roots);
      const { inside, outside } = judgePaths(body.pack_paths, roots);
      const order = {
        packPaths: inside,
        pythonVersion: body.python_version ?? PYTHON_VERSION,
        nodejsVersion: body.nodejs_version ?? NODEJS_VERSION,
        skipPython: body.skip_python === true,
        skipNodejs: body.skip_nodejs === true,
        forceRebuild: body.force_rebuild === true,
        timeoutSeconds: body.timeout ?? BUILD_SECONDS,
      };
      const about = { kind: "build-envs", summary: { pack_paths: inside, force_rebuild: order.forceRebuild } } as const;
      return await doWork({ request, reply }, about, async (onStage, abort) => {
        const report = await operations.environments(order, onStage, abort);
        const refused = outside.map((each) => ({ ...each, packRef: "unknown", runtime: "unknown" }) as const);
        return environmentsDocument({ ...report, failed: [...refused, ...report.failed] });
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
      const about = { kind: "register-batch", summary: { pack_paths: inside, force: order.force } } as const;
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
function judgePaths(paths: readonly string[], roots: Roots) {
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

function checkBase(path: string | null | undefined, roots: Roots): void {
  if (path != null && path !== USUAL_BASE) roots.inside(path, "packs_base_dir");
}
