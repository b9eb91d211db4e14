import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PacksyncError } from "../../../src/errors.ts";
import { openJobsDatabase } from "../../../src/server/jobs/database.ts";
import type { JobEvent } from "../../../src/server/jobs/job.ts";
import { createJobs, JOB_LIMITS } from "../../../src/server/jobs/jobs.ts";
import { jobStore } from "../../../src/server/jobs/store.ts";
import { eventsOf, failureOf, jobIn, jobsIn, ORDER, SILENT, steered } from "../../support/jobs.ts";
import { scratch } from "../../support/trees.ts";

const FIRST_PAGE = { page: 1, pageSize: 50, state: undefined, kind: undefined };
const STOPPED = { code: "STOPPED", status: 500 };

function states(events: readonly JobEvent[]): unknown[] {
  return events.filter(({ type }) => type === "state").map(({ data }) => data["state"]);
}

function lines(events: readonly JobEvent[]): unknown[] {
  return events.filter(({ type }) => type === "line").map(({ data }) => data["line"]);
}

test("a job that succeeds keeps what was asked, how far it came and what it gave", async () => {
  using directory = scratch();
  await using jobs = await jobsIn(directory.path);
  const work = steered();
  const order = { kind: "install", request: { packs: ["sky"], force: true, more: {} }, packs: 1 } as const;
  const { job, result } = jobs.start(order, work.work);
  await work.begun;
  work.say({ stage: "download", pack: "sky" });
  work.say({ stage: "tests", pack: "sky", line: "ok 1" });
  expect(jobs.get(job.id)).toMatchObject({
    kind: "install",
    state: "running",
    request: { packs: ["sky"], force: true },
    cancelRequested: false,
    progress: { stage: "tests", pack: "sky", percentage: 20 },
    error: undefined,
  });
  work.finish({ registered_packs: ["sky"] });
  expect(await result).toEqual({ registered_packs: ["sky"] });
  const done = jobs.get(job.id);
  expect(done).toMatchObject({ state: "succeeded", progress: { stage: "tests", percentage: 100 } });
  expect([done?.created, done?.started, done?.ended].toSorted()).toEqual([done?.created, done?.started, done?.ended]);
  expect(jobs.result(job.id)).toEqual({ registered_packs: ["sky"] });
  expect((await eventsOf(jobs, job.id)).map(({ id, type, data }) => ({ id, type, data }))).toEqual([
    { id: 1, type: "state", data: { state: "queued" } },
    { id: 2, type: "state", data: { state: "running" } },
    { id: 3, type: "stage", data: { stage: "download", pack: "sky", percentage: 0 } },
    { id: 4, type: "stage", data: { stage: "tests", pack: "sky", percentage: 20 } },
    { id: 5, type: "line", data: { stage: "tests", pack: "sky", line: "ok 1" } },
    { id: 6, type: "state", data: { state: "succeeded" } },
  ]);
});

test("a job that fails says why, to whoever waits and to whoever looks later", async () => {
  using directory = scratch();
  await using jobs = await jobsIn(directory.path);
  const { job, result } = jobs.start(ORDER, async () => {
    throw new PacksyncError("DOWNLOAD_FAILED", "Cannot fetch https://me:secret@host/x");
  });
  await expect(result).rejects.toThrow("Cannot fetch");
  const message = "Cannot fetch https://…@host/x";
  const error = { error: message, code: "DOWNLOAD_FAILED", message, status: 500 };
  expect(jobs.get(job.id)).toMatchObject({ state: "failed", error });
  expect(jobs.result(job.id)).toBeUndefined();
  expect((await eventsOf(jobs, job.id)).at(-1)?.data).toEqual({ state: "failed", error });
});

test("what is no JSON is a failure of the job", async () => {
  using directory = scratch();
  await using jobs = await jobsIn(directory.path);
  const { job, result } = jobs.start(ORDER, async () => ({ size: 1n }));
  await expect(result).rejects.toThrow("BigInt");
  expect(jobs.get(job.id)?.state).toBe("failed");
});

