import { createHmac } from "node:crypto";
import fc from "fast-check";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "../../src/platform/sha256.ts";
import { rawRequest, statusOf } from "../support/raw-request.ts";
import { READER, type Served, sendBytes, served, TOKEN } from "./serving.ts";

const SECRET = "the-secret-of-the-platform";
const FILE_TOKEN = "from-the-file-0123456789";
const HASHED_TOKEN = "hashed-in-the-file-0123456789";

let it: Served;

beforeAll(async () => {
  it = await served({
    files: {
      tokens: `# who may ask\n\nci  ${FILE_TOKEN}  packs:read,packs:create\nhashed sha256:${sha256(HASHED_TOKEN)} packs:read\n`,
    },
    server: { tokensFile: "tokens", jwtAudience: "packsync", jwtIssuer: "attune" },
    env: { JWT_SECRET: SECRET },
  });
});
afterAll(() => it[Symbol.asyncDispose]());

const later = () => Math.floor(Date.now() / 1000) + 600;

function jwt(claims: Record<string, unknown> = {}, secret = SECRET, algorithm = "HS256"): Promise<string> {
  const whole = { sub: "7", exp: later(), aud: "packsync", iss: "attune", ...claims };
  return new SignJWT(whole).setProtectedHeader({ alg: algorithm }).sign(new TextEncoder().encode(secret));
}

