import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { measure } from "../../src/measuring.ts";
import { FAMILIES } from "../../src/metrics/families.ts";
import { testWith } from "../support/requires.ts";
import { testConfig } from "../support/sync.ts";
import { scratch } from "../support/trees.ts";
import { READER, type Served, served } from "./serving.ts";

const OPEN_METRICS = "application/openmetrics-text;version=1.0.0";

async function scrape(it: Served, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { status, text } = await it.send("GET", "/metrics", undefined, headers);
  expect(status, text).toBe(200);
  return text;
}

test("without a daemon the rest is said all the same, and that there is none", async () => {
  await using it = await served({
    packs: { core: { "pack.yaml": "ref: core\nlabel: Core\nversion: 1.0.0\n" }, bad: { "pack.yaml": "ref: [" } },
  });
  it.once();
  const text = await scrape(it);
  expect(text).toMatch(/^packsync_up 0$/m);
  expect(text).not.toMatch(/^packsync_(lag_seconds|trouble|watches|stage_age_seconds)\b/m);
  expect(text).toMatch(/^packsync_ready 1$/m);
  expect(text).toMatch(/^packsync_packs\{state="live"\} 1$/m);
  expect(text).toMatch(/^packsync_packs\{state="rejected"\} 1$/m);
  expect(text).toMatch(/^packsync_findings\{code="metadata.invalid_yaml",severity="error"\} 1$/m);
  expect(text).toMatch(/^packsync_registrations\{catalog="packsync",state="registered"\} 1$/m);
  expect(text).toMatch(/^packsync_queue_depth 0$/m);
  expect(text).toMatch(/^packsync_volume_free_bytes \d+$/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect(text).toMatch(/^process_open_fds \d+$/m);
  expect(it.errors).toEqual([]);
});

test("the format is chosen by Accept, and HEAD is answered as GET is, without the text", async () => {
  await using it = await served();
  const plain = await it.send("GET", "/metrics");
  expect(plain.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const open = await it.send("GET", "/metrics", undefined, { accept: OPEN_METRICS });
  expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect(open.headers.get("vary")).toBe("accept");
  expect(open.text.endsWith("\n# EOF\n")).toBe(true);
  const head = await it.send("HEAD", "/metrics", undefined, { accept: OPEN_METRICS });
  expect([head.status, head.text]).toEqual([200, ""]);
  expect(head.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect((await it.send("POST", "/metrics", {})).status).toBe(405);
});

test("whoever scrapes has a token that may read, unless it is open to anybody", async () => {
  await using it = await served();
  const asking = (authorization: string) => it.send("GET", "/metrics", undefined, { authorization });
  expect((await asking(`Bearer ${READER}`)).status).toBe(200);
  expect((await asking("Bearer wrong")).status).toBe(401);
  await using open = await served({ server: { metrics: "open" } });
  expect((await open.send("GET", "/metrics", undefined, { authorization: "" })).status).toBe(200);
});

test("requests are counted by the template of their route, from the first scrape on", async () => {
  await using it = await served();
  await it.send("GET", "/api/v1/packs/before");
  await scrape(it);
  for (const ref of ["a", "b", "c"]) await it.send("GET", `/api/v1/packs/${ref}`);
  await it.send("GET", "/nowhere/at/all");
  const text = await scrape(it);
  const count = (method: string, route: string, status: number) =>
    new RegExp(
      `^packsync_api_requests_total\\{method="${method}",route="${route}",status="${status}"\\} (\\d+)$`,
      "m",
    ).exec(text)?.[1];
  expect(count("GET", "/api/v1/packs/:ref", 404)).toBe("3");
  expect(count("GET", "none", 404)).toBe("1");
  expect(count("GET", "/metrics", 200)).toBe("1");
  expect(text).toContain('packsync_api_request_duration_seconds_count{method="GET",route="/api/v1/packs/:ref"} 3\n');
});

test("every family has a type and a help text, once, with the labels it says", async () => {
  await using it = await served();
  const text = await scrape(it);
  for (const [name, { type }] of Object.entries(FAMILIES)) {
    expect(text.split(`# TYPE ${name} ${type}\n`), name).toHaveLength(2);
    expect(text.split(`# HELP ${name} `), name).toHaveLength(2);
  }
});

testWith({ tools: ["promtool"] }, "promtool finds nothing to say about it", async () => {
  await using it = await served();
  const text = await scrape(it);
  const said = execFileSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  expect(said).toBe("");
});

test("a daemon that accepts and never answers is one that is not up", async () => {
  await using it = await served();
  mkdirSync(it.at("volume/.packsync"), { recursive: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => void open.add(socket)).listen(it.at("volume/.packsync/control.sock"));
  await once(server, "listening");
  const text = await scrape(it);
  expect(text).toMatch(/^packsync_up 0$/m);
  expect(text).toMatch(/^packsync_ready 0$/m);
  expect([...open].filter((socket) => !socket.readableEnded).length).toBeGreaterThan(0); // others would wait still
  for (const socket of open) socket.destroy();
  server.close();
});

test("many who scrape at once are given what was found once, and nobody waits for what does not answer", async () => {
  using directory = scratch();
  let asked = 0;
  await using measuring = measure({
    config: testConfig(directory.path),
    faults: async () => {
      asked++;
      return [];
    },
    jobs: () => new Promise(() => {}),
  });
  const texts = await Promise.all(Array.from({ length: 20 }, () => measuring.scrape("prometheus")));
  expect(asked).toBe(1);
  expect(new Set(texts).size).toBe(1);
  expect(texts[0]).toContain("packsync_ready 1\n");
  expect(texts[0]).not.toMatch(/^packsync_queue_depth /m);
});
