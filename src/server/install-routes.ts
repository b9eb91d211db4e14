import * as z from "zod";
import { PacksyncError } from "../errors.ts";
import type { FailedDownload } from "../install/download.ts";
import { shownUrl } from "../install/shown-url.ts";
import type { DependencyReport, OnStage, PackTestResult, RegisteredPack, UnregisteredPack } from "../install/stages.ts";
import { testsDocument } from "../install/tests-document.ts";
import type { Installation } from "../installation.ts";
import { asPackRef } from "../pack/ref.ts";
import type { Uninstalled } from "../requests.ts";
import type { Api, RouteDeps } from "./api.ts";
import { judgeSources } from "./download-route.ts";
import { describedDocument, describedPack } from "./pack-documents.ts";
import { noPack } from "./pack-routes.ts";
import { Refusal, type Status } from "./refusal.ts";
import {
  accepted,
  bodyFailures,
  conflict,
  diagnostic,
  flag,
  notFound,
  optionalText,
  packParams,
  text,
  unprocessable,
} from "./schemas.ts";
import { testResult } from "./stage-documents.ts";

export const installed = z.object({
  pack: describedPack,
  test_result: testResult.nullable(),
  tests_skipped: z.boolean(),
});
const others = { ...accepted, ...bodyFailures, ...conflict, ...unprocessable };

const registerBody = z.object(
  {
    path: text("the directory of a pack"),
    skip_tests: flag().describe("Do not run the pack's own tests; default false"),
    force: flag().describe("Also if it is installed already, or fails its tests; default false"),
  },
  "an object",
);

const installBody = z.object(
  {
    source: text("the source of a pack").describe("As one of `packs` of a download"),
    ref_spec: optionalText("a branch, a tag or a commit").describe("For a git source that names none"),
    skip_tests: flag().describe("Do not run the pack's own tests; default false"),
    skip_deps: flag().describe("Do not look at what it needs; default false"),
    force: flag().describe("Also if it is installed already; default true, as the platform has it"),
  },
  "an object",
);

const uninstalled = z.object({
  pack_ref: z.string(),
  outcome: z.string().describe("What became of it in the volume; `unchanged`: a source carries it"),
  diagnostics: z.array(diagnostic),
});

/** Single packs: in, out, and tried. */
export function addInstallRoutes(api: Api, deps: RouteDeps): void {
  addRegister(api, deps);
  addInstall(api, deps);
  addUninstall(api, deps);
  addTest(api, deps);
}

function addRegister(api: Api, deps: RouteDeps): void {
  const { roots, doWork } = deps;
  api.post(
    "/api/v1/packs/register",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "registerPack",
        summary: "Register one pack",
        tags: ["install"],
        body: registerBody,
        response: { 201: z.object({ data: installed }).describe("It is live and registered"), ...others },
      },
    },
    async (request, reply) => {
      const { path, skip_tests, force } = request.body;
      const packPath = roots.inside(path, "path");
      const order = { path: packPath, skipTests: skip_tests === true, force: force === true };
      const about = { kind: "register", summary: { path: packPath } } as const;
      const answer = await doWork({ request, reply }, about, async (onStage, abort) =>
        registerOne(order, deps, onStage, abort),
      );
      if (reply.statusCode === 200) reply.status(201);
      return answer;
    },
  );
}

export interface RegisterOne {
  readonly path: string;
  readonly skipTests: boolean;
  readonly force: boolean;
}

/** @throws Refusal 409 for a pack that is registered already, 422 for one that is not as it should be */
export async function registerOne(
  { path, skipTests, force }: RegisterOne,
  deps: Pick<RouteDeps, "operations">,
  onStage: OnStage,
  abort: AbortSignal,
) {
  const order = { packPaths: [path], skipValidation: false, skipTests, force };
  const { registered, failed } = await deps.operations.register(order, onStage, abort);
  const [pack] = registered;
  if (pack === undefined) throw refusalOfPack(failed[0]);
  return await installedDocument(pack, skipTests, deps);
}

function addInstall(api: Api, deps: RouteDeps): void {
  const { operations, roots, doWork } = deps;
  api.post(
    "/api/v1/packs/install",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "installPack",
        summary: "Install a pack",
        description: "All stages, one after another: everything is done, or nothing is changed.",
        tags: ["install"],
        body: installBody,
        response: { 200: z.object({ data: installed }).describe("It is live and registered"), ...others },
      },
    },
    async (request, reply) => {
      const { source, ref_spec, skip_tests, skip_deps, force } = request.body;
      const { sources, refused } = judgeSources([source], ref_spec ?? undefined, roots);
      const [first] = sources;
      if (first === undefined) throw new Refusal(400, refused[0]?.error ?? "", refused[0]?.hint);
      const skipTests = skip_tests === true;
      const options = { skipTests, skipDependencies: skip_deps === true, force: force !== false };
      const order = { source: first, ref: ref_spec ?? undefined, ...options };
      const about = { kind: "install", summary: { source: shownUrl(source) } } as const;
      return await doWork({ request, reply }, about, async (onStage, abort) =>
        installedDocument(installedPack(await operations.install(order, onStage, abort)), skipTests, deps),
      );
    },
  );
}

