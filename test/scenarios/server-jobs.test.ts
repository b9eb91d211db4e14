import { expect, test } from "vitest";
import WebSocket from "ws";
import { type ArchiveEntry, tarGzOf } from "../support/archives.ts";
import { type Daemon, PATIENCE, startDaemon } from "./support/daemon.ts";
import { type Story, story } from "./support/story.ts";

const TOKEN = "all-scopes-0123456789abcdef";

interface Document {
  // biome-ignore lint/suspicious/noExplicitAny: what comes is what is tested
  readonly data: any;
}

/** A pack whose tests run until the file `gate` is there. */
function slowPack(it: Story) {
  const runner = "{type: script, entry_point: tests/run.sh}";
  const testing = `testing: {enabled: true, discovery: {method: directory, path: tests}, runners: {shell: ${runner}}}`;
  return {
    "pack.yaml": `ref: sky\nlabel: Sky\nversion: 1.0.0\n${testing}\n`,
    "tests/run.sh": `echo begun\nwhile [ ! -e ${it.at("gate")} ]; do sleep 0.05; done\necho opened\n`,
  };
}

function begin(): Story {
  const it = story({ packs: {} });
  it.write("packsync.yaml", JSON.stringify({ volume: "./volume", server: { roots: [it.directory], rateLimit: 0 } }));
  const { "pack.yaml": manifest, "tests/run.sh": run } = slowPack(it);
  it.write("incoming", { sky: { "pack.yaml": manifest, tests: { "run.sh": run } } });
  return it;
}

async function serve(it: Story, args: readonly string[]): Promise<Daemon & { readonly url: string }> {
  const env = { PACKSYNC_API_TOKEN: TOKEN, HOME: it.directory };
  const server = startDaemon(it, { args: [...args, "--listen", "127.0.0.1:0"], env });
  const url = () => /http:\/\/127\.0\.0\.1:\d+/.exec(`${server.stderr()} ${JSON.stringify(server.said())}`)?.[0];
  await expect.poll(url, { ...PATIENCE, message: "the address" }).toBeDefined();
  return { ...server, url: url() ?? "" };
}

async function call(
  url: string,
  method: string,
  body?: FormData | string,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(url, {
    method,
    body: body ?? null,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
  });
  return { status: response.status, json: (await response.json()) as Document };
}

async function register(url: string, it: Story, headers: Readonly<Record<string, string>> = {}) {
  const body = JSON.stringify({ path: it.at("incoming/sky") });
  return await call(`${url}/api/v1/packs/register`, "POST", body, { "content-type": "application/json", ...headers });
}

