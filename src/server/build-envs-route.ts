import * as z from "zod";
import { environmentsDocument } from "../install/environments-document.ts";
import type { Api, RouteDeps } from "./api.ts";
import { accepted, bodyFailures, flag, optionalText, seconds, texts } from "./schemas.ts";
import { environments } from "./stage-documents.ts";
import { checkBase, judgePaths } from "./stage-routes.ts";

const body = z.object(
  {
    pack_paths: texts("a list of directories of packs", "the directory of a pack", 10_000),
    packs_base_dir: optionalText("a directory").describe("Accepted; environments are where `runtimeEnvsDir` says"),
    python_version: optionalText("a version or a range of Python").describe(
      "For packs that say nothing: this one, or a newer one; default: what is there",
    ),
    nodejs_version: optionalText("a version or a range of Node.js").describe("Likewise"),
    skip_python: flag().describe("Leave Python out; default false"),
    skip_nodejs: flag().describe("Leave Node.js out; default false"),
    force_rebuild: flag().describe("Build anew what is there, too; default false"),
    timeout: seconds(10, 3600).describe("For each pack; default 600"),
  },
  "an object",
);

const DEFAULT_SECONDS = 600;

/** `POST /packs/build-envs`. */
export function addBuildEnvsRoute(api: Api, { operations, roots, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/packs/build-envs",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "buildPackEnvs",
        summary: "Build environments",
        description: "What packs need of Python and Node.js. One that fails is listed, and the others are built.",
        tags: ["install"],
        body,
        response: {
          200: z.object({ data: environments }).describe("Each pack, with its environments, or failed"),
          ...accepted,
          ...bodyFailures,
        },
      },
    },
    async (request, reply) => {
      checkBase(request.body.packs_base_dir, roots);
      const { inside, outside } = judgePaths(request.body.pack_paths, roots);
      const order = orderOf(request.body, inside);
      const summary = { pack_paths: inside, force_rebuild: order.forceRebuild };
      return await doWork({ request, reply }, { kind: "build-envs", summary }, async (onStage, abort) => {
        const report = await operations.environments(order, onStage, abort);
        const refused = outside.map((each) => ({ ...each, packRef: "unknown", runtime: "unknown" }) as const);
        return environmentsDocument({ ...report, failed: [...refused, ...report.failed] });
      });
    },
  );
}

function orderOf(asked: z.infer<typeof body>, packPaths: readonly string[]) {
  return {
    packPaths,
    pythonVersion: asked.python_version ?? undefined,
    nodejsVersion: asked.nodejs_version ?? undefined,
    skipPython: asked.skip_python === true,
    skipNodejs: asked.skip_nodejs === true,
    forceRebuild: asked.force_rebuild === true,
    timeoutSeconds: asked.timeout ?? DEFAULT_SECONDS,
  };
}
