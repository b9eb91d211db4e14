import { once } from "node:events";
import { connect } from "node:net";
import { Validator } from "@seriousme/openapi-schema-validator";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import { PacksyncError } from "../../../src/errors.ts";
import type { JobLimits, Jobs } from "../../../src/server/jobs/jobs.ts";
import {
  COOKIE,
  call,
  followed,
  type JobServer,
  jobServer,
  READER,
  type ServerOptions,
  socketTo,
  TOKEN,
} from "../../support/job-server.ts";
import { eventsOf, jobIn, jobsIn, type Steered, steered } from "../../support/jobs.ts";
import { scratch } from "../../support/trees.ts";

interface Trial extends AsyncDisposable {
  readonly jobs: Jobs;
  readonly server: JobServer;
}

async function trial(options: ServerOptions & { readonly limits?: Partial<JobLimits> } = {}): Promise<Trial> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(scratch());
  const jobs = stack.use(await jobsIn(directory.path, options.limits));
  const server = stack.use(await jobServer(jobs, { ...options, directory: directory.path }));
  const mine = stack.move();
  return { jobs, server, [Symbol.asyncDispose]: () => mine.disposeAsync() };
}

const ASYNC = { method: "POST", headers: { prefer: "respond-async" } } as const;

/** A job that runs. */
async function begun({ server }: Trial, work = steered()): Promise<{ readonly id: string; readonly work: Steered }> {
  server.works.push(work);
  const response = await call(server, "/work", ASYNC);
  const { data } = (await response.json()) as { data: { id: string } };
  await work.begun;
  return { id: data.id, work };
}

async function json(response: Response): Promise<unknown> {
  return await response.json();
}

describe("a long call", () => {
  test("that waits is answered with what the job gives, and says which job it was", async () => {
    await using it = await trial();
    const work = steered();
    it.server.works.push(work);
    const answer = call(it.server, "/work", { method: "POST" });
    await work.begun;
    work.finish({ registered_packs: [] });
    const response = await answer;
    expect([response.status, await json(response)]).toEqual([200, { data: { registered_packs: [] } }]);
    const id = response.headers.get("x-job-id") ?? "";
    expect(await json(await call(it.server, `/api/v1/jobs/${id}`))).toEqual({
      data: {
        id,
        kind: "register",
        request: { path: "/sky" },
        state: "succeeded",
        cancel_requested: false,
        created: expect.stringMatching(/^\d{4}-.*Z$/),
        started: expect.stringMatching(/^\d{4}-.*Z$/),
        ended: expect.stringMatching(/^\d{4}-.*Z$/),
        progress: { stage: null, pack: null, percentage: 100 },
        error: null,
        result: { registered_packs: [] },
      },
    });
  });

  test("that would rather not wait is answered at once, with the job", async () => {
    await using it = await trial();
    const work = steered();
    it.server.works.push(work);
    const response = await call(it.server, "/work", ASYNC);
    const { data } = (await response.json()) as { data: { id: string; state: string } };
    expect(response.status).toBe(202);
    expect(data).toMatchObject({ state: "running", kind: "register" });
    expect(response.headers.get("location")).toBe(`/api/v1/jobs/${data.id}`);
    expect(response.headers.get("x-job-id")).toBe(data.id);
    expect(response.headers.get("preference-applied")).toBe("respond-async");
    expect(response.headers.get("vary")).toBe("Prefer");
    work.finish({ done: true });
    await jobIn(it.jobs, data.id, "succeeded");
    expect(await json(await call(it.server, `/api/v1/jobs/${data.id}`))).toMatchObject({
      data: { state: "succeeded", result: { done: true } },
    });
  });

  test("that would wait a while is answered with the result if there is one by then", async () => {
    await using it = await trial();
    const quick = steered();
    quick.finish("soon");
    it.server.works.push(quick);
    const headers = { prefer: 'respond-async, wait="60"' };
    const response = await call(it.server, "/work", { method: "POST", headers });
    expect([response.status, await json(response)]).toEqual([200, { data: "soon" }]);
    expect(response.headers.get("preference-applied")).toBeNull();
    it.server.works.push(steered());
    const late = await call(it.server, "/work", { method: "POST", headers: { prefer: "wait=1;x=y, Respond-Async" } });
    expect(late.status).toBe(202);
  });

  test("that fails is answered with why, and so is whoever asks for the job", async () => {
    await using it = await trial();
    const work = steered();
    work.fail(new PacksyncError("DOWNLOAD_FAILED", "Expected a pack, got nothing."));
    it.server.works.push(work);
    const response = await call(it.server, "/work", { method: "POST" });
    expect([response.status, await json(response)]).toMatchObject([422, { status: 422 }]);
    const id = response.headers.get("x-job-id");
    expect(await json(await call(it.server, `/api/v1/jobs/${id}`))).toMatchObject({
      data: { state: "failed", result: null, error: { message: "Expected a pack, got nothing." } },
    });
  });

  test.for([
    { title: "while it runs", atOnce: 4 },
    { title: "while it waits for its turn", atOnce: 1 },
  ])("is cancelled by who hangs up $title", async ({ atOnce }) => {
    await using it = await trial({ limits: { atOnce } });
    const first = await begun(it);
    const work = steered();
    it.server.works.push(work);
    const hangUp = new AbortController();
    const answer = call(it.server, "/work", { method: "POST", signal: hangUp.signal }).catch(() => "hung up");
    await expect.poll(() => it.jobs.list({ page: 1, pageSize: 9, state: undefined, kind: undefined }).total).toBe(2);
    hangUp.abort();
    expect(await answer).toBe("hung up");
    const [job] = it.jobs.list({ page: 1, pageSize: 1, state: undefined, kind: undefined }).jobs;
    const ended = await jobIn(it.jobs, job?.id ?? "", "cancelled");
    expect(ended.error?.message).toBe("Whoever asked hung up.");
    expect(it.jobs.get(first.id)?.state).toBe("running");
  });

  test("goes on when who would not wait hangs up", async () => {
    await using it = await trial();
    const { id, work } = await begun(it);
    it.server.api.server.closeAllConnections();
    work.finish({});
    expect(await jobIn(it.jobs, id, "succeeded")).toMatchObject({ cancelRequested: false });
  });
});

