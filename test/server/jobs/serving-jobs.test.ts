import { expect, test } from "vitest";
import { PATIENCE } from "../../scenarios/support/daemon.ts";
import { READER, served } from "../serving.ts";

const ASYNC = { prefer: "respond-async" };
const JOBS = "/api/v1/jobs";
const DOWNLOAD = "/api/v1/packs/download";

test("who only looks makes no volume, and finds no job", async () => {
  await using it = await served();
  const { status, json } = await it.send("GET", JOBS);
  expect({ status, json }).toEqual({
    status: 200,
    json: { data: [], pagination: { page: 1, page_size: 50, total_items: 0, total_pages: 0 } },
  });
  for (const [method, path] of [
    ["GET", `${JOBS}/x`],
    ["DELETE", `${JOBS}/x`],
    ["GET", `${JOBS}/x/events`],
  ] as const)
    expect(await it.send(method, path)).toMatchObject({ status: 404, json: { code: "NOT_FOUND" } });
  expect(it.exists("volume")).toBe(false);
});

test("what a job was asked for shows no credentials, and neither does what happened", async () => {
  await using it = await served({ server: { roots: ["."] } });
  const body = {
    packs: ["https://me:s3cret@127.0.0.1:9/sky.git?key=s3cret", "https://me:s3cret@127.0.0.1:9/a.zip", "me:s3cret@no"],
    destination_dir: it.at("downloads"),
    registry_url: "https://me:s3cret@127.0.0.1:9/index.json",
    token: "s3cret",
  };
  const { status, json } = await it.send("POST", DOWNLOAD, body, ASYNC);
  expect({ status, kind: json.data.kind }).toEqual({ status: 202, kind: "download" });
  const job = async () => await it.send("GET", `${JOBS}/${json.data.id}`);
  await expect.poll(async () => (await job()).json.data.state, PATIENCE).toBe("succeeded");
  const done = await job();
  expect(done.json.data).toMatchObject({
    request: { packs: ["https://127.0.0.1:9/sky.git?…", "https://127.0.0.1:9/a.zip", "me:…@no"] },
    result: { failure_count: 3 },
  });
  const events = await it.send("GET", `${JOBS}/${json.data.id}/events`, undefined, { accept: "text/event-stream" });
  const stage = (pack: string, percentage: number) => JSON.stringify({ stage: "download", pack, percentage });
  expect(events.text).toContain(stage("https://127.0.0.1:9/sky.git?…", 0));
  expect(events.text).toContain(stage("https://127.0.0.1:9/a.zip", 33));
  expect(events.text).toContain("event: end");
  expect(`${done.text} ${events.text} ${(await it.send("GET", JOBS)).text}`).not.toContain("s3cret");
});

test("while the volume cannot be used nothing is done, and what only reads goes on; then it is done", async () => {
  await using it = await served({ server: { roots: ["."] } });
  it.write("volume", "a file");
  const body = { packs: [], destination_dir: it.at("downloads") };
  expect(await it.send("POST", DOWNLOAD, body)).toMatchObject({ status: 503, json: { code: "SERVICE_UNAVAILABLE" } });
  expect((await it.send("GET", "/api/v1/packs")).status).toBe(200);
  it.remove("volume");
  const { status, headers } = await it.send("POST", DOWNLOAD, body);
  expect(status).toBe(200);
  expect((await it.send("GET", `${JOBS}/${headers.get("x-job-id")}`)).json.data.state).toBe("succeeded");
});

test.for([
  { method: "POST", path: JOBS, allow: "GET, HEAD" },
  { method: "PUT", path: `${JOBS}/x`, allow: "DELETE, GET, HEAD" },
  { method: "POST", path: `${JOBS}/x/events`, allow: "GET" },
])("$method $path is answered 405, with what may be done", async ({ method, path, allow }) => {
  await using it = await served();
  const answer = await it.send(method, path);
  expect({ status: answer.status, allow: answer.headers.get("allow") }).toEqual({ status: 405, allow });
});

test("who may only read starts nothing and ends nothing", async () => {
  await using it = await served();
  const headers = { authorization: `Bearer ${READER}` };
  expect((await it.send("GET", JOBS, undefined, headers)).status).toBe(200);
  expect((await it.send("DELETE", `${JOBS}/x`, undefined, headers)).status).toBe(403);
  expect((await it.send("POST", "/api/v1/packs/upload", "x", headers)).status).toBe(403);
  expect(it.exists("volume")).toBe(false);
});

test("an upload that is no form: 415, and says what would be one", async () => {
  await using it = await served();
  const { status, json } = await it.send("POST", "/api/v1/packs/upload", { pack: "sky" });
  expect({ status, error: json.error }).toEqual({
    status: 415,
    error: "Expected `Content-Type: multipart/form-data`, got something else.",
  });
});