describe("cancelling", () => {
  test("ends a job that runs, and says so to whoever waits", async () => {
    using directory = scratch();
    await using jobs = await jobsIn(directory.path);
    const work = steered();
    const { job, result } = jobs.start(ORDER, work.work);
    await work.begun;
    expect(jobs.cancel(job.id, "Somebody cancelled it.")).toMatchObject({ state: "running", cancelRequested: true });
    await expect(result).rejects.toThrow("Somebody cancelled it.");
    expect(jobs.get(job.id)).toMatchObject({
      state: "cancelled",
      cancelRequested: true,
      error: { ...STOPPED, message: "Somebody cancelled it." },
    });
    expect(jobs.cancel(job.id, "Again.")).toBe("over");
  });

  test("takes a job that waits out of the queue: it never begins", async () => {
    using directory = scratch();
    await using jobs = await jobsIn(directory.path, { atOnce: 1 });
    const [first, last] = [steered(), steered()];
    let begun = 0;
    jobs.start(ORDER, first.work);
    const second = jobs.start(ORDER, async () => {
      begun += 1;
    });
    const third = jobs.start(ORDER, last.work);
    expect(jobs.cancel(second.job.id, "Not needed.")).toMatchObject({ state: "cancelled", started: undefined });
    await expect(second.result).rejects.toThrow("Not needed.");
    first.finish({});
    await jobIn(jobs, third.job.id, "running");
    expect(begun).toBe(0);
    expect(states(await eventsOf(jobs, second.job.id))).toEqual(["queued", "cancelled"]);
  });

  test("of a job that comes to its end all the same is too late: it succeeded", async () => {
    using directory = scratch();
    await using jobs = await jobsIn(directory.path);
    const work = steered("deaf");
    const { job, result } = jobs.start(ORDER, work.work);
    await work.begun;
    jobs.cancel(job.id, "Somebody cancelled it.");
    work.finish({ done: true });
    expect(await result).toEqual({ done: true });
    expect(jobs.get(job.id)).toMatchObject({ state: "succeeded", cancelRequested: true });
  });

  test("is nothing for a job that nobody knows", async () => {
    using directory = scratch();
    await using jobs = await jobsIn(directory.path);
    expect(jobs.cancel("nobody", "Why not.")).toBeUndefined();
    expect(jobs.get("nobody")).toBeUndefined();
    expect(await eventsOf(jobs, "nobody")).toEqual([]);
  });
});

test("no more run at once than may, in the order in which they came; too many more are refused", async () => {
  using directory = scratch();
  await using jobs = await jobsIn(directory.path, { atOnce: 2, queued: 3 });
  const all = Array.from({ length: 5 }, () => steered());
  const started = all.map(({ work }) => jobs.start(ORDER, work));
  expect(() => jobs.start(ORDER, async () => {})).toThrow("Expected at most 3 jobs to wait");
  const seen = () => started.map(({ job }) => jobs.get(job.id)?.state);
  expect(seen()).toEqual(["running", "running", "queued", "queued", "queued"]);
  all[1]?.finish({});
  await started[1]?.result;
  await all[2]?.begun;
  expect(seen()).toEqual(["running", "succeeded", "running", "queued", "queued"]);
  for (const each of all) each.finish({});
  await Promise.all(started.map(({ result }) => result));
  expect(seen()).toEqual(Array(5).fill("succeeded"));
});

test("who goes back waits for nobody", async () => {
  using directory = scratch();
  await using jobs = await jobsIn(directory.path, { atOnce: 1 });
  const [first, second] = [steered(), steered()];
  jobs.start(ORDER, first.work);
  const waiting = jobs.start(ORDER, second.work);
  expect(await jobs.start({ ...ORDER, kind: "rollback" }, async () => "back").result).toBe("back");
  expect(jobs.get(waiting.job.id)?.state).toBe("queued");
  first.finish({});
  await second.begun;
});