interface Event {
  readonly id: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a WebSocket brings; `code` once it is closed. */
function follow(url: string, id: string, after = 0) {
  const events: Event[] = [];
  const address = `${url.replace("http", "ws")}/api/v1/jobs/${id}/events?after=${after}`;
  const socket = new WebSocket(address, { headers: { authorization: `Bearer ${TOKEN}` } });
  socket.on("message", (message) => events.push(JSON.parse(String(message))));
  socket.on("error", () => {});
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  const has = async (line: string): Promise<void> => {
    await expect.poll(() => events.some(({ data }) => data["line"] === line), PATIENCE).toBe(true);
  };
  return { events, closed, has };
}

async function ended(url: string, id: string): Promise<Document["data"]> {
  const job = async () => (await call(`${url}/api/v1/jobs/${id}`, "GET")).json.data;
  await expect.poll(async () => (await job()).ended, PATIENCE).not.toBeNull();
  return await job();
}

const ASYNC = { prefer: "respond-async" };

test("a server that is killed finds its jobs interrupted, with all that happened; the same again completes", async () => {
  using it = begin();
  const before = await serve(it, ["serve"]);
  await using _ = before;
  const { status, json } = await register(before.url, it, ASYNC);
  expect([status, json.data.state]).toEqual([202, "running"]);
  const { id } = json.data;
  const first = follow(before.url, id);
  await first.has("begun");
  const seen = [...first.events];
  before.signal("SIGKILL");
  await before.ended;

  await using after = await serve(it, ["serve"]);
  const job = await call(`${after.url}/api/v1/jobs/${id}`, "GET");
  expect(job.json.data).toMatchObject({
    state: "interrupted",
    kind: "register",
    request: { path: it.at("incoming/sky") },
    result: null,
    error: { code: "SERVICE_UNAVAILABLE", status: 503 },
  });
  expect(it.exists("volume/sky")).toBe(false);
  const again = follow(after.url, id);
  expect(await again.closed).toBe(1000);
  expect(again.events.slice(0, seen.length)).toEqual(seen);
  expect(again.events.at(-1)).toMatchObject({ type: "state", data: { state: "interrupted" } });
  const missed = follow(after.url, id, seen.at(-1)?.id ?? 0);
  await missed.closed;
  expect(missed.events).toEqual(again.events.slice(seen.length));

  it.write("gate", "");
  const second = (await register(after.url, it, ASYNC)).json.data.id;
  const publishing = follow(after.url, second);
  await expect.poll(() => publishing.events.some(({ data }) => data["stage"] === "register"), PATIENCE).toBe(true);
  after.signal("SIGKILL");
  await after.ended;

  await using last = await serve(it, ["serve"]);
  expect(["interrupted", "succeeded"]).toContain((await ended(last.url, second)).state);
  const answer = await call(
    `${last.url}/api/v1/packs/register`,
    "POST",
    JSON.stringify({ path: it.at("incoming/sky"), force: true }),
    {
      "content-type": "application/json",
    },
  );
  expect(answer).toMatchObject({ status: 201, json: { data: { pack: { ref: "sky" } } } });
  expect(it.exists("volume/sky/pack.yaml")).toBe(true);
  expect((await call(`${last.url}/api/v1/packs/sky`, "GET")).status).toBe(200);
  expect((await call(`${last.url}/api/v1/jobs/${id}`, "GET")).json.data.state).toBe("interrupted");
});

test("beside the daemon, a job is followed, cancelled, and done when it is asked for again", async () => {
  using it = begin();
  await using server = await serve(it, []);
  const { id } = (await register(server.url, it, ASYNC)).json.data;
  const live = follow(server.url, id);
  await live.has("begun");
  expect((await call(`${server.url}/api/v1/jobs/${id}`, "DELETE")).status).toBe(202);
  expect(await live.closed).toBe(1000);
  expect(live.events.at(-1)).toMatchObject({ data: { state: "cancelled" } });
  expect((await ended(server.url, id)).state).toBe("cancelled");
  expect(it.exists("volume/sky")).toBe(false);

  const second = (await register(server.url, it, ASYNC)).json.data.id;
  const followed = follow(server.url, second);
  await followed.has("begun");
  it.write("gate", "");
  await followed.has("opened");
  expect(await followed.closed).toBe(1000);
  expect(await ended(server.url, second)).toMatchObject({
    state: "succeeded",
    progress: { percentage: 100 },
    result: { pack: { ref: "sky" }, test_result: { status: "passed" }, tests_skipped: false },
  });
  await server.stop();
});

test("a pack that is uploaded is live and registered; again it is a conflict, unless it is forced", async () => {
  using it = begin();
  it.write("gate", "");
  await using server = await serve(it, ["serve"]);
  const entries: readonly ArchiveEntry[] = Object.entries(slowPack(it)).map(([name, content]) => ({ name, content }));
  const upload = async (fields: Readonly<Record<string, string>> = {}, archive = tarGzOf(entries)) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("pack", new Blob([Buffer.from(archive)]), "sky.tar.gz");
    return await call(`${server.url}/api/v1/packs/upload`, "POST", form);
  };
  expect(await upload()).toMatchObject({
    status: 201,
    json: { data: { pack: { ref: "sky", version: "1.0.0" }, test_result: { status: "passed" }, tests_skipped: false } },
  });
  expect(it.read("volume/sky/pack.yaml")).toBe(slowPack(it)["pack.yaml"]);
  expect(await upload()).toMatchObject({ status: 409, json: { code: "CONFLICT" } });
  expect(await upload({ force: "true", skip_tests: "true" })).toMatchObject({
    status: 201,
    json: { data: { test_result: null, tests_skipped: true } },
  });
  const broken = tarGzOf([...entries.slice(1), { name: "pack.yaml", content: "ref: sea\nversion: 1.0.0\nlabel: [" }]);
  expect(await upload({}, broken)).toMatchObject({ status: 422, json: { code: "UNPROCESSABLE_ENTITY" } });
  expect(it.exists("volume/sea")).toBe(false);
});

test("there is one server for a volume", async () => {
  using it = begin();
  it.write("gate", "");
  await using first = await serve(it, ["serve"]);
  expect((await register(first.url, it)).status).toBe(201);
  const args = ["serve", "--listen", "127.0.0.1:0", "--lock-timeout", "0"];
  const second = startDaemon(it, { args, env: { PACKSYNC_API_TOKEN: TOKEN } });
  await using __ = second;
  expect(await second.ended).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("no other server for this volume"),
  });
});
