import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import { rawRequest, statusOf } from "../support/raw-request.ts";
import { READER, type Served, sendBytes, served, TOKEN } from "./serving.ts";

let it: Served;

beforeAll(async () => {
  it = await served();
});
afterAll(() => it[Symbol.asyncDispose]());

const DOWNLOAD = "/api/v1/packs/download";

describe("a field", () => {
  const valid = () => ({ packs: [], destination_dir: it.at("volume/d") });
  test.for([
    {
      title: "missing",
      change: { packs: undefined },
      error: "Expected `packs` to be a list of sources of packs, got nothing.",
    },
    { title: "null", change: { packs: null }, error: "Expected `packs` to be a list of sources of packs, got `null`." },
    {
      title: "a text for a list",
      change: { packs: "core" },
      error: "Expected `packs` to be a list of sources of packs, got `core`.",
    },
    {
      title: "a number in a list",
      change: { packs: ["a", 3] },
      error: "Expected `packs[1]` to be the source of a pack, got `3`.",
    },
    {
      title: "an object in a list",
      change: { packs: [{}] },
      error: "Expected `packs[0]` to be the source of a pack, got an object.",
    },
    { title: "empty", change: { destination_dir: "" }, error: "Expected `destination_dir` to be a directory, got ``." },
    {
      title: "a list for a text",
      change: { destination_dir: [] },
      error: "Expected `destination_dir` to be a directory, got a list.",
    },
    {
      title: "too small",
      change: { timeout: 9 },
      error: "Expected `timeout` to be whole seconds from 10 to 3600, got `9`.",
    },
    {
      title: "too large",
      change: { timeout: 3601 },
      error: "Expected `timeout` to be whole seconds from 10 to 3600, got `3601`.",
    },
    {
      title: "no whole number",
      change: { timeout: 10.5 },
      error: "Expected `timeout` to be whole seconds from 10 to 3600, got `10.5`.",
    },
    {
      title: "a number as text",
      change: { timeout: "300" },
      error: "Expected `timeout` to be whole seconds from 10 to 3600, got `300`.",
    },
    {
      title: "a word for a truth value",
      change: { verify_ssl: "no" },
      error: "Expected `verify_ssl` to be `true` or `false`, got `no`.",
    },
    {
      title: "wrong, and another one",
      change: { packs: 1, timeout: 1 },
      error: "Expected `packs` to be a list of sources of packs, got `1` (and 1 more problem).",
    },
  ])("that is $title is refused: what was expected, what came, where", async ({ change, error }) => {
    const { status, json } = await it.send("POST", DOWNLOAD, { ...valid(), ...change });
    expect({ status, json }).toEqual({
      status: 400,
      json: { error, code: "BAD_REQUEST", message: error, status: 400 },
    });
  });

  test("that nobody knows is ignored, and null is as good as nothing", async () => {
    const more = { registry_url: null, ref_spec: null, timeout: null, verify_ssl: null, colour: "red" };
    expect((await it.send("POST", DOWNLOAD, { ...valid(), ...more })).status).toBe(200);
  });
});

test.for([
  { title: "no JSON", body: "{", headers: {}, status: 400, error: "Expected the body to be JSON, got something else." },
  { title: "nothing", body: "", headers: {}, status: 400, error: "Expected the body to be an object, got nothing." },
  { title: "a list", body: "[]", headers: {}, status: 400, error: "Expected the body to be an object, got a list." },
  { title: "null", body: "null", headers: {}, status: 400, error: "Expected the body to be an object, got `null`." },
  {
    title: "a prototype in disguise",
    body: '{"__proto__": {"packs": []}, "destination_dir": "/tmp/packs"}',
    headers: {},
    status: 400,
    error: undefined,
  },
  {
    title: "text",
    body: "{}",
    headers: { "content-type": "text/plain" },
    status: 415,
    error: "Expected `Content-Type: application/json`, got something else.",
  },
  {
    title: "a form",
    body: "packs=a",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    status: 415,
    error: "Expected `Content-Type: application/json`, got something else.",
  },
])("a body that is $title: $status", async ({ body, headers, status, error }) => {
  const answer = await it.send("POST", DOWNLOAD, body, headers);
  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject({ status, code: expect.any(String), message: expect.any(String) });
  if (error !== undefined) expect(answer.json.error).toBe(error);
});