describe("DELETE", () => {
  test("ends a job that runs, one that waits, and none that is over", async () => {
    await using it = await trial({ limits: { atOnce: 1 } });
    const { id } = await begun(it);
    it.server.works.push(steered());
    const waiting = ((await json(await call(it.server, "/work", ASYNC))) as { data: { id: string } }).data.id;
    const end = async (which: string) => await call(it.server, `/api/v1/jobs/${which}`, { method: "DELETE" });
    const ofWaiting = await end(waiting);
    expect([ofWaiting.status, await json(ofWaiting)]).toMatchObject([200, { data: { state: "cancelled" } }]);
    const ofRunning = await end(id);
    expect([ofRunning.status, await json(ofRunning)]).toMatchObject([202, { data: { cancel_requested: true } }]);
    await jobIn(it.jobs, id, "cancelled");
    const again = await end(id);
    expect([again.status, await json(again)]).toEqual([
      409,
      {
        error: "Expected a job that is not over, got one that was cancelled.",
        code: "CONFLICT",
        message: "Expected a job that is not over, got one that was cancelled.",
        status: 409,
      },
    ]);
    const unknown = await end("b7a8");
    expect([unknown.status, await json(unknown)]).toMatchObject([404, { code: "NOT_FOUND" }]);
  });

  test("at any stage of the work leaves a job that is cancelled", async () => {
    await using it = await trial();
    for (const stage of ["download", "dependencies", "environments", "tests", "register"] as const) {
      const { id, work } = await begun(it);
      work.say({ stage, pack: "sky" });
      await call(it.server, `/api/v1/jobs/${id}`, { method: "DELETE" });
      expect(await jobIn(it.jobs, id, "cancelled")).toMatchObject({ progress: { stage } });
      expect((await eventsOf(it.jobs, id)).map(({ data }) => data["state"] ?? data["stage"])).toEqual([
        "queued",
        "running",
        stage,
        "cancelled",
      ]);
    }
  });
});

