import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { HttpSetting } from "../../src/plan/how.ts";
import { httpDriver } from "../../src/signal/http.ts";
import { openWire } from "../../src/signal/wire.ts";
import { failureOf, noticeFor } from "../contract/driver.contract.ts";
import { scratch } from "../support/trees.ts";
import { type Received, type Reply, startServer } from "../support/wire.ts";

const notice = noticeFor({ service: "hook" });

/** Told once, to a server that answers so. */
async function told(http: Omit<HttpSetting, "url">, reply: Reply = { status: 200 }) {
  await using server = await startServer(() => reply);
  await using wire = openWire();
  const driver = httpDriver({ wire, http: { url: `${server.url}/hook`, ...http }, timeoutSeconds: 60 });
  const outcome = await driver.tell(notice, new AbortController().signal);
  const [call] = server.received;
  expect.assert(call !== undefined);
  return { outcome, call };
}

test("posts the notice as JSON, unless it is told otherwise", async () => {
  const { call } = await told({});
  expect(call).toMatchObject({ method: "POST", path: "/hook" });
  expect(call.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(call.body)).toEqual({
    service: "hook",
    packs: [{ pack: "demo", release: "2-0123abcd", changes: notice.packs[0]?.changes }],
  });
});

test("takes any method, headers of one's own, and a body with what is told in its places", async () => {
  const body = { all: "{packs}", text: "{service}: {packs} {releases}", list: ["{changes}", 1, null], other: "{x}" };
  const { call } = await told({ method: "PUT", headers: { "X-Api-Key": "k", "Content-Type": "text/json" }, body });
  expect(call.method).toBe("PUT");
  expect(call.headers).toMatchObject({ "x-api-key": "k" });
  expect(JSON.parse(call.body)).toEqual({
    all: ["demo"],
    text: "hook: demo 2-0123abcd",
    list: [["demo/actions/echo.sh"], 1, null],
    other: "{x}",
  });
});

test("a GET has no body", async () => {
  const { call } = await told({ method: "GET", body: { a: 1 } });
  expect(call).toMatchObject({ method: "GET", body: "" });
});

test("signs the very bytes of the body, with the secret as the file has it now", async () => {
  using directory = scratch();
  const secretFile = `${directory.path}/secret`;
  const isSigned = ({ headers, body }: Received, secret: string) =>
    headers["x-packsync-signature-256"] === `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  writeFileSync(secretFile, "one\n");
  expect(isSigned((await told({ secretFile, body: "ä {packs}" })).call, "one")).toBe(true);
  writeFileSync(secretFile, "two");
  expect(isSigned((await told({ secretFile })).call, "two")).toBe(true);
});

test("without its secret it is not sent at all", async () => {
  const error = await failureOf(told({ secretFile: "/nowhere/secret" }));
  expect(error.message).toBe("Expected a secret in /nowhere/secret, got none: it cannot be read");
});

describe("what is a success", () => {
  test.for<[status: number, expect: readonly number[] | undefined, message: string | undefined]>([
    [200, undefined, undefined],
    [204, undefined, undefined],
    [302, undefined, "Expected a status of success of http://127.0.0.1, got 302"],
    [404, undefined, "Expected a status of success of http://127.0.0.1, got 404"],
    [404, [404, 410], undefined],
    [200, [204], "Expected the status 204 of http://127.0.0.1, got 200"],
  ])("%s, expecting %s", async ([status, expected, message]) => {
    const telling = told(expected === undefined ? {} : { expect: expected }, {
      status,
      headers: { location: "/other" },
    });
    if (message === undefined) await expect(telling).resolves.toMatchObject({ outcome: { kind: "told" } });
    else expect((await failureOf(telling)).message.replace(/:\d+,/, ",")).toBe(message);
  });
});

test("a refused connection says so", async () => {
  await using wire = openWire();
  const driver = httpDriver({ wire, http: { url: "http://127.0.0.1:1/x?key=secret" }, timeoutSeconds: 60 });
  const error = await failureOf(driver.tell(notice, new AbortController().signal));
  expect(error.message).toBe("Expected an answer of http://127.0.0.1:1, got ECONNREFUSED");
});