describe("events", () => {
  test("whoever comes back with the last id that he saw gets exactly what he missed, wherever he left", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("line" as const), line: fc.string({ maxLength: 20 }) }),
      fc.record({ kind: fc.constant("stage" as const), pack: fc.constantFrom("sky", "sea", "sun") }),
      fc.record({ kind: fc.constant("turn" as const) }),
      fc.record({ kind: fc.constant("leave" as const), after: fc.nat(5) }),
    );
    using directory = scratch();
    await using jobs = await jobsIn(directory.path);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const work = steered();
        const { job } = jobs.start(ORDER, work.work);
        const seen: JobEvent[] = [];
        const leaving: Promise<void>[] = [];
        let isThere = false;
        /** Reads some events, then hangs up; only one of him is there at a time. */
        const read = async (most: number): Promise<void> => {
          const hangUp = new AbortController();
          const enough = seen.length + most;
          for await (const event of jobs.events(job.id, seen.at(-1)?.id ?? 0, hangUp.signal)) {
            seen.push(event);
            if (seen.length >= enough) hangUp.abort();
          }
          isThere = false;
        };
        await work.begun;
        for (const each of steps) {
          if (each.kind === "line") work.lines(each.line);
          else if (each.kind === "stage") work.say({ stage: "register", pack: each.pack });
          else if (each.kind === "turn") await new Promise(setImmediate);
          else if (!isThere) {
            isThere = true;
            leaving.push(read(each.after));
          }
        }
        work.finish({});
        await Promise.all(leaving);
        await read(Number.POSITIVE_INFINITY);
        const all = await eventsOf(jobs, job.id);
        expect(seen).toEqual(all);
        expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => index + 1));
        expect(states(all)).toEqual(["queued", "running", "succeeded"]);
      }),
      { numRuns: 60 },
    );
  });

  test("are the same for 200 who follow one job at once", async () => {
    using directory = scratch();
    await using jobs = await jobsIn(directory.path);
    const work = steered();
    const { job } = jobs.start(ORDER, work.work);
    const followers = Array.from({ length: 200 }, () => eventsOf(jobs, job.id));
    await work.begun;
    for (let line = 0; line < 300; line += 1) {
      work.lines(`line ${line}`);
      if (line % 50 === 0) await new Promise(setImmediate);
    }
    work.finish({});
    const [first, ...others] = await Promise.all(followers);
    expect(first).toHaveLength(304);
    for (const other of others) expect(other).toEqual(first);
  });

  test("keep the newest of a job that says too much, and all of its states", async () => {
    using directory = scratch();
    await using jobs = await jobsIn(directory.path, { events: 100 });
    const work = steered();
    const { job } = jobs.start(ORDER, work.work);
    await work.begun;
    for (let line = 0; line < 2000; line += 1) work.lines(`line ${line}`);
    work.finish({});
    const events = await eventsOf(jobs, job.id);
    expect(events.length).toBeLessThanOrEqual(100);
    expect(states(events)).toEqual(["queued", "running", "succeeded"]);
    expect(lines(events).at(-1)).toBe("line 1999");
    expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toSorted((a, b) => a - b));
    expect(events.at(-1)?.id).toBe(2004);
  });

  test("show no password, no control character, and no end of a long line", async () => {
    using directory = scratch();
    await using jobs = await jobsIn(directory.path);
    const work = steered();
    const { job } = jobs.start(ORDER, work.work);
    await work.begun;
    work.lines("from https://me:s3cret@host/simple", "\u001b[32mgreen\u001b[0m\u0007 bell\r", "x".repeat(5000));
    work.finish({});
    expect(lines(await eventsOf(jobs, job.id))).toEqual([
      "from https://…@host/simple",
      "green\\u0007 bell",
      `${"x".repeat(2000)}…`,
    ]);
  });
});