test("a body of 10 MB: 413, and the server goes on", async () => {
  const body = JSON.stringify({ packs: ["x".repeat(10_000_000)], destination_dir: "/tmp/packs" });
  const { status, json } = await it.send("POST", DOWNLOAD, body);
  expect({ status, code: json.code }).toEqual({ status: 413, code: "PAYLOAD_TOO_LARGE" });
  expect((await it.send("GET", "/healthz")).status).toBe(200);
});

test("a large body of a stranger is not read", async () => {
  const head = rawRequest("POST", DOWNLOAD, ["Content-Type: application/json", "Content-Length: 900000"]);
  const answer = await sendBytes(it.url, head.replace("Host: engine", "Host: localhost"));
  expect(statusOf(answer)).toBe(401);
});

test.for([
  { method: "GET", path: "/api/v1", status: 404, allow: null },
  { method: "GET", path: "/api/v2/packs", status: 404, allow: null },
  { method: "GET", path: "/api/v1/packs/core/nothing", status: 404, allow: null },
  { method: "GET", path: "/api/v1/../../etc/passwd", status: 404, allow: null },
  { method: "PUT", path: "/api/v1/packs", status: 405, allow: "GET, HEAD" },
  { method: "DELETE", path: DOWNLOAD, status: 405, allow: "POST" },
  { method: "POST", path: "/healthz", status: 405, allow: "GET, HEAD" },
  { method: "PATCH", path: "/api/v1/packs/core", status: 405, allow: "DELETE, GET, HEAD" },
  { method: "GET", path: "/api/v1/packs/core/rollback", status: 405, allow: "POST" },
  { method: "HEAD", path: "/api/v1/packs", status: 200, allow: null },
  { method: "GET", path: "/api/v1/packs/", status: 200, allow: null },
])("$method $path: $status", async ({ method, path, status, allow }) => {
  const answer = await it.send(method, path);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("allow")).toBe(allow);
  if (status >= 400) expect(answer.json).toMatchObject({ error: expect.any(String), code: expect.any(String), status });
});

test.for([
  "core%2f..%2f..%2fetc",
  "..%2f..%2fetc%2fpasswd",
  "%2e%2e",
  "core%00",
  "CORE",
  "a'%20OR%201=1--",
  "%3Cscript%3E",
  "x".repeat(250),
  ".packsync",
])("a ref in the path that is none: 404: %s", async (ref) => {
  for (const [method, rest] of [
    ["GET", ""],
    ["GET", "/releases"],
    ["POST", "/rollback"],
    ["POST", "/test"],
    ["DELETE", ""],
  ] as const) {
    const { status, json } = await it.send(method, `/api/v1/packs/${ref}${rest}`);
    expect({ method, rest, status, code: json.code }).toEqual({ method, rest, status: 404, code: "NOT_FOUND" });
  }
});

test.for([
  {
    title: "a path that cannot be decoded",
    bytes: rawRequest("GET", "/api/v1/packs/%zz", [`Authorization: Bearer ${TOKEN}`]),
    status: 400,
  },
  { title: "no HTTP", bytes: "hello\r\n\r\n", status: 400 },
  {
    title: "two lengths",
    bytes: rawRequest("POST", "/healthz", ["Content-Length: 1", "Content-Length: 2"], "x"),
    status: 400,
  },
  {
    title: "length and chunks",
    bytes: rawRequest("POST", "/healthz", ["Content-Length: 1", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
    status: 400,
  },
  { title: "headers of 100 KB", bytes: rawRequest("GET", "/healthz", [`X: ${"x".repeat(100_000)}`]), status: 431 },
])("$title: $status, as every failure", async ({ bytes, status }) => {
  const answer = await sendBytes(it.url, bytes.replace("Host: engine", "Host: localhost"));
  expect(statusOf(answer)).toBe(status);
  expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))).toMatchObject({ status, error: expect.any(String) });
});