test("jobs are listed by pages, the newest first", async () => {
  await using it = await trial();
  const ids: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const { id, work } = await begun(it);
    work.finish({});
    await jobIn(it.jobs, id, "succeeded");
    ids.push(id);
  }
  const { id } = await begun(it);
  const list = async (query: string) => await json(await call(it.server, `/api/v1/jobs${query}`));
  expect(await list("?page_size=2")).toMatchObject({
    data: [{ id }, { id: ids[2] }],
    pagination: { page: 1, page_size: 2, total_items: 4, total_pages: 2 },
  });
  expect(await list("?page_size=2&page=2")).toMatchObject({ data: [{ id: ids[1] }, { id: ids[0] }] });
  expect(await list("?state=running")).toMatchObject({ data: [{ id }], pagination: { total_items: 1 } });
  expect(await list("?kind=upload")).toMatchObject({ data: [], pagination: { total_items: 0, total_pages: 0 } });
  expect((await call(it.server, "/api/v1/jobs?state=lost")).status).toBe(400);
  expect((await call(it.server, "/api/v1/jobs?page=0")).status).toBe(400);
});

describe("a WebSocket", () => {
  test("brings what happened and what happens, and is closed when the job is over", async () => {
    await using it = await trial();
    const { id, work } = await begun(it);
    work.lines("one");
    const socket = socketTo(it.server, `/api/v1/jobs/${id}/events`);
    const all = followed(socket);
    await once(socket, "message");
    work.lines("two", "three");
    work.finish({});
    const { events, code } = await all;
    expect(code).toBe(1000);
    expect(events.map((event) => event.data["line"] ?? event.data["stage"] ?? event.data["state"])).toEqual([
      ...["queued", "running", "tests", "one", "two", "three", "succeeded"],
    ]);
    expect(events).toEqual(await eventsOf(it.jobs, id));
  });

  test("goes on where one left, also when the job is over", async () => {
    await using it = await trial();
    const { id, work } = await begun(it);
    work.lines("one", "two");
    work.finish({});
    await jobIn(it.jobs, id, "succeeded");
    const all = await eventsOf(it.jobs, id);
    for (const { id: after } of all) {
      const { events, code } = await followed(socketTo(it.server, `/api/v1/jobs/${id}/events?after=${after}`));
      expect([code, events]).toEqual([1000, all.slice(after)]);
    }
  });

  test("that is cut anywhere while the job runs misses nothing when it is opened again", async () => {
    await using it = await trial();
    const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cuts, async (lengths) => {
        const { id, work } = await begun(it);
        const seen: { readonly id: number }[] = [];
        const read = async (most: number): Promise<void> => {
          const socket = socketTo(it.server, `/api/v1/jobs/${id}/events?after=${seen.at(-1)?.id ?? 0}`);
          const enough = seen.length + most;
          socket.on("message", (message) => {
            if (seen.length < enough) seen.push(JSON.parse(String(message)));
            if (seen.length === enough) socket.terminate();
          });
          await once(socket, "close");
        };
        for (const [cut, length] of lengths.entries()) {
          work.lines(...Array.from({ length: 12 }, (_, line) => `${cut} ${line}`));
          await read(length);
        }
        work.finish({});
        await read(Number.POSITIVE_INFINITY);
        expect(seen).toEqual(await eventsOf(it.jobs, id));
      }),
      { numRuns: 15 },
    );
  });

  test("brings the same to 200 who follow one job", async () => {
    await using it = await trial();
    const { id, work } = await begun(it);
    const sockets = Array.from({ length: 200 }, () => socketTo(it.server, `/api/v1/jobs/${id}/events`));
    const all = sockets.map(followed);
    await Promise.all(sockets.map((socket) => once(socket, "open")));
    for (let line = 0; line < 100; line += 1) {
      work.lines(`line ${line}`);
      if (line % 20 === 0) await new Promise(setImmediate);
    }
    work.finish({});
    const expected = await eventsOf(it.jobs, id);
    for (const each of await Promise.all(all)) expect(each).toEqual({ code: 1000, events: expected });
  });

  test("that nobody reads costs the others nothing, and is dropped", async () => {
    await using it = await trial({ pingMs: 500, limits: { events: 100_000, eventBytes: 100 * 2 ** 20 } });
    const { id, work } = await begun(it);
    const stuck = connect(Number(new URL(it.server.url).port), "127.0.0.1");
    stuck.write(
      [
        `GET /api/v1/jobs/${id}/events HTTP/1.1`,
        `Host: ${new URL(it.server.url).host}`,
        `Authorization: Bearer ${TOKEN}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "\r\n",
      ].join("\r\n"),
    );
    await once(stuck, "readable");
    const all = followed(socketTo(it.server, `/api/v1/jobs/${id}/events`));
    for (let turn = 0; turn < 40; turn += 1) {
      work.lines(...Array(100).fill("x".repeat(2000)));
      await new Promise(setImmediate);
    }
    await expect.poll(() => it.server.api.websocketServer.clients.size, { timeout: 20_000 }).toBe(1);
    expect(it.server.api.server.listening).toBe(true);
    work.finish({});
    expect(await all).toMatchObject({ code: 1000, events: { length: 4004 } });
    stuck.destroy();
  });

  test("is closed with 1001 or told the end when the server ends", async () => {
    await using it = await trial({ limits: { graceMs: 10 } });
    const { id } = await begun(it, steered("deaf"));
    const socket = socketTo(it.server, `/api/v1/jobs/${id}/events`);
    const all = followed(socket);
    await once(socket, "message");
    await it.server[Symbol.asyncDispose]();
    const { events, code } = await all;
    expect([1000, 1001, 1005]).toContain(code);
    if (code === 1000) expect(events.at(-1)?.data).toMatchObject({ state: "interrupted" });
  });

  test.for(["a WebSocket", "server-sent events"])(
    "%s of a session ends with it, and with no other one",
    async (how) => {
      await using it = await trial();
      const { id, work } = await begun(it);
      const principal = { name: "somebody", scopes: ["packs:read"] } as const;
      const follow = async (): Promise<Following> => {
        const session = it.server.sessions.open(principal).id;
        const cookie = `${COOKIE}=${session}`;
        const path = `/api/v1/jobs/${id}/events`;
        const open = how === "a WebSocket" ? socketOf : streamOf;
        return { session, ended: await open(it.server, path, cookie) };
      };
      const mine = await follow();
      const other = await follow();
      it.server.sessions.close(mine.session);
      expect(await mine.ended()).toBe("cut");
      work.finish({});
      expect(await other.ended()).toBe("over");
    },
  );

  test("of a browser brings its token as a sub-protocol, and is never answered with it", async () => {
    await using it = await trial();
    const { id, work } = await begun(it);
    work.finish({});
    const url = `${it.server.url.replace("http", "ws")}/api/v1/jobs/${id}/events`;
    const browser = new globalThis.WebSocket(url, ["packsync.events", `bearer.${TOKEN}`]);
    const texts: unknown[] = [];
    browser.addEventListener("message", ({ data }) => texts.push(JSON.parse(String(data))));
    await new Promise((resolve) => browser.addEventListener("close", resolve));
    expect(browser.protocol).toBe("packsync.events");
    expect(texts).toEqual(await eventsOf(it.jobs, id));
  });

  test.for([
    { title: "without a token", headers: { authorization: "" }, status: 401 },
    { title: "with a wrong token", headers: { authorization: "Bearer wrong" }, status: 401 },
    { title: "with a token in the query only", headers: { authorization: "" }, query: `?token=${TOKEN}`, status: 401 },
    { title: "from a page of somebody else's", headers: { origin: "https://evil.example" }, status: 403 },
    { title: "from a page that has no name", headers: { origin: "null" }, status: 403 },
    { title: "after what is no id", query: "?after=x", status: 400 },
    { title: "about a job that nobody knows", id: "unknown", status: 404 },
  ])("$title is refused before it is one: $status", async ({ headers, query = "", id, status }) => {
    await using it = await trial();
    const job = id ?? (await begun(it)).id;
    const socket = socketTo(it.server, `/api/v1/jobs/${job}/events${query}`, { ...headers });
    socket.on("error", () => {});
    const [, response] = await once(socket, "unexpected-response");
    expect(response.statusCode).toBe(status);
    expect(it.server.api.websocketServer.clients.size).toBe(0);
  });

  test("from a page of this server's is welcome; so is a token that may only read", async () => {
    await using it = await trial();
    const { id, work } = await begun(it);
    work.finish({});
    const headers = { origin: it.server.url, authorization: `Bearer ${READER}` };
    const { code } = await followed(socketTo(it.server, `/api/v1/jobs/${id}/events`, headers));
    expect(code).toBe(1000);
  });

  test("says nothing to us: what is too long ends it, and nobody else", async () => {
    await using it = await trial();
    const { id, work } = await begun(it);
    const [loud, quiet] = [0, 1].map(() => socketTo(it.server, `/api/v1/jobs/${id}/events`));
    if (loud === undefined || quiet === undefined) expect.fail("Expected two");
    const all = followed(quiet);
    loud.on("error", () => {});
    await once(loud, "open");
    loud.send("hello");
    loud.send("x".repeat(100_000));
    await once(loud, "close");
    work.finish({});
    expect((await all).code).toBe(1000);
  });

  test("is one of so many at most", async () => {
    await using it = await trial({ followers: 2 });
    const { id } = await begun(it);
    const sockets = [0, 1].map(() => socketTo(it.server, `/api/v1/jobs/${id}/events`));
    await Promise.all(sockets.map((socket) => once(socket, "message")));
    const third = socketTo(it.server, `/api/v1/jobs/${id}/events`);
    third.on("error", () => {});
    const [, response] = await once(third, "unexpected-response");
    expect(response.statusCode).toBe(503);
    sockets[0]?.close();
    await expect
      .poll(
        async () => {
          const again = new WebSocket(third.url, { headers: { authorization: `Bearer ${TOKEN}` } });
          const answer = await Promise.race([
            once(again, "open").then(() => "open"),
            once(again, "error").then(() => "no"),
          ]);
          again.terminate();
          return answer;
        },
        { timeout: 20_000 },
      )
      .toBe("open");
  });
});

describe("server-sent events", () => {
  const STREAM = { accept: "text/event-stream" };

  test("bring the same as a WebSocket, and an end", async () => {
    await using it = await trial();
    const { id, work } = await begun(it);
    const response = await call(it.server, `/api/v1/jobs/${id}/events`, { headers: STREAM });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store");
    work.lines("one", "two");
    work.finish({});
    const frames = framesIn(await response.text());
    const all = await eventsOf(it.jobs, id);
    expect(frames).toEqual([
      ...all.map((event) => ({ id: String(event.id), event: event.type, data: event })),
      { event: "end", data: {} },
    ]);
  });

  test("go on where one left, by `Last-Event-ID`; there is no coming back once all was said", async () => {
    await using it = await trial();
    const { id, work } = await begun(it);
    work.lines("one", "two");
    work.finish({});
    await jobIn(it.jobs, id, "succeeded");
    const all = await eventsOf(it.jobs, id);
    for (const { id: after } of all.slice(0, -1)) {
      const headers = { ...STREAM, "last-event-id": String(after) };
      const response = await call(it.server, `/api/v1/jobs/${id}/events?after=1`, { headers });
      expect(
        framesIn(await response.text())
          .slice(0, -1)
          .map(({ data }) => data),
      ).toEqual(all.slice(after));
    }
    const last = { ...STREAM, "last-event-id": String(all.length) };
    const over = await call(it.server, `/api/v1/jobs/${id}/events`, { headers: last });
    expect([over.status, await over.text()]).toEqual([204, ""]);
  });

  test("say now and then that they are still there", async () => {
    await using it = await trial({ pingMs: 20 });
    const { id, work } = await begun(it);
    const response = await call(it.server, `/api/v1/jobs/${id}/events`, { headers: STREAM });
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.split(": still here\n\n").length > 3) work.finish({});
    }
    expect(framesIn(text).at(-1)).toEqual({ event: "end", data: {} });
  });

  test("end with the client", async () => {
    await using it = await trial({ followers: 1 });
    const { id } = await begun(it);
    const hangUp = new AbortController();
    await call(it.server, `/api/v1/jobs/${id}/events`, { headers: STREAM, signal: hangUp.signal });
    expect((await call(it.server, `/api/v1/jobs/${id}/events`, { headers: STREAM })).status).toBe(503);
    hangUp.abort();
    const again = async () => {
      const next = new AbortController();
      const response = await call(it.server, `/api/v1/jobs/${id}/events`, { headers: STREAM, signal: next.signal });
      next.abort();
      return response.status;
    };
    await expect.poll(again, { timeout: 20_000 }).toBe(200);
  });

  test("are asked for by name", async () => {
    await using it = await trial();
    const { id } = await begun(it);
    const response = await call(it.server, `/api/v1/jobs/${id}/events`, { headers: { accept: "application/json" } });
    expect([response.status, await json(response)]).toMatchObject([400, { code: "BAD_REQUEST" }]);
  });
});

/** As https://html.spec.whatwg.org/multipage/server-sent-events.html reads them. */
function framesIn(text: string): readonly { readonly id?: string; readonly event?: string; readonly data?: unknown }[] {
  const frames = text
    .split("\n\n")
    .map((frame) => frame.split("\n").filter((line) => line !== "" && !line.startsWith(":")));
  return frames
    .filter((lines) => lines.length > 0)
    .map((lines) => {
      const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2)));
      return { ...fields, data: JSON.parse(String(fields["data"])) };
    });
}

test.for([
  { method: "GET", path: "/api/v1/jobs", token: "", status: 401 },
  { method: "GET", path: "/api/v1/jobs/x", token: "", status: 401 },
  { method: "GET", path: "/api/v1/jobs/x/events", token: "", status: 401 },
  { method: "DELETE", path: "/api/v1/jobs/x", token: "", status: 401 },
  { method: "DELETE", path: "/api/v1/jobs/x", token: READER, status: 403 },
  { method: "POST", path: "/api/v1/packs/upload", token: READER, status: 403 },
  { method: "GET", path: "/api/v1/jobs", token: READER, status: 200 },
  { method: "GET", path: "/api/v1/jobs/x", token: READER, status: 404 },
])("$method $path with the token `$token` is answered $status", async ({ method, path, token, status }) => {
  await using it = await trial();
  const response = await call(it.server, path, { method, headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(status);
});

test("all of it is described", async () => {
  await using it = await trial();
  const document = JSON.parse(JSON.stringify(it.server.api.swagger()));
  expect(await new Validator().validate(document)).toMatchObject({ valid: true });
  expect(Object.keys(document.paths).toSorted()).toEqual([
    "/api/v1/jobs",
    "/api/v1/jobs/{id}",
    "/api/v1/jobs/{id}/events",
    "/api/v1/packs/upload",
    "/work",
  ]);
});

interface Following {
  readonly session: string;
  readonly ended: Ended;
}

/** Whether the job was over, or the connection was cut. */
type Ended = () => Promise<"over" | "cut">;

async function socketOf({ url }: JobServer, path: string, cookie: string): Promise<Ended> {
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, "packsync.events", { headers: { cookie } });
  const all = followed(socket);
  await once(socket, "message");
  return async () => ((await all).code === 1000 ? "over" : "cut");
}

async function streamOf({ url }: JobServer, path: string, cookie: string): Promise<Ended> {
  const { body } = await fetch(`${url}${path}`, { headers: { cookie, accept: "text/event-stream" } });
  const text = new Response(body).text();
  return async () =>
    await text.then(
      () => "over",
      () => "cut",
    );
}