describe("over a restart", () => {
  test("what was not over is interrupted, and its events stay", async () => {
    using directory = scratch();
    const ids: string[] = [];
    {
      await using jobs = await jobsIn(directory.path, { atOnce: 1, graceMs: 10 });
      const work = steered("deaf");
      ids.push(jobs.start(ORDER, async () => ({ done: 1 })).job.id);
      await jobIn(jobs, ids[0] ?? "", "succeeded");
      ids.push(jobs.start(ORDER, work.work).job.id, jobs.start(ORDER, async () => {}).job.id);
      await work.begun;
      work.lines("half-way");
    }
    await using again = await jobsIn(directory.path);
    expect(ids.map((id) => again.get(id)?.state)).toEqual(["succeeded", "interrupted", "interrupted"]);
    expect(again.get(ids[1] ?? "")?.error?.code).toBe("STOPPED");
    const events = await eventsOf(again, ids[1] ?? "");
    expect(lines(events)).toEqual(["half-way"]);
    expect(states(events)).toEqual(["queued", "running", "interrupted"]);
    expect(again.result(ids[0] ?? "")).toEqual({ done: 1 });
    expect(again.list(FIRST_PAGE).total).toBe(3);
  });

  test("a follower is told that the server ends", async () => {
    using directory = scratch();
    const jobs = await jobsIn(directory.path, { graceMs: 10 });
    const work = steered();
    const followed = eventsOf(jobs, jobs.start(ORDER, work.work).job.id);
    await work.begun;
    await jobs[Symbol.asyncDispose]();
    expect(states(await followed)).toEqual(["queued", "running", "interrupted"]);
    expect(() => jobs.start(ORDER, async () => {})).toThrow("The server ended");
  });

  test("only one server has the jobs of a volume", async () => {
    using directory = scratch();
    await using _ = await jobsIn(directory.path);
    await expect(jobsIn(directory.path)).rejects.toMatchObject({
      code: "LOCK_TIMEOUT",
      message: expect.stringMatching(/^Expected no other server for this volume, got packsync .*process \d+, serve/),
    });
  });
});

describe("what is kept", () => {
  test("is for its owner and group, and only the newest jobs", async () => {
    using directory = scratch();
    await using jobs = await jobsIn(directory.path, { kept: 3 });
    const ids: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const { job, result } = jobs.start(ORDER, async () => ({}));
      await result;
      ids.push(job.id);
    }
    await jobIn(jobs, ids[5] ?? "", "succeeded");
    await new Promise(setImmediate);
    expect(jobs.list(FIRST_PAGE).jobs.map(({ id }) => id)).toEqual(ids.slice(3).toReversed());
    expect(jobs.get(ids[0] ?? "")).toBeUndefined();
    expect(await eventsOf(jobs, ids[0] ?? "")).toEqual([]);
    expect(statSync(`${directory.path}/jobs.db`).mode & 0o777).toBe(0o640);
  });

  test("goes after some days", async () => {
    using directory = scratch();
    let now = new Date("2026-01-01T00:00:00Z");
    using database = openJobsDatabase(directory.path, undefined, SILENT);
    await using jobs = createJobs({
      store: jobStore(database),
      log: SILENT,
      now: () => now,
      limits: JOB_LIMITS,
      failureOf,
    });
    const old = jobs.start(ORDER, async () => ({}));
    await old.result;
    now = new Date("2026-01-08T00:00:01Z");
    const young = jobs.start(ORDER, async () => ({}));
    await young.result;
    await new Promise(setImmediate);
    expect(jobs.list(FIRST_PAGE).jobs.map(({ id }) => id)).toEqual([young.job.id]);
  });

  test("is listed by pages, by state and by kind", async () => {
    using directory = scratch();
    await using jobs = await jobsIn(directory.path);
    for (const kind of ["download", "register", "download"] as const) {
      await jobs.start({ ...ORDER, kind }, async () => ({})).result;
    }
    await expect(jobs.start(ORDER, () => Promise.reject(new Error("no"))).result).rejects.toThrow("no");
    const kinds = (page: object) => jobs.list({ ...FIRST_PAGE, ...page }).jobs.map(({ kind }) => kind);
    expect(kinds({ pageSize: 3 })).toEqual(["register", "download", "register"]);
    expect(kinds({ pageSize: 3, page: 2 })).toEqual(["download"]);
    expect(kinds({ kind: "download" })).toEqual(["download", "download"]);
    expect(kinds({ state: "failed" })).toEqual(["register"]);
    expect(jobs.list({ ...FIRST_PAGE, state: "succeeded", pageSize: 1 }).total).toBe(3);
  });
});