function unsigned(header: object, signature = ""): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part({ sub: "7", exp: later(), aud: "packsync", iss: "attune" })}.${signature}`;
}

async function reading(authorization: string | undefined): Promise<number> {
  return (await it.send("GET", "/api/v1/packs", undefined, { authorization: authorization ?? "" })).status;
}

async function changing(authorization: string): Promise<number> {
  const body = { packs: [], destination_dir: it.at("volume/downloads") };
  return (await it.send("POST", "/api/v1/packs/download", body, { authorization })).status;
}

test.for([
  { title: "all scopes, from the environment", token: TOKEN, reads: 200, changes: 200 },
  { title: "one scope, from packsync.yaml", token: READER, reads: 200, changes: 403 },
  { title: "as it is, from the file", token: FILE_TOKEN, reads: 200, changes: 200 },
  { title: "by its digest, from the file", token: HASHED_TOKEN, reads: 200, changes: 403 },
  { title: "the digest itself", token: sha256(HASHED_TOKEN), reads: 401, changes: 401 },
  { title: "unknown", token: "nobody-knows-0123456789", reads: 401, changes: 401 },
])("a token $title: $reads for reading, $changes for changing", async ({ token, reads, changes }) => {
  expect(await reading(`Bearer ${token}`)).toBe(reads);
  expect(await changing(`Bearer ${token}`)).toBe(changes);
});

test.for([
  { title: "without a scope", claims: {}, reads: 200, changes: 403 },
  { title: "with scopes as a text", claims: { scope: "packs:read packs:create" }, reads: 200, changes: 200 },
  { title: "with scopes as a list", claims: { scopes: ["packs:create"] }, reads: 403, changes: 200 },
  { title: "with permissions", claims: { permissions: ["rules:read", "packs:read"] }, reads: 200, changes: 403 },
  { title: "with other scopes", claims: { scope: "rules:read" }, reads: 403, changes: 403 },
  { title: "for access", claims: { token_type: "access" }, reads: 200, changes: 403 },
  { title: "for renewal only", claims: { token_type: "refresh", scope: "packs:read" }, reads: 401, changes: 401 },
  { title: "that expired", claims: { exp: 1_700_000_000 }, reads: 401, changes: 401 },
  { title: "without an end", claims: { exp: undefined }, reads: 401, changes: 401 },
  { title: "that is not valid yet", claims: { nbf: 4_000_000_000 }, reads: 401, changes: 401 },
  { title: "for somebody else", claims: { aud: "others" }, reads: 401, changes: 401 },
  { title: "from somebody else", claims: { iss: "others" }, reads: 401, changes: 401 },
])("the platform's token $title: $reads for reading, $changes for changing", async ({ claims, reads, changes }) => {
  const token = await jwt(claims);
  expect(await reading(`Bearer ${token}`)).toBe(reads);
  expect(await changing(`Bearer ${token}`)).toBe(changes);
});

test.for([
  { title: "signed by another secret", make: () => jwt({}, "another-secret-0123456789") },
  { title: "signed by HS512", make: () => jwt({}, SECRET, "HS512") },
  { title: "of alg none", make: () => unsigned({ alg: "none" }) },
  { title: "of alg None with a signature", make: () => unsigned({ alg: "None" }, "AAAA") },
  { title: "without alg", make: () => unsigned({}) },
  {
    title: "whose header names other keys",
    make: () =>
      unsigned({ alg: "HS256", jwk: { kty: "oct", k: "AAAA" } }, createHmac("sha256", "\0\0\0").digest("base64url")),
  },
  { title: "without its signature", make: async () => `${(await jwt()).split(".").slice(0, 2).join(".")}.` },
  { title: "of two parts", make: async () => (await jwt()).split(".").slice(0, 2).join(".") },
  { title: "twice", make: async () => `${await jwt()}.${await jwt()}` },
])("refuses a token $title", async ({ make }) => {
  expect(await reading(`Bearer ${await make()}`)).toBe(401);
});

test("refuses a token that was cut short anywhere", { timeout: 120_000 }, async () => {
  const token = await jwt({ scope: "packs:read" });
  for (let length = 0; length < token.length; length += 7)
    expect(await reading(`Bearer ${token.slice(0, length)}`)).toBe(401);
  expect(await reading(`Bearer ${token}`)).toBe(200);
});

test.for([
  undefined,
  "Bearer",
  "Bearer ",
  TOKEN,
  `Basic ${btoa(`x:${TOKEN}`)}`,
  `bearer  ${TOKEN} x`,
  `Token ${TOKEN}`,
])("refuses what is no bearer token: %s", async (authorization) => {
  expect(await reading(authorization)).toBe(401);
});

test("says why, and how to ask", async () => {
  const { status, json, headers } = await it.send("GET", "/api/v1/packs", undefined, { authorization: "" });
  expect({ status, json }).toEqual({
    status: 401,
    json: {
      error: "Missing authentication token.",
      code: "UNAUTHORIZED",
      message: "Missing authentication token. Send `Authorization: Bearer <token>`.",
      status: 401,
    },
  });
  expect(headers.get("www-authenticate")).toBe("Bearer");
  const expired = await jwt({ exp: 1_700_000_000 });
  const old = await it.send("GET", "/api/v1/packs", undefined, { authorization: `Bearer ${expired}` });
  expect(old.json.error).toBe("Authentication token expired.");
  const reader = await it.send("DELETE", "/api/v1/packs/core", undefined, { authorization: `Bearer ${READER}` });
  expect(reader.json).toMatchObject({ code: "FORBIDDEN", status: 403 });
  expect(reader.json.error).toContain("`packs:create`");
});

test("lets nobody in by anything that was made up", { timeout: 120_000 }, async () => {
  const headers = fc.stringMatching(/^(Bearer )?[\x21-\x7e]{0,60}$/);
  await fc.assert(
    fc.asyncProperty(headers, async (header) => {
      expect(await reading(header)).toBe(401);
    }),
    { numRuns: 100 },
  );
});

describe("without a token", () => {
  test.for(["/healthz", "/readyz"])("%s is open", async (path) => {
    expect((await it.send("GET", path, undefined, { authorization: "" })).status).toBe(200);
  });

  test.for([
    ["GET", "/api/v1/packs"],
    ["GET", "/api/v1/packs/core"],
    ["GET", "/api/v1/packs/core/releases"],
    ["POST", "/api/v1/packs/core/rollback"],
    ["POST", "/api/v1/packs/core/test"],
    ["DELETE", "/api/v1/packs/core"],
    ["POST", "/api/v1/packs/download"],
    ["POST", "/api/v1/packs/dependencies"],
    ["POST", "/api/v1/packs/build-envs"],
    ["POST", "/api/v1/packs/register"],
    ["POST", "/api/v1/packs/register-batch"],
    ["POST", "/api/v1/packs/install"],
    ["GET", "/api/v1/openapi.json"],
    ["GET", "/docs"],
    ["PUT", "/api/v1/packs"],
    ["GET", "/api/v1/nothing"],
    ["GET", "/nothing"],
  ] as const)("%s %s is closed", async ([method, path]) => {
    expect((await it.send(method, path, undefined, { authorization: "" })).status).toBe(401);
  });
});

test.for([
  { host: "localhost", status: 200 },
  { host: "LOCALHOST:1", status: 200 },
  { host: "127.0.0.1:80", status: 200 },
  { host: "[::1]:80", status: 200 },
  { host: "evil.example", status: 403 },
  { host: "127.0.0.1.evil.example", status: 403 },
  { host: "localhost.evil.example:80", status: 403 },
  { host: "", status: 403 },
])("at this machine alone, asked as `$host`: $status", async ({ host, status }) => {
  const request = rawRequest("GET", "/healthz").replace("Host: engine", `Host: ${host}`);
  expect(statusOf(await sendBytes(it.url, request))).toBe(status);
});

test("where anybody may read, who only reads may ask as often as who has a token; who guesses tokens may not", async () => {
  await using open = await served({ server: { rateLimit: 400, anonymous: true } });
  const without = { authorization: "" };
  const read = () => open.send("GET", "/api/v1/packs", undefined, without);
  const statuses = await Promise.all(Array.from({ length: 400 }, async () => (await read()).status));
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect((await read()).status).toBe(429);
  const post = () => open.send("POST", "/api/v1/packs/dependencies", { pack_paths: [] }, without);
  const posted = await Promise.all(Array.from({ length: 301 }, async () => (await post()).status));
  expect(posted.filter((status) => status === 429)).toHaveLength(1);
});

test("slows down who has no token, and not who has one", async () => {
  await using busy = await served({ server: { rateLimit: 20 } });
  const ask = (authorization: string) => busy.send("GET", "/api/v1/packs", undefined, { authorization });
  const statuses: number[] = [];
  for (let n = 0; n < 25; n++) statuses.push((await ask(`Bearer guess-${n}-0123456789`)).status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(20);
  const { status, json, headers } = await ask("Bearer another-guess-0123456789");
  expect({ status, code: json.code, isSaid: Number(headers.get("retry-after")) > 0 }).toEqual({
    status: 429,
    code: "TOO_MANY_REQUESTS",
    isSaid: true,
  });
  expect((await busy.send("GET", "/nothing", undefined, { authorization: "" })).status).toBe(429);
  const probe = (path: string) => busy.send("GET", path, undefined, { authorization: "" });
  for (let n = 0; n < 20; n++) expect((await probe("/healthz")).status).toBe(200);
  expect((await probe("/healthz")).status).toBe(429);
  for (let n = 0; n < 20; n++) expect((await ask(`Bearer ${READER}`)).status).toBe(200);
  expect((await ask(`Bearer ${READER}`)).status).toBe(429);
  expect((await ask(`Bearer ${TOKEN}`)).status).toBe(200);
});
