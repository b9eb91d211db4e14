import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Driver, Notice } from "../../src/signal/driver.ts";
import { stackstormEnvironments } from "../../src/signal/environments.ts";
import { attuneRegister, type PlatformDeps, stackstormRegister } from "../../src/signal/platform.ts";
import { openWire } from "../../src/signal/wire.ts";
import { failureOf } from "../contract/driver.contract.ts";
import { scratch } from "../support/trees.ts";
import { type Received, type Reply, startServer } from "../support/wire.ts";

const notice: Notice = {
  service: "register",
  packs: [
    { ref: "core", release: "3-aaaaaaaa", changes: [] },
    { ref: "gone", release: undefined, changes: [] },
    { ref: "demo", release: "1-bbbbbbbb", changes: [] },
  ],
};
const registered = { data: { registered_packs: [{ pack_ref: "core" }, { pack_ref: "demo" }], failed_packs: [] } };

/** Told once, to a platform that answers so. */
async function told(
  make: (deps: PlatformDeps) => Driver,
  reply: (call: Received) => Reply,
  about: Partial<PlatformDeps> = {},
  what = notice,
) {
  await using server = await startServer(reply);
  await using wire = openWire();
  const deps = { wire, url: server.url, token: { text: "t0ken" }, packsDir: "/opt/attune/packs", timeoutSeconds: 60 };
  const outcome = await make({ ...deps, ...about }).tell(what, new AbortController().signal);
  return { outcome, received: server.received };
}

test("Attune registers what is live, by its path, and by force", async () => {
  const { received } = await told(attuneRegister, () => ({ status: 200, body: registered }));
  expect(received).toMatchObject([
    { method: "POST", path: "/api/v1/packs/register-batch", headers: { authorization: "Bearer t0ken" } },
  ]);
  expect(JSON.parse(received[0]?.body ?? "")).toEqual({
    pack_paths: ["/opt/attune/packs/core", "/opt/attune/packs/demo"],
    force: true,
    skip_tests: true,
  });
});

test("the token is read from its file with each call, without the line's end", async () => {
  using directory = scratch();
  const token = { file: `${directory.path}/token` };
  writeFileSync(token.file, "from-file\n");
  const { received } = await told(attuneRegister, () => ({ status: 200, body: registered }), { token });
  expect(received[0]?.headers["authorization"]).toBe("Bearer from-file");
});

test("one pack that is not registered is a failure, with its path and the reason", async () => {
  const failed = {
    pack_ref: "unknown",
    pack_path: "/opt/attune/packs/demo",
    error: "no such runtime",
    error_stage: "registration",
  };
  const body = { data: { registered_packs: [{ pack_ref: "core" }], failed_packs: [failed] } };
  const error = await failureOf(told(attuneRegister, () => ({ status: 200, body })));
  expect(error.message).toBe("Expected /opt/attune/packs/demo to be registered, got: no such runtime");
});

test("a pack that the platform does not mention is a failure", async () => {
  const body = { data: { registered_packs: [{ pack_ref: "core" }], failed_packs: [] } };
  const error = await failureOf(told(attuneRegister, () => ({ status: 200, body })));
  expect(error.message).toBe("Expected demo to be registered, got no word of it");
});

test.for<[title: string, reply: Reply, message: string, hint: string | undefined]>([
  ["Attune's error", { status: 400, body: { error: "bad path", code: "BAD_REQUEST" } }, "got 400: bad path", undefined],
  [
    "Attune's refusal",
    { status: 401, body: { error: { code: 401, message: "Invalid authentication token" } } },
    "got 401: Invalid authentication token",
    "Correct the token: `platform.tokenFile`, or PACKSYNC_PLATFORM_TOKEN.",
  ],
  [
    "StackStorm's error",
    { status: 500, body: { faultstring: "Internal Server Error" } },
    "got 500: Internal Server Error",
    undefined,
  ],
  ["no JSON", { status: 502, body: "<html>" }, "got 502", undefined],
])("says what the platform says: %s", async ([, reply, message, hint]) => {
  const error = await failureOf(told(attuneRegister, () => reply));
  expect(error.message).toMatch(/^Expected http:\/\/127\.0\.0\.1:\d+ to do `\/api\/v1\/packs\/register-batch`, /);
  expect(error.message.endsWith(message), error.message).toBe(true);
  expect(error.hint).toBe(hint);
});

test("an answer that is none of the platform's is a failure", async () => {
  const error = await failureOf(told(attuneRegister, () => ({ status: 200, body: "<html>hello</html>" })));
  expect(error.hint).toBe("Is `platform.url` the platform's API?");
});

test("without a token nobody is asked", async () => {
  const error = await failureOf(told(attuneRegister, () => ({ status: 200 }), { token: { text: undefined } }));
  expect(error.message).toBe("Expected a token for the platform, got none");
});

test.for([
  { title: "Attune", make: attuneRegister },
  { title: "StackStorm", make: stackstormRegister },
])("$title is not asked about packs that are gone", async ({ make }) => {
  const gone = { ...notice, packs: notice.packs.filter(({ release }) => release === undefined) };
  const { outcome, received } = await told(make, () => ({ status: 500 }), {}, gone);
  expect(outcome).toEqual({ kind: "absent", why: "no pack of these is live any more" });
  expect(received).toEqual([]);
});

test("StackStorm registers everything of the packs that are live, with an API key", async () => {
  const { received } = await told(stackstormRegister, () => ({ status: 200, body: { actions: 3 } }));
  expect(received).toMatchObject([
    { method: "POST", path: "/api/v1/packs/register", headers: { "st2-api-key": "t0ken" } },
  ]);
  expect(JSON.parse(received[0]?.body ?? "")).toEqual({
    types: ["all"],
    packs: ["core", "demo"],
    fail_on_failure: true,
  });
});

const environments = (deps: PlatformDeps) => stackstormEnvironments({ ...deps, sleep: async () => {} });

/** An execution that has these states, one after the other. */
function execution(...states: readonly string[]): (call: Received) => Reply {
  const left = [...states];
  return ({ method }) => {
    const status = method === "POST" ? "requested" : (left.shift() ?? "none");
    return { status: method === "POST" ? 201 : 200, body: { id: "6e", status } };
  };
}

test("environments are done when StackStorm's own action has succeeded", async () => {
  const { outcome, received } = await told(environments, execution("scheduled", "running", "succeeded"));
  expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /api/v1/executions",
    ...Array.from({ length: 3 }, () => "GET /api/v1/executions/6e"),
  ]);
  expect(JSON.parse(received[0]?.body ?? "")).toEqual({
    action: "packs.setup_virtualenv",
    parameters: { packs: ["core", "demo"], update: true },
  });
  expect(outcome.kind).toBe("told");
});

test.for(["failed", "timeout", "canceled", "abandoned"])(
  "environments have failed when the action is %s",
  async (status) => {
    const error = await failureOf(told(environments, execution("running", status)));
    expect(error.message).toBe(`Expected packs.setup_virtualenv to succeed, got ${status} (6e)`);
  },
);