describe("a database", () => {
  test.for([
    { title: "that is none", content: "no database at all, but long enough to be read as one".repeat(100) },
    { title: "that is empty", content: "" },
  ])("$title is no reason not to begin", async ({ content }) => {
    using directory = scratch();
    writeFileSync(`${directory.path}/jobs.db`, content);
    await using jobs = await jobsIn(directory.path);
    expect(await jobs.start(ORDER, async () => "fine").result).toBe("fine");
    const aside = readdirSync(directory.path).filter((name) => name.includes("corrupt"));
    expect(aside).toHaveLength(content === "" ? 0 : 1);
  });

  test("that is damaged in the middle is set aside when it is opened", async () => {
    using directory = scratch();
    {
      await using jobs = await jobsIn(directory.path);
      const { result } = jobs.start(ORDER, async (onStage) => {
        for (let line = 0; line < 400; line += 1) onStage({ stage: "tests", pack: "sky", line: "x".repeat(1000) });
      });
      await result;
    }
    expect(existsSync(`${directory.path}/jobs.db-wal`)).toBe(false);
    const size = statSync(`${directory.path}/jobs.db`).size;
    const { openSync, writeSync, closeSync } = await import("node:fs");
    const fd = openSync(`${directory.path}/jobs.db`, "r+");
    for (let page = 4; page * 4096 < size; page += 3) writeSync(fd, Buffer.alloc(4096, 0xab), 0, 4096, page * 4096);
    closeSync(fd);
    await using again = await jobsIn(directory.path);
    expect(again.list(FIRST_PAGE)).toEqual({ jobs: [], total: 0 });
    expect(readdirSync(directory.path).some((name) => name.startsWith("jobs.db.corrupt-"))).toBe(true);
  });

  test("of a newer packsync is left alone", async () => {
    using directory = scratch();
    {
      using database = new DatabaseSync(`${directory.path}/jobs.db`);
      database.exec("PRAGMA user_version = 99");
    }
    await expect(jobsIn(directory.path)).rejects.toMatchObject({ code: "STATE_NEWER" });
  });

  test("of an older packsync begins anew", async () => {
    using directory = scratch();
    {
      await using jobs = await jobsIn(directory.path);
      await jobs.start(ORDER, async () => "old").result;
    }
    {
      using database = new DatabaseSync(`${directory.path}/jobs.db`);
      database.exec("PRAGMA user_version = 0");
    }
    await using again = await jobsIn(directory.path);
    expect(again.list(FIRST_PAGE).total).toBe(0);
    expect(await again.start(ORDER, async () => "new").result).toBe("new");
  });

  test("whose disk is full keeps no work from its end; what happened is written once there is room", async () => {
    using directory = scratch();
    using database = openJobsDatabase(directory.path, undefined, SILENT);
    const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
    const store = jobStore(database);
    await using jobs = createJobs({ store, log: SILENT, now: () => new Date(), limits: JOB_LIMITS, failureOf });
    const work = steered();
    const { job, result } = jobs.start(ORDER, work.work);
    await work.begun;
    database.exec(`PRAGMA max_page_count = ${pages + 1}`);
    for (let line = 0; line < 20; line += 1) work.lines(`${line} ${"x".repeat(1000)}`);
    work.finish({ done: true });
    expect(await result).toEqual({ done: true });
    expect(jobs.get(job.id)?.state).toBe("succeeded");
    expect(jobs.result(job.id)).toEqual({ done: true });
    expect(store.get(job.id)?.state).toBe("running");
    const told = await eventsOf(jobs, job.id);
    expect(jobs.cancel(job.id, "Too late.")).toBe("over");
    expect(states(told)).toEqual(["queued", "running", "succeeded"]);
    expect(() => jobs.start({ ...ORDER, request: { packs: Array(100).fill("x".repeat(90)) } }, work.work)).toThrow(
      "full",
    );

    database.exec("PRAGMA max_page_count = 1000000");
    await jobIn({ get: (id) => store.get(id) }, job.id, "succeeded");
    expect(await eventsOf(jobs, job.id)).toEqual(told);
    expect(jobs.result(job.id)).toEqual({ done: true });
  });
});
