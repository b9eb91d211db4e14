import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildStaleWeb } from "../../scripts/build-web.ts";
import { readWebFiles } from "../../src/server/web-files.ts";
import { type Served, sendBytes, served } from "./serving.ts";

const WEB = join(import.meta.dirname, "../../dist/web");
const KIB = 1024;

let it: Served;
let page: string;

beforeAll(async () => {
  await buildStaleWeb();
  it = await served();
  page = readFileSync(`${WEB}/index.html`, "utf8");
});
afterAll(() => it[Symbol.asyncDispose]());

/** As it comes over the wire: fetch decompresses, and does not say so. */
async function raw(path: string, encoding: string): Promise<{ readonly head: string; readonly body: Buffer }> {
  const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept-Encoding: ${encoding}\r\n\r\n`;
  const answer = Buffer.from(await sendBytes(it.url, head), "latin1");
  const end = answer.indexOf("\r\n\r\n");
  return { head: answer.toString("latin1", 0, end), body: answer.subarray(end + 4) };
}

function assets(): readonly string[] {
  return [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, name = ""]) => name);
}

test("the page is there for everybody, is asked for anew each time, and has no way out", async () => {
  const { status, headers, text } = await it.send("GET", "/", undefined, { authorization: "" });
  expect({ status, text }).toEqual({ status: 200, text: page });
  expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(headers.get("cache-control")).toBe("no-cache");
  expect(headers.get("content-security-policy")).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  );
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|style=|\bon\w+=|https?:\/\//);
});

test("whatever it loads is there, as it was built, for ever", async () => {
  expect(assets().length).toBeGreaterThanOrEqual(3);
  for (const name of assets()) {
    const { status, headers, text } = await it.send("GET", `/${name}`, undefined, { authorization: "" });
    expect({ status, isSame: text === readFileSync(`${WEB}/${name}`, "utf8") }).toEqual({ status: 200, isSame: true });
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const again = await it.send("GET", `/${name}`, undefined, { "if-none-match": headers.get("etag") ?? "" });
    expect({ status: again.status, text: again.text }).toEqual({ status: 304, text: "" });
  }
});

test("comes compressed to who can read that", async () => {
  const [name = ""] = assets().filter((each) => each.endsWith(".js"));
  const plain = readFileSync(`${WEB}/${name}`);
  const [br, gzip, none, refused] = await Promise.all(
    ["gzip, deflate, br", "gzip", "", "br;q=0, gzip;q=0.0"].map((encoding) => raw(`/${name}`, encoding)),
  );
  expect(br?.head).toMatch(/content-encoding: br\r\n/i);
  expect(brotliDecompressSync(br?.body ?? "").equals(plain)).toBe(true);
  expect(gzip?.head).toMatch(/content-encoding: gzip\r\n/i);
  expect(gunzipSync(gzip?.body ?? "").equals(plain)).toBe(true);
  for (const answer of [none, refused]) {
    expect(answer?.head).not.toMatch(/content-encoding/i);
    expect(answer?.body.equals(plain)).toBe(true);
  }
  expect(br?.head).toMatch(/vary: accept-encoding/i);
});

test("what the first look loads is at most 100 KB", () => {
  const sizes = ["index.html", ...assets()].map((name) => readFileSync(`${WEB}/${name}.gz`).byteLength);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(100 * KIB);
});

test.for([
  "/assets/../../package.json",
  "/assets/..%2f..%2fpackage.json",
  "/assets/%2e%2e/%2e%2e/package.json",
  "/assets/....//....//package.json",
  "/assets/..\\..\\package.json",
  "/assets/%00",
  "/assets//etc/passwd",
  "/assets/",
  "/assets/index.html",
  "/assets/sources.sha256",
  "/index.html",
  "/sources.sha256",
  "/assets/__proto__",
  "/assets/../../../../../../../../etc/passwd",
])("leads to no other file: %s", async (path) => {
  const { head } = await raw(path, "");
  expect(head).toMatch(/^HTTP\/1\.1 40[0-4] /);
});

describe("every answer has what keeps a browser from guessing and from sharing", () => {
  test.for([
    ["GET", "/", 200],
    ["HEAD", "/", 200],
    ["GET", "/assets/nothing.js", 404],
    ["GET", "/healthz", 200],
    ["GET", "/docs", 200],
    ["GET", "/api/v1/packs", 200],
    ["GET", "/api/v1/packs/nothing", 404],
    ["GET", "/api/v1/session", 200],
    ["POST", "/api/v1/session", 400],
    ["PUT", "/api/v1/packs", 405],
    ["GET", "/nothing", 404],
  ] as const)("%s %s", async ([method, path, status]) => {
    const answer = await it.send(method, path);
    expect(answer.status).toBe(status);
    expect(safe(answer.headers)).toEqual(SAFE);
    expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'none';.*frame-ancestors 'none'$/);
    expect(answer.headers.get("cache-control")).toBe(path === "/" ? "no-cache" : "no-store");
  });

  test("also what was no request at all", async () => {
    const answer = await sendBytes(it.url, "nonsense\r\n\r\n");
    for (const [name, value] of Object.entries(SAFE)) expect(answer.toLowerCase()).toContain(`${name}: ${value}`);
  });
});

const SAFE = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

function safe(headers: Headers): Record<string, string | null> {
  return Object.fromEntries(Object.keys(SAFE).map((name) => [name, headers.get(name)]));
}

test("nobody built it: nothing is there to be served", () => {
  expect(readWebFiles(new URL("file:///nonexistent/web/"))).toBe(undefined);
});
