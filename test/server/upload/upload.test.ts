import { existsSync, mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { sha256 } from "../../../src/platform/sha256.ts";
import type { Jobs } from "../../../src/server/jobs/jobs.ts";
import { Refusal } from "../../../src/server/refusal.ts";
import { openUploadSpace } from "../../../src/server/upload/scratch.ts";
import type { UploadOrder } from "../../../src/server/upload/upload-route.ts";
import { type ArchiveEntry, tarGzOf, zipOf } from "../../support/archives.ts";
import { call, type JobServer, jobServer, TOKEN } from "../../support/job-server.ts";
import { jobIn, jobsIn } from "../../support/jobs.ts";
import { readTree, scratch } from "../../support/trees.ts";

const MAX = 2 ** 20;
const PACK = "ref: sky\nlabel: Sky\nversion: 1.0.0\n";
const SKY: readonly ArchiveEntry[] = [
  { name: "sky-main/", type: "5" },
  { name: "sky-main/pack.yaml", content: PACK },
  { name: "sky-main/actions/blue.sh", content: "echo blue\n", mode: 0o755 },
];

let server: JobServer;
let jobs: Jobs;
const stack = new AsyncDisposableStack();
/** What is in a pack's directory while it is registered. */
let seen: Readonly<Record<string, string>> = {};
let register: (order: UploadOrder, abort: AbortSignal) => Promise<unknown> = async () => ({ pack: { ref: "sky" } });

beforeAll(async () => {
  const directory = stack.use(scratch());
  jobs = stack.use(await jobsIn(directory.path));
  const registering = async (order: UploadOrder, abort: AbortSignal): Promise<unknown> => {
    seen = readTree(order.path);
    return await register(order, abort);
  };
  server = stack.use(await jobServer(jobs, { directory: directory.path, maxBytes: MAX, register: registering }));
});

afterAll(() => stack.disposeAsync());

function form(archive: Uint8Array | undefined, fields: Readonly<Record<string, string>> = {}, name = "pack"): FormData {
  const data = new FormData();
  for (const [field, value] of Object.entries(fields)) data.append(field, value);
  if (archive !== undefined) data.append(name, new Blob([Buffer.from(archive)]), "sky.tar.gz");
  return data;
}

async function upload(body: FormData | string, headers: Readonly<Record<string, string>> = {}) {
  const response = await call(server, "/api/v1/packs/upload", { method: "POST", body, headers });
  return { status: response.status, body: (await response.json()) as { readonly data?: unknown }, response };
}

/** Directories of uploads that are still there. */
async function left(): Promise<void> {
  const root = dirname(dirname(dirname(server.uploads.at(-1)?.path ?? "/nowhere/at/all")));
  await expect.poll(() => (existsSync(root) ? readdirSync(root) : []), { timeout: 20_000 }).toEqual([]);
}

test("a pack is unpacked, registered under its ref, and nothing of the upload is left", async () => {
  const { status, body, response } = await upload(form(tarGzOf(SKY)));
  expect([status, body]).toEqual([201, { data: { pack: { ref: "sky" } } }]);
  expect(server.uploads.at(-1)).toMatchObject({
    path: expect.stringMatching(/\/pack\/sky$/),
    force: false,
    skipTests: false,
  });
  expect(seen).toEqual({ "pack.yaml": PACK, "actions/blue.sh": "echo blue\n" });
  expect(jobs.get(response.headers.get("x-job-id") ?? "")).toMatchObject({ kind: "upload", state: "succeeded" });
  await left();
});

test("its flags may come before the pack or after it", async () => {
  await upload(form(tarGzOf(SKY), { force: "true", skip_tests: "false" }));
  expect(server.uploads.at(-1)).toMatchObject({ force: true, skipTests: false });
  const after = form(tarGzOf(SKY));
  after.append("skip_tests", "true");
  const { response } = await upload(after);
  expect(server.uploads.at(-1)).toMatchObject({ force: false, skipTests: true });
  const job = jobs.get(response.headers.get("x-job-id") ?? "");
  expect(job?.request).toEqual({ force: false, skip_tests: true });
});

test("who would rather not wait gets the job, and the pack stays until it is done", async () => {
  const gate = Promise.withResolvers<void>();
  register = async ({ path }) => {
    await gate.promise;
    return existsSync(join(path, "pack.yaml"));
  };
  const { status, body } = await upload(form(tarGzOf(SKY)), { prefer: "respond-async" });
  const { id } = body.data as { id: string };
  expect(status).toBe(202);
  await jobIn(jobs, id, "running");
  gate.resolve();
  await jobIn(jobs, id, "succeeded");
  expect(jobs.result(id)).toBe(true);
  await left();
});

describe("what is no pack is refused with 422:", () => {
  test.for<{ title: string; archive: Uint8Array }>([
    { title: "no archive", archive: Buffer.from("hello") },
    { title: "nothing", archive: Buffer.alloc(0) },
    { title: "an archive without a pack.yaml", archive: tarGzOf([{ name: "readme", content: "hello" }]) },
    { title: "a pack without a version", archive: tarGzOf([{ name: "pack.yaml", content: "label: Sky\n" }]) },
    { title: "one that leads out", archive: tarGzOf([...SKY, { name: "../../out", content: "x" }]) },
    { title: "one with an absolute path", archive: tarGzOf([...SKY, { name: "/tmp/packsync-out", content: "x" }]) },
    { title: "one with a link", archive: tarGzOf([...SKY, { name: "sky-main/l", type: "2", link: "/etc" }]) },
    { title: "one that is cut", archive: tarGzOf(SKY).subarray(0, 100) },
    {
      title: "one of a ref that is a path",
      archive: tarGzOf([{ name: "pack.yaml", content: "ref: ../x\nversion: 1.0.0\n" }]),
    },
    { title: "a bomb", archive: tarGzOf([...SKY, { name: "sky-main/big", content: Buffer.alloc(40 * 2 ** 20) }]) },
  ])("$title", async ({ archive }) => {
    const count = server.uploads.length;
    const { status, body } = await upload(form(archive));
    expect([status, body]).toMatchObject([422, { code: "UNPROCESSABLE_ENTITY", status: 422 }]);
    expect(server.uploads).toHaveLength(count);
    await left();
  });
});

test("a zip is as good", async () => {
  register = async () => "zip";
  expect(await upload(form(zipOf(SKY.slice(1))))).toMatchObject({ status: 201, body: { data: "zip" } });
});

describe("a form is refused", () => {
  const sky = tarGzOf(SKY);
  test.for<{
    title: string;
    body: () => FormData | string;
    headers?: Record<string, string>;
    status: number;
    says: string;
  }>([
    { title: "without a pack", body: () => form(undefined, { force: "true" }), status: 400, says: "got nothing" },
    {
      title: "whose pack is no file",
      body: () => form(undefined, { pack: "sky" }),
      status: 400,
      says: "without a file",
    },
    { title: "whose file is another", body: () => form(sky, {}, "archive"), status: 400, says: "`archive`" },
    { title: "with a flag that is none", body: () => form(sky, { force: "maybe" }), status: 400, says: "got `maybe`" },
    {
      title: "with a pack that is too large",
      body: () => form(Buffer.alloc(MAX + 100_000, 1)),
      status: 413,
      says: `at most ${MAX} bytes`,
    },
    {
      title: "with a pack that is one byte too large",
      body: () => form(Buffer.alloc(MAX + 1, 1)),
      status: 413,
      says: `at most ${MAX} bytes`,
    },
    {
      title: "that is JSON",
      body: () => "{}",
      headers: { "content-type": "application/json" },
      status: 415,
      says: "multipart/form-data",
    },
    {
      title: "that has no boundary",
      body: () => "x",
      headers: { "content-type": "multipart/form-data" },
      status: 400,
      says: "oundary",
    },
    {
      title: "that has no end",
      body: () => `--b\r\nContent-Disposition: form-data; name="pack"; filename="x"\r\n\r\nhalf`,
      headers: { "content-type": "multipart/form-data; boundary=b" },
      status: 400,
      says: "nexpected end",
    },
  ])("$title: $status", async ({ body, headers = {}, status, says }) => {
    const answer = await upload(body(), headers);
    expect(answer).toMatchObject({ status, body: { status, message: expect.stringContaining(says) } });
    await left();
  });

  test("with two packs: 413", async () => {
    const two = form(sky);
    two.append("pack", new Blob([Buffer.from(sky)]), "other.tar.gz");
    expect(await upload(two)).toMatchObject({ status: 413 });
    await left();
  });

  test("that is sent in pieces without a length, and too large: 413", async () => {
    const head = `--b\r\nContent-Disposition: form-data; name="pack"; filename="x"\r\n\r\n`;
    const sent = new Promise<number>((resolve, reject) => {
      const request = httpRequest(`${server.url}/api/v1/packs/upload`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "multipart/form-data; boundary=b" },
      });
      request.on("response", (response) => resolve(response.resume().statusCode ?? 0)).on("error", reject);
      request.write(head);
      for (let piece = 0; piece < 20; piece += 1) request.write(Buffer.alloc(100_000, 1));
      request.end("\r\n--b--\r\n");
    });
    expect(await sent).toBe(413);
    await left();
  });
});

