import { statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openGuard } from "../../src/guard.ts";
import { dockerDriver } from "../../src/signal/docker.ts";
import { openEngine } from "../../src/signal/engine.ts";
import { ownProject } from "../../src/signal/own-project.ts";
import { failureOf, noticeFor } from "../contract/driver.contract.ts";
import { atOnce } from "../support/docker.ts";
import { rawRequest, sendRaw, statusOf } from "../support/raw-request.ts";
import {
  API,
  DATABASE,
  FOREIGN,
  type RecordingEngine,
  SECRET,
  startRecordingEngine,
  WORKER,
} from "../support/recording-engine.ts";
import { silent } from "../support/sync.ts";
import { scratch } from "../support/trees.ts";

const policy = { project: "mine", services: ["api", "worker-*"], signals: ["SIGHUP"] };
const never = new AbortController().signal;
const resources = new AsyncDisposableStack();
let engine: RecordingEngine;
let socket: string;

beforeAll(async () => {
  const directory = resources.use(scratch());
  engine = resources.use(await startRecordingEngine(`${directory.path}/e.sock`));
  socket = `${directory.path}/g.sock`;
  const host = `unix://${directory.path}/e.sock`;
  resources.use(await openGuard({ policy, socket, host, owner: undefined, log: silent }));
});
afterAll(() => resources.disposeAsync());
beforeEach(() => {
  engine.recorded.length = 0;
});

const send = (method: string, target: string, headers?: readonly string[], body?: string) =>
  sendRaw(socket, rawRequest(method, target, headers, body));
const acts = () => engine.recorded.map(({ line }) => line).filter((line) => line.startsWith("POST"));

describe("lets through", () => {
  test.for<[method: string, target: string, status: number, act?: string]>([
    ["GET", "/_ping", 200],
    ["HEAD", "/_ping", 200],
    ["GET", "/v1.41/_ping", 200],
    ["GET", "/info", 200],
    ["GET", "/containers/json", 200],
    ["GET", "/v1.41/containers/json?all=1", 200],
    ["GET", `/containers/${API.id}/json`, 200],
    ["GET", `/containers/${API.id.slice(0, 12)}/json`, 200],
    ["GET", `/containers/${WORKER.name}/json`, 200],
    ["POST", `/containers/${API.id}/restart`, 204, `POST /containers/${API.id}/restart`],
    ["POST", `/v1.41/containers/${WORKER.name}/restart`, 204, `POST /containers/${WORKER.id}/restart`],
    ["POST", `/containers/${API.id}/kill?signal=SIGHUP`, 204, `POST /containers/${API.id}/kill?signal=SIGHUP`],
  ])("%s %s", async ([method, target, status, act]) => {
    const answer = await send(method, target, method === "POST" ? ["Content-Length: 0"] : []);
    expect(statusOf(answer)).toBe(status);
    expect(answer).not.toContain(SECRET);
    expect(acts()).toEqual(act === undefined ? [] : [act]);
  });
});

const restart = `/containers/${API.id}/restart`;

