import * as z from "zod";
import { PacksyncError } from "../../errors.ts";
import { asPackRef } from "../../pack/ref.ts";
import type { Api, RouteDeps } from "../api.ts";
import { noPack } from "../pack-routes.ts";
import { Refusal } from "../refusal.ts";
import { accepted, bodyFailures, conflict, flag, notFound, packParams, texts, unprocessable } from "../schemas.ts";
import {
  notified,
  notifiedDocument,
  pinned,
  synced,
  syncedDocument,
  verified,
  verifiedDocument,
} from "./action-documents.ts";

const others = { ...accepted, ...bodyFailures, ...notFound, ...conflict, ...unprocessable };
const MAX_PACKS = 1000;

const packs = texts("a list of refs", "a ref", MAX_PACKS).nullish().describe("Default: all");
const syncBody = z
  .object({ packs, allow_removals: flag().describe("Retire what a held source has left; default false") }, "an object")
  .nullish();
const verifyBody = z
  .object({ packs, repair: flag().describe("Bring back what drifted; default false") }, "an object")
  .nullish();
const nothing = z.object({}, "an object").nullish();

/** What one may have done from the dashboard, beside what there is already. Each is a job. */
export function addActionRoutes(api: Api, deps: RouteDeps): void {
  addSync(api, deps);
  addVerify(api, deps);
  addPins(api, deps);
  addNotify(api, deps);
}

function addSync(api: Api, { operations, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/sync",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "sync",
        summary: "Sync now",
        description: "As `packsync sync`: a pack that is rejected is told with what is wrong with it.",
        tags: ["dashboard"],
        body: syncBody,
        response: { 200: z.object({ data: synced }).describe("What became of each pack"), ...others },
      },
    },
    async (request, reply) => {
      const order = { packs: request.body?.packs ?? [], allowRemovals: request.body?.allow_removals === true };
      const summary = { packs: order.packs, ...(order.allowRemovals && { allow_removals: true }) };
      return await doWork({ request, reply }, { kind: "sync", summary }, async (onStage, abort) =>
        syncedDocument(await known(() => operations.sync(order, onStage, abort), 404)),
      );
    },
  );
}

function addVerify(api: Api, { operations, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/verify",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "verify",
        summary: "Read everything again",
        description: "As `packsync verify`: whether every file is what was published.",
        tags: ["dashboard"],
        body: verifyBody,
        response: { 200: z.object({ data: verified }).describe("What was found"), ...others },
      },
    },
    async (request, reply) => {
      const order = { packs: request.body?.packs ?? [], repair: request.body?.repair === true };
      const summary = { packs: order.packs, ...(order.repair && { repair: true }) };
      return await doWork({ request, reply }, { kind: "verify", summary }, async (onStage, abort) =>
        verifiedDocument(await known(() => operations.verify(order, onStage, abort), 404)),
      );
    },
  );
}

/** What is live stays, or no longer. */
function addPins(api: Api, { operations, doWork }: RouteDeps): void {
  for (const kind of ["pin", "unpin"] as const)
    api.post(
      `/api/v1/packs/:ref/${kind}`,
      {
        config: { access: "packs:create" },
        schema: {
          operationId: `${kind}Pack`,
          ...PINS[kind],
          tags: ["dashboard"],
          params: packParams,
          body: nothing,
          response: { 200: z.object({ data: pinned }).describe("What is live"), ...others },
        },
      },
      async (request, reply) => {
        const { ref } = request.params;
        if (asPackRef(ref) === undefined || (await operations.releases(ref)) === undefined) throw noPack(ref);
        return await doWork({ request, reply }, { kind, summary: { pack: ref } }, async (_, abort) => {
          return { pack_ref: ref, release: await known(() => operations[kind](ref, abort), 409) };
        });
      },
    );
}

const PINS = {
  pin: { summary: "Keep what is live", description: "It stays, whatever its source has, until it is unpinned." },
  unpin: {
    summary: "End a pin",
    description: "Also one of a rollback. The next sync publishes what the source has; a daemon does that at once.",
  },
} as const;

function addNotify(api: Api, { operations, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/services/:service/notify",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "notifyService",
        summary: "Tell a service now",
        description: "As `packsync notify`: in its way, and whether it came back.",
        tags: ["dashboard"],
        params: z.object({ service: z.string("the name of a service").min(1) }),
        body: nothing,
        response: { 200: z.object({ data: notified }).describe("How it ended"), ...others },
      },
    },
    async (request, reply) => {
      const { service } = request.params;
      return await doWork({ request, reply }, { kind: "notify", summary: { service } }, async (onStage, abort) =>
        notifiedDocument(await known(() => operations.notify(service, onStage, abort), 409)),
      );
    },
  );
}

/** What was asked for is not there, or not as it would have to be. */
async function known<T>(work: () => Promise<T>, status: 404 | 409): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PacksyncError && error.code === "USAGE") throw new Refusal(status, error.message, error.hint);
    throw error;
  }
}
