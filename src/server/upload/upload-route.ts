import multipart from "@fastify/multipart";
import * as z from "zod";
import type { OnStage } from "../../install/stages.ts";
import type { Log } from "../../platform/log.ts";
import type { Api } from "../api.ts";
import { answerByJob } from "../jobs/work-as-job.ts";
import type { Workplace } from "../jobs/workplace.ts";
import { Refusal } from "../refusal.ts";
import { accepted, bodyFailures, conflict, unprocessable } from "../schemas.ts";
import { formLimits, type Received, receive } from "./receive.ts";
import { unpackUpload } from "./unpack-upload.ts";

export interface UploadDeps<T> {
  readonly workplace: Pick<Workplace, "open">;
  readonly log: Log;
  /** Of an archive. */
  readonly maxBytes: number;
  /** What a pack that is registered is answered with. */
  readonly registered: z.ZodType<T>;
  /** @throws Refusal 409 for one that is registered already, 422 for one that is not valid, or fails its tests */
  readonly register: (order: UploadOrder, onStage: OnStage, abort: AbortSignal) => Promise<T>;
}

export interface UploadOrder extends Pick<Received, "force" | "skipTests"> {
  /** The pack's directory; it is gone afterwards. */
  readonly path: string;
}

/** `POST /packs/upload`. */
export async function addUploadRoute<T>(api: Api, deps: UploadDeps<T>): Promise<void> {
  const { workplace, log, maxBytes, registered, register } = deps;
  await api.register(multipart, { limits: formLimits(maxBytes), throwFileSizeLimit: false });
  api.post(
    "/api/v1/packs/upload",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "uploadPack",
        summary: "Upload a pack",
        description:
          `A form (\`multipart/form-data\`): \`pack\`, a tar.gz of at most ${maxBytes / 2 ** 20} MB with a \`pack.yaml\` at its top or in its first directory; ` +
          "`force` and `skip_tests`, `true` or `false`. It is registered as by `POST /api/v1/packs/register`.",
        tags: ["install"],
        consumes: ["multipart/form-data"],
        response: {
          201: z.object({ data: registered }).describe("It is registered"),
          ...accepted,
          ...bodyFailures,
          ...conflict,
          ...unprocessable,
        },
      },
      preParsing: async ({ headers }) => {
        if (!/^multipart\/form-data\b/i.test(headers["content-type"] ?? ""))
          throw new Refusal(415, "Expected `Content-Type: multipart/form-data`, got something else.");
      },
    },
    async (request, reply) => {
      const { jobs, uploads } = await workplace.open();
      await using held = new AsyncDisposableStack();
      const { path: directory } = held.use(await uploads().make());
      const { archive, ...flags } = await receive(request, directory, maxBytes);
      const form = { force: flags.force, skip_tests: flags.skipTests };
      const order = { kind: "upload", request: form, packs: 1, held: held.move(), log } as const;
      reply.code(201);
      return await answerByJob({ request, reply }, jobs, order, async (onStage, abort) => {
        const path = await unpackUpload(archive, directory, abort);
        return await register({ ...flags, path }, onStage, abort);
      });
    },
  );
}