describe("refuses", () => {
  test.for<[method: string, target: string, headers?: readonly string[], body?: string]>([
    ["POST", "/containers/create"],
    ["POST", "/containers/create", ["Content-Length: 2"], "{}"],
    ["GET", "/containers/json", ["Content-Length: 2"], "{}"],
    ["DELETE", `/containers/${API.id}`],
    ["POST", `/containers/${API.id}/stop`],
    ["POST", `/containers/${API.id}/exec`],
    ["GET", `/containers/${API.id}/logs?stdout=1`],
    ["GET", `/containers/${API.id}/archive?path=/etc/shadow`],
    ["POST", `/containers/${DATABASE.id}/restart`],
    ["POST", `/containers/${DATABASE.name}/restart`],
    ["GET", `/containers/${DATABASE.id.slice(0, 12)}/json`],
    ["POST", `/containers/${FOREIGN.id}/restart`],
    ["GET", `/containers/${FOREIGN.name}/json`],
    ["POST", `/containers/${API.id.slice(0, 11)}/restart`],
    ["POST", `/containers/${API.id}/kill`],
    ["POST", `/containers/${API.id}/kill?signal=SIGKILL`],
    ["POST", `/containers/${API.id}/kill?signal=1`],
    ["POST", `/containers/${API.id}/kill?signal=SIGHUP&signal=SIGKILL`],
    ["POST", `${restart}?t=0`],
    ["POST", `${restart}?signal=SIGKILL`],
    ["GET", restart],
    ["PUT", restart],
    ["POST", `${restart}/`],
    ["POST", `/${restart}`],
    ["POST", `/v1.41/../v1.41${restart}`],
    ["POST", restart.replace("containers", "%63ontainers")],
    ["POST", `http://engine${restart}`],
    ["POST", `${restart}#x`],
    ["POST", `${restart}%00`],
    ["POST", restart, ["X-HTTP-Method-Override: DELETE"]],
    ["POST", restart, ["Upgrade: tcp", "Connection: Upgrade"]],
    ["POST", restart, ["Transfer-Encoding: chunked"], "0\r\n\r\n"],
    ["POST", restart, ["Content-Length: 5"], "hello"],
    ["POST", restart, ["Expect: 100-continue"]],
    ["GET", "/containers/json?filters=%7B%22status%22%3A%5B%22exited%22%5D%7D"],
    ["GET", "/containers/json?size=1"],
    ["GET", "/version"],
    ["GET", "/events"],
    ["POST", "/build"],
    ["POST", "/session", ["Upgrade: h2c", "Connection: Upgrade"]],
  ])("%s %s %s", async ([method, target, headers, body]) => {
    const answer = await send(method, target, headers, body);
    expect([400, 403]).toContain(statusOf(answer));
    expect(answer).not.toContain(SECRET);
    expect(acts()).toEqual([]);
  });
});

test("shows the allowed services of the project only, whatever the engine lists", async () => {
  const answer = await send("GET", "/containers/json?all=1");
  const listed: { readonly Id: string }[] = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
  expect(listed.map(({ Id }) => Id).sort()).toEqual([API.id, WORKER.id].sort());
  expect(Object.keys(listed[0] ?? {}).sort()).toEqual(["Created", "Id", "Labels", "Names", "State", "Status"]);
});

test("narrows a list by labels, as the engine does", async () => {
  const filters = JSON.stringify({ label: ["com.docker.compose.service=api", "com.docker.compose.project"] });
  const answer = await send("GET", `/containers/json?${new URLSearchParams({ all: "1", filters })}`);
  expect(answer).toContain(API.id);
  expect(answer).not.toContain(WORKER.id);
});

test("the docker driver works through it, and finds its project by it", async () => {
  await using opened = openEngine(socket);
  expect(await ownProject(opened, { mountinfo: "", hostname: "" }, never)).toBe("mine");
  const driver = dockerDriver({
    how: { by: "restart" },
    timeoutSeconds: 60,
    ...atOnce(opened, "mine"),
  });
  await expect(driver.tell(noticeFor({ service: "api" }), never)).resolves.toEqual({
    kind: "told",
    evidence: ["mine_api_1 restarted at 2026-11-21T11:00:00Z"],
  });
  await expect(driver.tell(noticeFor({ service: "postgres" }), never)).resolves.toMatchObject({ kind: "absent" });
  expect(await opened.now(never)).toBe("2026-11-21T12:00:00.123456789Z");
  expect(acts()).toEqual([`POST /containers/${API.id}/restart`]);
});

test("says that it was the guard who refused", async () => {
  await using opened = openEngine(socket);
  const error = await failureOf(opened.kill(API.id, "SIGTERM", never));
  expect(error.message).toContain("got 403: refused by packsync docker-guard");
  expect(error.hint).toContain("--allow");
});

test("its socket is for its owner and group, and takes the place of one that was left", async () => {
  expect(statSync(socket).mode & 0o777).toBe(0o660);
  using directory = scratch();
  const path = `${directory.path}/g.sock`;
  const settings = { policy, socket: path, host: "unix:///nowhere", owner: undefined, log: silent };
  await using first = await openGuard(settings);
  await using _ = await openGuard(settings); // over the first one's socket
  expect(statusOf(await sendRaw(path, rawRequest("GET", "/version")))).toBe(403);
  expect(statusOf(await sendRaw(path, rawRequest("GET", "/_ping")))).toBe(502);
  expect(first).toBeDefined();
});

test("does not remove what is no socket", async () => {
  using directory = scratch();
  const path = `${directory.path}/file`;
  writeFileSync(path, "mine");
  const settings = { policy, socket: path, host: "unix:///nowhere", owner: undefined, log: silent };
  const error = await failureOf(openGuard(settings));
  expect(error.message).toBe(`Expected to listen at \`${path}\`, got EADDRINUSE`);
});
