import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tarGzOf } from "../support/archives.ts";
import { gitBackend } from "../support/git-server.ts";
import { describeWith } from "../support/requires.ts";
import { serveWeb, type Web } from "../support/web.ts";
import { type ApiStand, apiStand } from "./support/api-stand.ts";
import { PATIENCE } from "./support/daemon.ts";
import { manifest } from "./support/packs.ts";
import { walk } from "./support/tree.ts";

const TOKEN = "all-scopes-0123456789abcdef";
const SECRET = "hunter2-never-shown";

/** In all the ways in which somebody could read it. */
const SHAPES = [
  SECRET,
  encodeURIComponent(`deploy:${SECRET}`),
  ...["", "x", "deploy"].map((user) => Buffer.from(`${user}:${SECRET}`).toString("base64")),
];

/*
 * Whoever may read jobs reads what others asked for, and logs go anywhere: passwords in URLs, and what stands in their queries, is
 * in no answer, no job, no event, no line of the log and no file.
 */
describeWith({ tools: ["git"] }, "secrets in URLs", () => {
  let stand: ApiStand;
  let guarded: Web;
  const seen: string[] = [];

  beforeAll(async () => {
    stand = await apiStand(TOKEN);
    const archive = tarGzOf([{ name: "pack.yaml", content: manifest("fetched") }]);
    const git = gitBackend(stand.it.at("repos"), SECRET);
    guarded = await serveWeb((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      if (pathname === "/good.tgz") response.end(archive);
      else if (pathname === "/away")
        response.writeHead(302, { location: `http://deploy:${SECRET}@127.0.0.1:1/x.tgz?sig=${SECRET}` }).end();
      else if (pathname === "/text") response.end("no archive");
      else git(request, response);
    });
  });
  afterAll(async () => {
    await guarded[Symbol.asyncDispose]();
    await stand[Symbol.asyncDispose]();
  });

  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${stand.url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    seen.push(`${method} ${path}: ${text}\n${JSON.stringify([...response.headers])}`);
    return { status: response.status, text, job: response.headers.get("x-job-id") ?? "" };
  }

  /** Whoever looks at the job afterwards. */
  async function lookAt(job: string): Promise<void> {
    const state = async () => JSON.parse((await send("GET", `jobs/${job}`)).text).data.state;
    await expect.poll(state, PATIENCE).toMatch(/succeeded|failed/);
    await send("GET", `jobs/${job}/events`, undefined, { accept: "text/event-stream" });
  }

  const sources = () => [
    `http://deploy:${SECRET}@${guarded.host}/pack-aws.git`,
    `http://deploy:${SECRET}@${guarded.host}/nothing.git`,
    `git+http://x:${SECRET}@${guarded.host}/pack-aws.git#next`,
    `http://${SECRET}@${guarded.host}/pack-aws.git@v1.0.0`,
    `http://deploy:${SECRET}@${guarded.host}/good.tgz?token=${SECRET}`,
    `http://deploy:${SECRET}@${guarded.host}/away?token=${SECRET}`,
    `http://${guarded.host}/text?token=${SECRET}`,
    `http://deploy:${SECRET}@127.0.0.1:1/x.tgz`,
    `http://deploy:${SECRET}@127.0.0.1:99999/x.git`,
    `git+https://deploy:${SECRET}@127.0.0.1:99999/x`,
    `https://deploy:pass/${SECRET}@127.0.0.1/x.tgz`,
    `https://deploy:${SECRET}@169.254.169.254/x.tgz`,
    `ssh://deploy:${SECRET}@127.0.0.1:1/x.git`,
    `git://deploy:${SECRET}@127.0.0.1:1/x.git`,
    `ftp://deploy:${SECRET}@127.0.0.1/x.git`,
    `deploy:${SECRET}@127.0.0.1:org/x.git`,
    `ext::sh -c https://deploy:${SECRET}@127.0.0.1`,
  ];

  test("of packs that are downloaded, or cannot be", async () => {
    const body = { packs: sources(), destination_dir: stand.it.at("downloads") };
    const { status, text, job } = await send("POST", "packs/download", body);
    expect(status).toBe(200);
    expect(JSON.parse(text).data.downloaded_packs.map(({ pack_ref }: { pack_ref: string }) => pack_ref)).toEqual([
      "aws",
      "fetched",
    ]);
    await lookAt(job);
  });

  test("of packs that are downloaded, or cannot be, by a job", async () => {
    const body = { packs: sources(), destination_dir: stand.it.at("downloads/later") };
    const { status, job } = await send("POST", "packs/download", body, { prefer: "respond-async" });
    expect(status).toBe(202);
    await lookAt(job);
  });

  test("of a registry", async () => {
    for (const registry_url of [
      `http://deploy:${SECRET}@${guarded.host}/index.json?token=${SECRET}`,
      `https://deploy:${SECRET}@127.0.0.1:99999/index.json`,
      `ftp://deploy:${SECRET}@127.0.0.1/`,
    ])
      await send("POST", "packs/download", {
        packs: ["core"],
        destination_dir: stand.it.at("downloads"),
        registry_url,
      });
  });

  test("of an installation", async () => {
    for (const source of sources().slice(3))
      await send("POST", "packs/install", { source, skip_deps: true, skip_tests: true });
    await send("GET", "jobs?page_size=100");
  });

  test("where no URL is expected", async () => {
    const url = `https://deploy:${SECRET}@example.com/x?token=${SECRET}`;
    for (const [path, body] of [
      ["packs/download", { packs: url, destination_dir: url }],
      ["packs/download", { packs: [], destination_dir: url }],
      ["packs/download", { packs: [], destination_dir: stand.it.at("downloads"), timeout: url, ref_spec: url }],
      ["packs/download", { packs: ["core"], destination_dir: stand.it.at("downloads"), ref_spec: url }],
      ["packs/dependencies", { pack_paths: [url] }],
      ["packs/build-envs", { pack_paths: [url], packs_base_dir: url, python_version: url }],
      ["packs/register-batch", { pack_paths: [url] }],
      ["packs/register", { path: url }],
      ["packs/core/rollback", { to: url }],
    ] as const)
      await send("POST", path, body);
    await send("GET", "jobs?page_size=100");
  });

  test("are nowhere to be read", async () => {
    const { it } = stand;
    const files = walk(it.directory).filter((path) => !/^(repos|packsync\.yaml)/.test(path));
    const kept = files.map((path) => `${path}: ${contentOf(it.at(path))}`);
    const everything = [...seen, `log: ${stand.said()}`, ...kept];
    const leaks = everything.flatMap((text) => SHAPES.flatMap((shape) => around(text, shape)));
    expect(leaks).toEqual([]);
    expect(seen.length).toBeGreaterThan(30);
  });
});

function contentOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // a directory, a socket
  }
}

/** Where it stands, for whoever has to mend it. */
function around(text: string, secret: string): string[] {
  const at = text.indexOf(secret);
  return at < 0 ? [] : [`${text.slice(0, 40)} … ${text.slice(Math.max(0, at - 60), at + 60)}`];
}
