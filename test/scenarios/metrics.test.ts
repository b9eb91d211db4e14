import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { freePort } from "../support/git-server.ts";
import { testWith } from "../support/requires.ts";
import { type Daemon, daemon, PATIENCE, releasesOf, startDaemon } from "./support/daemon.ts";
import { action, manifest, pack, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import type { Tree } from "./support/tree.ts";

const DOCKER = new URL("../../docker/", import.meta.url).pathname;

const TOKEN = "all-scopes-0123456789abcdef";

/** Two services: one may be made to fail by a file. */
const SETTINGS = {
  preset: "none",
  routes: [{ when: { meaning: "script" }, do: ["worker", "sensor"] }],
  services: { worker: { exec: ["sh", "-c", "test ! -e down"] }, sensor: { exec: ["true"] } },
  server: { token: TOKEN, rateLimit: 0 },
};

const LISTEN = ["--listen", "127.0.0.1:0"];

/** Once it listens. */
async function urlOf(running: Daemon): Promise<string> {
  const url = () => /listens at (http:[^ ,]+)/.exec(running.stderr())?.[1] ?? Promise.reject(new Error("it is silent"));
  return await vi.waitFor(url, PATIENCE);
}

async function scrape(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(response.status).toBe(200);
  return await response.text();
}

/** Series by their names and labels. */
function numbersIn(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

/** What events have counted. */
const COUNTED = /^packsync_(events|publishes|retirements|rejections|failures|signals|stage_duration|save_to_visible)_/;

async function countedAt(url: string): Promise<Readonly<Record<string, number>>> {
  const registered = 'packsync_events_total{kind="pack.registered"}'; // the last thing that happens of itself
  await expect.poll(async () => numbersIn(await scrape(url)).get(registered), PATIENCE).toBe(1);
  return Object.fromEntries([...numbersIn(await scrape(url))].filter(([series]) => COUNTED.test(series)));
}

describe("the numbers of a daemon", () => {
  let it: Story;
  let running: Daemon;
  let url: string;
  beforeAll(async () => {
    it = story({ packs: { core: pack("core"), other: pack("other"), third: pack("third") } });
    it.write("packsync.yaml", JSON.stringify(SETTINGS));
    running = startDaemon(it, { args: LISTEN });
    url = await urlOf(running);
  });
  afterAll(async () => {
    await running[Symbol.asyncDispose]();
    it[Symbol.dispose]();
  });

  const number = async (series: string) => numbersIn(await scrape(url)).get(series);
  const until = (series: string, value: number | undefined) =>
    expect.poll(() => number(series), { ...PATIENCE, message: series }).toBe(value);

  test("are right, exactly, whatever happened", async () => {
    await until('packsync_publishes_total{source="packs"}', 3);
    await until('packsync_packs{state="live"}', 3);
    it.write("packs/core", { actions: { "more.yaml": action("more"), "more.sh": script("echo more") } });
    await until('packsync_publishes_total{source="packs"}', 4);
    await until('packsync_service_state{service="worker",state="told"}', 1);

    it.write("down", "");
    it.write("packs/core/actions/more.sh", "#!/bin/sh\necho again\n");
    await until('packsync_publishes_total{source="packs"}', 5);
    await until('packsync_service_waiting_packs{service="worker"}', 1);
    await until('packsync_service_waiting_packs{service="sensor"}', 0);
    it.write("packs/other/pack.yaml", "ref: [");
    await until('packsync_rejections_total{source="packs"}', 1);
    await until('packsync_packs{state="invalid"}', 1);
    await until('packsync_findings{code="metadata.invalid_yaml",severity="error"}', 1);
    it.remove("packs/third");
    await until("packsync_retirements_total", 1);
    it.remove("down");
    await until('packsync_service_state{service="worker",state="told"}', 1);
    await until('packsync_service_waiting_packs{service="worker"}', 0);

    const numbers = numbersIn(await scrape(url));
    const releases = ["core", "other", "third"].reduce((sum, ref) => sum + releasesOf(it, ref), 0);
    expect(numbers.get('packsync_publishes_total{source="packs"}')).toBe(5);
    expect(releases).toBe(5 + 1); // and what stands in the place of the one that was retired
    const { history } = JSON.parse(it.packsync(["services", "--format", "json"]).stdout);
    const attempts = new Map<string, number>();
    for (const { service, ending } of history) {
      const series = `packsync_signals_total{service="${service}",outcome="${ending}"}`;
      attempts.set(series, (attempts.get(series) ?? 0) + 1);
    }
    const signals = new Map([...numbers].filter(([series]) => series.startsWith("packsync_signals_total")));
    expect(Object.fromEntries(signals)).toEqual(Object.fromEntries(attempts));
    expect(numbers.get('packsync_signals_total{service="worker",outcome="failed"}')).toBeGreaterThan(0);
    expect(numbers.get("packsync_failures_total")).toBe(0);
    expect(numbers.get('packsync_source_watching{source="packs",mode="events"}')).toBe(1);
    expect(numbers.get('packsync_missed_events_total{source="packs"}')).toBe(0);
    expect(numbers.get("packsync_up")).toBe(1);
    expect(numbers.get("packsync_watches")).toBeGreaterThan(0);
  });

  test("say how long each stage took, of every pack that went live, and how long a save took", async () => {
    await until('packsync_registrations{catalog="packsync",state="registered"}', 2);
    const numbers = numbersIn(await scrape(url));
    const stage = (name: string, what = "count") =>
      numbers.get(`packsync_stage_duration_seconds_${what}{stage="${name}"}`);
    const published = numbers.get('packsync_publishes_total{source="packs"}');
    for (const name of ["scan", "validate", "stage", "publish"]) expect([name, stage(name)]).toEqual([name, published]);
    const saves = numbers.get("packsync_save_to_visible_seconds_count");
    expect(saves).toBe(2);
    for (const name of ["watch", "settle"]) expect([name, stage(name)]).toEqual([name, saves]);
    const last = running.said("pack published").at(-1);
    expect(last).toMatchObject({ stages: expect.arrayContaining([{ stage: "settle", ms: expect.any(Number) }]) });
    expect(stage("settle", "sum")).toBeGreaterThan(0.04); // quiet for 25 ms, twice
    expect(stage("register")).toBeGreaterThan(0);
    expect(stage("signal")).toBeGreaterThan(0);
  });

  testWith({ tools: ["prometheus"] }, "are taken by Prometheus, which can answer what every alert asks", async () => {
    await using prometheus = await startPrometheus(it, url);
    await expect
      .poll(() => prometheus.query("packsync_up"), PATIENCE)
      .toMatchObject([{ value: [expect.anything(), "1"] }]);
    expect(await prometheus.query('up{job="packsync"}')).toMatchObject([{ value: [expect.anything(), "1"] }]);
    expect(await prometheus.query("packsync_publishes_total")).toMatchObject([{ metric: { source: "packs" } }]);
    expect(await prometheus.query("packsync_build_info")).toMatchObject([{ metric: { version: expect.any(String) } }]);
    const { groups } = parse(readFileSync(`${DOCKER}prometheus/alerts.yaml`, "utf8"));
    for (const { alert, expr } of groups[0].rules) expect(await prometheus.query(expr), alert).toBeInstanceOf(Array);
  });
});

/** Scrapes with a token in a file, as the example does. */
async function startPrometheus(it: Story, url: string) {
  const { host } = new URL(url);
  it.write("token", TOKEN);
  const job = {
    job_name: "packsync",
    scrape_interval: "1s",
    authorization: { credentials_file: it.at("token") },
    static_configs: [{ targets: [host] }],
  };
  it.write(
    "prometheus.json",
    JSON.stringify({ rule_files: [`${DOCKER}prometheus/alerts.yaml`], scrape_configs: [job] }),
  );
  mkdirSync(it.at("prometheus"));
  const port = await freePort();
  const where = [`--config.file=${it.at("prometheus.json")}`, `--storage.tsdb.path=${it.at("prometheus")}`];
  const child = spawn("prometheus", [...where, `--web.listen-address=127.0.0.1:${port}`], { stdio: "ignore" });
  const ended = once(child, "exit");
  return {
    async query(expr: string): Promise<unknown> {
      const asked = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`;
      const response = await fetch(asked).catch(() => undefined); // it is starting
      // biome-ignore lint/suspicious/noExplicitAny: what comes is what is tested
      const answer: any = await response?.json();
      return answer?.status === "success" ? answer.data.result : answer;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

test("a server that is killed and comes back has counted the same; a daemon that is killed is followed by one that is counted anew", async () => {
  using it = story({ packs: { core: pack("core") } });
  it.write("packsync.yaml", JSON.stringify(SETTINGS));
  await using first = await daemon(it);
  await using killed = startDaemon(it, { args: ["serve", ...LISTEN] });
  const before = await countedAt(await urlOf(killed));
  killed.signal("SIGKILL");
  await killed.ended;
  await using server = startDaemon(it, { args: ["serve", ...LISTEN] });
  const url = await urlOf(server);
  expect(await countedAt(url)).toEqual(before);
  const until = (series: string, value: number | undefined) =>
    expect.poll(async () => numbersIn(await scrape(url)).get(series), { ...PATIENCE, message: series }).toBe(value);
  await until('packsync_publishes_total{source="packs"}', 1);
  await until("packsync_up", 1);
  first.signal("SIGKILL");
  await first.ended;
  await until("packsync_up", 0);
  await until("packsync_lag_seconds", undefined);
  it.write("packs/core/README.md", "# core\n");
  it.write("packs/new", pack("new"));
  await using second = await daemon(it);
  await until("packsync_up", 1);
  await until('packsync_publishes_total{source="packs"}', 2);
  await second.stop();
});

test("500 packs make no more series than five do, and no larger a text", async () => {
  using it = story({ packs: packs(5) });
  it.write("packsync.yaml", JSON.stringify(SETTINGS));
  await using running = await daemon(it, { args: LISTEN });
  const url = await urlOf(running);
  const series = async (count: number): Promise<readonly string[]> => {
    const registered = 'packsync_registrations{catalog="packsync",state="registered"}';
    await expect.poll(async () => numbersIn(await scrape(url)).get(registered), PATIENCE).toBe(count);
    const text = await scrape(url);
    expect(text.length).toBeLessThan(50_000);
    expect(text).not.toContain("pack_1");
    return [...numbersIn(text).keys()].filter((name) => !name.startsWith("packsync_canary")).sort();
  };
  const few = await series(5);
  it.write("packs", packs(500));
  expect(await series(500)).toEqual(few);
});

function packs(count: number): Tree {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`pack_${index}`, { "pack.yaml": manifest(`pack_${index}`) }]),
  );
}