test.for([
  { title: "nothing at all", bytes: [] },
  { title: "headers", bytes: ["GET /healthz HTTP/1.1\r\nHost: localhost\r\n", "X-A: b\r\n"] },
  {
    title: "a body",
    bytes: [
      `POST ${DOWNLOAD} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`,
      " ",
    ],
  },
])("who sends $title byte by byte is hung up on", async ({ bytes: [first = "", more = ""] }) => {
  await using slow = await served({ limits: { bodyBytes: 2 ** 20, headersMs: 300, requestMs: 600 } });
  const { hostname, port } = new URL(slow.url);
  const connection = connect(Number(port), hostname);
  let isOver = false;
  let answer = "";
  connection.on("data", (chunk) => {
    answer += chunk.toString("latin1");
  });
  connection.on("error", () => {});
  connection.on("close", () => {
    isOver = true;
  });
  connection.write(first);
  while (!isOver) {
    connection.write(more);
    await sleep(50);
  }
  expect(statusOf(answer)).toBe(408);
  expect((await slow.send("GET", "/healthz")).status).toBe(200);
});

test("what may have changed something is logged: who, what, and how it ended; no token", async () => {
  await using own = await served();
  await own.send("POST", `${DOWNLOAD}?token=${TOKEN}`, { packs: [], destination_dir: own.at("volume/d") });
  await own.send("DELETE", "/api/v1/packs/core", undefined, { authorization: `Bearer ${READER}` });
  await own.send("GET", "/api/v1/packs");
  await expect
    .poll(
      () => own.news.filter((each) => Array.isArray(each) && each[1] === "request").map((each) => Object(each)[0]),
      PATIENCE,
    )
    .toEqual([
      { method: "POST", path: DOWNLOAD, status: 200, by: "token", durationMs: expect.any(Number) },
      { method: "DELETE", path: "/api/v1/packs/core", status: 403, by: "reader", durationMs: expect.any(Number) },
    ]);
  expect(JSON.stringify(own.news)).not.toContain(TOKEN);
});

describe("the description", () => {
  test("is valid OpenAPI 3.1, with every path that there is", async () => {
    const { status, json, headers } = await it.send("GET", "/api/v1/openapi.json", undefined, {
      authorization: `Bearer ${READER}`,
    });
    expect({ status, type: headers.get("content-type") }).toEqual({
      status: 200,
      type: "application/json; charset=utf-8",
    });
    expect(json.openapi).toBe("3.1.0");
    expect(await new Validator().validate(json)).toMatchObject({ valid: true });
    const tagsOf = (path: string) => Object.values<{ tags: string[] }>(json.paths[path]).flatMap(({ tags }) => tags);
    const ofDashboard = Object.keys(json.paths).filter((path) => tagsOf(path).includes("dashboard"));
    expect(ofDashboard).toContain("/api/v1/overview");
    const paths = Object.keys(json.paths);
    expect(paths.filter((path) => !ofDashboard.includes(path)).sort()).toEqual([
      "/api/v1/events",
      "/api/v1/events/history",
      ...["", "/{id}", "/{id}/events"].map((rest) => `/api/v1/jobs${rest}`),
      "/api/v1/packs",
      ...["build-envs", "dependencies", "download", "install", "register", "register-batch", "upload"].map(
        (name) => `/api/v1/packs/${name}`,
      ),
      ...["", "/releases", "/rollback", "/test"].map((rest) => `/api/v1/packs/{ref}${rest}`),
      "/api/v1/series",
      "/api/v1/session",
      "/healthz",
      "/metrics",
      "/readyz",
    ]);
  });

  test("says of every request what it takes, and how it fails", async () => {
    const { json } = await it.send("GET", "/api/v1/openapi.json");
    expect(json.paths[DOWNLOAD].post.requestBody.content["application/json"].schema).toMatchObject({
      type: "object",
      required: ["packs", "destination_dir"],
    });
    const ids: string[] = [];
    for (const operation of Object.values<object>(json.paths).flatMap((path) => Object.values(path))) {
      ids.push(operation.operationId);
      expect(operation.summary, operation.operationId).toBeTruthy();
      if (operation.security === undefined)
        expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["401", "403", "429", "500", "503"]));
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is a page that needs nothing from elsewhere, for browsers that ask for a password", async () => {
    const asked = await it.send("GET", "/docs", undefined, { authorization: "" });
    expect(asked.headers.get("www-authenticate")).toContain("Basic");
    const { status, text, headers } = await it.send("GET", "/docs", undefined, {
      authorization: `Basic ${btoa(`me:${READER}`)}`,
    });
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(text).toContain("/api/v1/packs/{ref}/rollback");
    expect(text).not.toMatch(/<script|src=|href="http|@import|url\(/);
    expect((await it.send("GET", "/docs", undefined, { authorization: `Basic ${btoa("me:wrong")}` })).status).toBe(401);
  });
});