test("what its registration refuses is answered so", async () => {
  register = async () => {
    throw new Refusal(409, "Expected `sky` to be new, got one that is registered already.");
  };
  expect(await upload(form(tarGzOf(SKY)))).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
  await left();
});

test("who hangs up while it is registered cancels it", async () => {
  const begun = Promise.withResolvers<void>();
  register = async (_, abort) => {
    begun.resolve();
    return await new Promise((_, reject) => abort.addEventListener("abort", () => reject(abort.reason)));
  };
  const hangUp = new AbortController();
  const init = { method: "POST", body: form(tarGzOf(SKY)), signal: hangUp.signal };
  const answer = call(server, "/api/v1/packs/upload", init).catch(() => "hung up");
  await begun.promise;
  hangUp.abort();
  expect(await answer).toBe("hung up");
  const [job] = jobs.list({ page: 1, pageSize: 1, state: undefined, kind: undefined }).jobs;
  expect(await jobIn(jobs, job?.id ?? "", "cancelled")).toMatchObject({ kind: "upload" });
  await left();
});

test("who hangs up half-way leaves nothing", async () => {
  const count = server.uploads.length;
  const head = `--b\r\nContent-Disposition: form-data; name="pack"; filename="x"\r\n\r\n`;
  const request = httpRequest(`${server.url}/api/v1/packs/upload`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "multipart/form-data; boundary=b" },
  });
  request.on("error", () => {});
  request.write(head);
  request.write(Buffer.alloc(100_000, 1));
  const root = dirname(dirname(dirname(server.uploads.at(-1)?.path ?? "")));
  await expect.poll(() => readdirSync(root).length, { timeout: 20_000 }).toBe(1);
  request.destroy();
  await left();
  expect(server.uploads).toHaveLength(count);
});

describe("the space of uploads", () => {
  test("forgets what a killed server left there", async () => {
    using directory = scratch();
    const before = await openUploadSpace(directory.path).make();
    mkdirSync(join(before.path, "unpacked"));
    const after = openUploadSpace(directory.path);
    expect(existsSync(before.path)).toBe(false);
    await using made = await after.make();
    expect(readdirSync(made.path)).toEqual([]);
  });

  test("has to be writable", () => {
    using directory = scratch();
    writeFileSync(join(directory.path, "file"), "");
    vi.stubEnv("TMPDIR", join(directory.path, "file"));
    using _ = { [Symbol.dispose]: () => vi.unstubAllEnvs() };
    expect(() => openUploadSpace(directory.path)).toThrow("Cannot make a directory for uploads");
  });

  test("is not taken over from somebody else", () => {
    using directory = scratch();
    const uid = process.geteuid?.() ?? 0;
    const root = join(tmpdir(), `packsync-uploads-${uid}-${sha256(directory.path).slice(0, 16)}`);
    symlinkSync(directory.path, root);
    using _ = { [Symbol.dispose]: () => unlinkSync(root) };
    expect(() => openUploadSpace(directory.path)).toThrow("directory of ours alone");
  });
});