/** The one that was asked for; with it came what it needs. @throws Refusal 422 or as a registration's */
function installedPack({
  downloads,
  dependencies,
  environments,
  registration,
  failedIn,
}: Installation): RegisteredPack {
  const [asked] = downloads.downloaded;
  switch (failedIn) {
    case "download":
      throw new Refusal(422, downloads.failed[0]?.error ?? "The pack could not be fetched.", downloads.failed[0]?.hint);
    case "dependencies":
      throw unmet(dependencies, downloads.failed);
    case "environments":
      throw new Refusal(
        422,
        environments?.failed[0]?.error ?? "Its environments could not be built.",
        environments?.failed[0]?.hint,
      );
    case "register":
      throw refusalOfPack(registration?.failed[0]);
    case undefined: {
      const pack = registration?.registered.find(({ packRef }) => packRef === asked?.packRef);
      if (pack === undefined) throw refusalOfPack(undefined);
      return pack;
    }
    default:
      return failedIn satisfies never;
  }
}

function unmet(report: DependencyReport | undefined, unfetched: readonly FailedDownload[]): Refusal {
  const { missing = [], conflicting = [], errors = [] } = report ?? {};
  const told = [
    ...missing.map(({ packRef, versionSpec, requiredBy }) => `${requiredBy} needs ${packRef} ${versionSpec}: missing`),
    ...conflicting.map(({ packRef, versionSpec, requiredBy, found }) => {
      return `${requiredBy} needs ${packRef} ${versionSpec}: ${found?.version ?? "another version"} is there`;
    }),
    ...errors.map(({ error }) => error),
    ...unfetched.map(({ source, error }) => `${source}: ${error}`),
  ];
  const hint = "Install these first, or say `skip_deps: true`.";
  return new Refusal(422, `Expected what the pack needs to be there, got: ${told.join("; ")}.`, hint);
}

function addUninstall(api: Api, { operations, doWork }: RouteDeps): void {
  api.delete(
    "/api/v1/packs/:ref",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "uninstallPack",
        summary: "Uninstall a pack",
        description: "Takes an installed pack out of the volume and the catalogs; its releases stay in history.",
        tags: ["install"],
        params: packParams,
        response: { 200: z.object({ data: uninstalled }).describe("It left"), ...others, ...notFound },
      },
    },
    async (request, reply) => {
      const { ref } = request.params;
      const known = asPackRef(ref) && (await operations.pack(ref));
      if (known === undefined) throw noPack(ref);
      return await doWork({ request, reply }, { kind: "uninstall", summary: { pack: ref } }, async (_, abort) =>
        uninstalledDocument(await leave(() => operations.uninstall(ref, abort))),
      );
    },
  );
}

/** A pack that is there, but was not installed. */
async function leave(work: () => Promise<Uninstalled>): Promise<Uninstalled> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PacksyncError && error.code === "USAGE") throw new Refusal(409, error.message, error.hint);
    throw error;
  }
}

function addTest(api: Api, { operations, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/packs/:ref/test",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "testPack",
        summary: "Run a pack's own tests",
        tags: ["packs"],
        params: packParams,
        response: { 200: z.object({ data: testResult }).describe("What they gave"), ...others, ...notFound },
      },
    },
    async (request, reply) => {
      const { ref } = request.params;
      if (asPackRef(ref) === undefined || (await operations.pack(ref)) === undefined) throw noPack(ref);
      return await doWork({ request, reply }, { kind: "test", summary: { pack: ref } }, async (onStage, abort) => {
        const result = await operations.test(ref, onStage, abort);
        if (result === undefined) throw new Refusal(422, `Expected \`${ref}\` to have tests, got none.`);
        return testsDocument(result);
      });
    },
  );
}

const STATUS_BY_STAGE: Readonly<Record<UnregisteredPack["stage"], Status>> = {
  path: 400,
  conflict: 409,
  validation: 422,
  tests: 422,
  publish: 422,
  registration: 503,
};

function refusalOfPack(failure: UnregisteredPack | undefined): Refusal {
  if (failure === undefined) return new Refusal(503, "Expected the pack to be registered, got no answer.");
  const { stage, error, hint, diagnostics } = failure;
  const why = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
  return new Refusal(
    STATUS_BY_STAGE[stage],
    error,
    [...why, ...(hint === undefined ? [] : [hint])].join(" ") || undefined,
  );
}

async function installedDocument(
  { packRef, tests }: RegisteredPack,
  skipTests: boolean,
  { operations }: Pick<RouteDeps, "operations">,
) {
  const pack = await operations.pack(packRef);
  if (pack === undefined)
    throw new Refusal(503, `Expected \`${packRef}\` to be registered, got nothing: it left again.`);
  return { pack: describedDocument(pack), test_result: resultDocument(tests), tests_skipped: skipTests };
}

function resultDocument(tests: PackTestResult | undefined) {
  return tests === undefined ? null : testsDocument(tests);
}

function uninstalledDocument({ ref, report }: Uninstalled): z.infer<typeof uninstalled> {
  return { pack_ref: ref, outcome: report?.outcome ?? "unchanged", diagnostics: [...(report?.diagnostics ?? [])] };
}
