import { fileURLToPath, pathToFileURL } from "node:url";
import * as z from "zod";
import { isSystemError, PacksyncError } from "../errors.ts";
import type { Downloads, FailedDownload } from "../install/download.ts";
import { downloadDocument } from "../install/download-document.ts";
import { shownUrl } from "../install/shown-url.ts";
import { parseSource } from "../install/source.ts";
import type { Api, RouteDeps } from "./api.ts";
import { Refusal } from "./refusal.ts";
import type { Roots } from "./roots.ts";
import { accepted, bodyFailures, flag, optionalText, seconds, text, texts } from "./schemas.ts";

const body = z.object(
  {
    packs: texts("a list of sources of packs", "the source of a pack", 1000).describe(
      "Names in a registry (`core`, `aws@1.2.0`), `github:org/repo@tag`, URLs of git or of archives, absolute paths",
    ),
    destination_dir: text("a directory").describe("Each pack goes to `<destination_dir>/<ref>`"),
    registry_url: optionalText("the URL of an index of packs").describe("Instead of the configured registries"),
    ref_spec: optionalText("a branch, a tag or a commit").describe("For git sources that name none"),
    timeout: seconds(10, 3600).describe("For each pack; default 300"),
    verify_ssl: flag().describe("Whether certificates count; default true"),
  },
  "an object",
);

const data = z.object({
  downloaded_packs: z.array(
    z.object({
      source: z.string(),
      source_type: z.string(),
      pack_path: z.string(),
      pack_ref: z.string(),
      pack_version: z.string(),
      git_commit: z.string().nullable(),
      checksum: z.string(),
    }),
  ),
  failed_packs: z.array(z.object({ source: z.string(), error: z.string(), hint: z.string().optional() })),
  total_count: z.int(),
  success_count: z.int(),
  failure_count: z.int(),
});

const DEFAULT_SECONDS = 300;

/** `POST /packs/download`. */
export function addDownloadRoute(api: Api, { operations, roots, doWork }: RouteDeps): void {
  api.post(
    "/api/v1/packs/download",
    {
      config: { access: "packs:create" },
      schema: {
        operationId: "downloadPacks",
        summary: "Download packs",
        description: "Fetches packs into a directory. One that fails is listed, and the others are fetched.",
        tags: ["install"],
        body,
        response: { 200: z.object({ data }).describe("Each pack, downloaded or failed"), ...accepted, ...bodyFailures },
      },
    },
    async (request, reply) => {
      const { packs, destination_dir, registry_url, ref_spec, timeout, verify_ssl } = request.body;
      const destination = roots.inside(destination_dir, "destination_dir");
      const order = {
        destination,
        registry: registry_url == null ? undefined : registryInside(registry_url, roots),
        ref: ref_spec ?? undefined,
        timeoutSeconds: timeout ?? DEFAULT_SECONDS,
        tls: verify_ssl === false ? "unverified" : "verified",
      } as const;
      const summary = { packs: packs.map(shownUrl), destination_dir: destination };
      return await doWork({ request, reply }, { kind: "download", summary }, async (onStage, abort) => {
        const { sources, refused } = judgeSources(packs, order.ref, roots);
        const downloads = await download(() => operations.download({ ...order, sources }, onStage, abort));
        return downloadDocument({ ...downloads, failed: [...refused, ...downloads.failed] });
      });
    },
  );
}

/** A directory where nothing can be written is the request's mistake. */
async function download(work: () => Promise<Downloads>): Promise<Downloads> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error) || error.code === "ENOSPC") throw error;
    throw new Refusal(400, `Expected \`destination_dir\` to be a directory to write to, got ${error.code}.`);
  }
}

/** What is read from this machine has to lie below the roots; whatever else is wrong with a source, the download says. */
export function judgeSources(texts: readonly string[], ref: string | undefined, roots: Roots) {
  const refused: FailedDownload[] = [];
  const sources = texts.flatMap((source) => {
    try {
      return [sourceInside(source, ref, roots)];
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof PacksyncError)) throw error;
      refused.push({ source: shownUrl(source), error: error.message, hint: error.hint });
      return [];
    }
  });
  return { sources, refused };
}

function sourceInside(text: string, ref: string | undefined, roots: Roots): string {
  const source = parseSource(text, ref);
  if (source.kind === "path") return roots.inside(text, "packs");
  if (source.kind !== "git" || !source.url.startsWith("file:")) return text;
  const url = pathToFileURL(roots.inside(pathOf(source.url, "packs"), "packs"));
  return `git+${url.href}${source.ref === undefined ? "" : `#${encodeURIComponent(source.ref)}`}`;
}

function registryInside(text: string, roots: Roots): string {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:", "file:"].includes(url.protocol))
    throw new Refusal(400, "Expected `registry_url` to be the URL of an index of packs, got something else.");
  if (url.protocol === "file:") roots.inside(pathOf(text, "registry_url"), "registry_url");
  return text;
}

function pathOf(url: string, name: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new Refusal(400, `Expected \`${name}\` to be a URL of a file of this machine, got another one.`);
  }
}
