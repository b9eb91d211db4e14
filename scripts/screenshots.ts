// `npm run screenshots`: starts a daemon on packs made for it, lets things happen, and takes docs/images/ of its dashboard, with /usr/bin/chromium.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { openEvents } from "../src/events/database.ts";
import { type Row, write } from "../src/events/store.ts";
import { buildStaleWeb } from "./build-web.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const IMAGES = `${root}docs/images`;
const TOKEN = "screenshots-0123456789abcdef";

/** Ref, label, version, what its actions do. */
const PACKS = [
  ["core", "Core", "1.4.0", ["echo", "sleep", "http_request"]],
  ["aws", "Amazon Web Services", "2.1.3", ["list_buckets", "start_instance", "stop_instance"]],
  ["github", "GitHub", "1.9.0", ["create_issue", "merge_pull_request"]],
  ["kubernetes", "Kubernetes", "0.8.2", ["apply", "rollout", "scale"]],
  ["postgres", "PostgreSQL", "1.0.4", ["query", "backup"]],
  ["slack", "Slack", "3.0.1", ["post_message", "open_channel"]],
  ["prometheus", "Prometheus", "0.4.0", ["query_range"]],
  ["jira", "Jira", "1.2.2", ["create_ticket", "add_comment"]],
  ["redis", "Redis", "0.9.1", ["flush", "info"]],
  ["terraform", "Terraform", "1.6.0", ["plan", "apply"]],
  ["vault", "Vault", "0.3.5", ["read_secret"]],
  ["smtp", "Mail", "1.1.0", ["send"]],
] as const;

const SETTINGS = {
  preset: "none",
  runtimeEnvsDir: "./envs",
  server: { token: TOKEN, rateLimit: 0, roots: ["."] },
  routes: [
    { when: { meaning: "script", runner: "python" }, do: "worker-python" },
    { when: { meaning: "script" }, do: "worker-shell" },
    { when: { meaning: "metadata" }, do: ["api", "worker-python"] },
  ],
  services: {
    api: { exec: ["sleep", "0.4"] },
    "worker-python": { exec: ["sleep", "0.9"] },
    "worker-shell": { exec: ["sh", "-c", "test ! -e down"] },
  },
};

class Place implements Disposable {
  /** It is seen in the pictures. */
  readonly directory = join(tmpdir(), "automation");

  constructor() {
    mkdirSync(this.directory); // whoever has one keeps it
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = `${this.directory}/${path}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
  }

  read(path: string): string {
    return readFileSync(`${this.directory}/${path}`, "utf8");
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function writePacks(place: Place): void {
  for (const [ref, label, version, actions] of PACKS) {
    const about = `ref: ${ref}\nlabel: ${label}\nversion: "${version}"\ndescription: ${label} for automation\n`;
    place.write(`packs/${ref}/pack.yaml`, about);
    for (const name of actions) writeAction(place, ref, name);
  }
  place.write("packs.dev/deploy/pack.yaml", 'ref: deploy\nlabel: Our deployments\nversion: "0.1.0"\n');
  writeAction(place, "deploy", "release", "packs.dev");
}

function writeAction(place: Place, ref: string, name: string, source = "packs"): void {
  const parameters =
    "parameters:\n  target:\n    type: string\n    required: true\n    description: What it is done to\n" +
    "  timeout:\n    type: integer\n    default: 30\n    description: In seconds\n";
  const head = `ref: ${ref}.${name}\nlabel: ${name.replaceAll("_", " ")}\n`;
  const runs = `runner_type: python\nentry_point: ${name}.py\n`;
  place.write(`${source}/${ref}/actions/${name}.yaml`, head + runs + parameters);
  place.write(`${source}/${ref}/actions/${name}.py`, `#!/usr/bin/env python3\nprint("${name}")\n`, 0o755);
}

/** Asks until it is so: what must come comes within a minute. */
async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await isSo()) return;
    await sleep(100);
  }
  throw new Error(`Expected ${what} within a minute.`);
}

interface Served {
  readonly child: ChildProcess;
  readonly url: string;
}

async function serve(place: Place): Promise<Served> {
  const args = [`${root}src/main.ts`, "--listen", "127.0.0.1:0", "--log-style", "json"];
  const child = spawn(process.execPath, args, { cwd: place.directory, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.on("data", (part) => {
    said += part;
  });
  const find = (): string | undefined => /listens at (http:[^ ,]+)/.exec(said)?.[1];
  await until("the address of the daemon", () => find() !== undefined);
  return { child, url: find() ?? "" };
}

async function api<T>(url: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${url}/api/v1/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${TOKEN}`, prefer: "respond-async", "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return ((await response.json()) as { readonly data: T }).data;
}

interface Overview {
  readonly packs: readonly { readonly ref: string; readonly state: string; readonly release: string | null }[];
  readonly daemon: { readonly services: readonly { readonly state: string }[] };
}

/** Saves, a mistake, a way back, a service that is down: what a day has. */
async function letThingsHappen(place: Place, url: string): Promise<void> {
  const packs = async () => (await api<Overview>(url, "overview")).packs;
  const stateOf = async (ref: string) => (await packs()).find((pack) => pack.ref === ref)?.state;
  await until("all packs", async () => (await packs()).filter(({ state }) => state === "live").length > PACKS.length);
  for (const [ref, , , [action]] of PACKS.slice(0, 6)) {
    place.write(`packs/${ref}/actions/${action}.py`, `#!/usr/bin/env python3\nprint("${action}, better")\n`, 0o755);
    await sleep(400);
  }
  const manifest = place.read("packs/slack/pack.yaml");
  place.write("packs/slack/pack.yaml", manifest.replace("3.0.1", "3.1.0"));
  await until("another slack", () => place.read("volume/slack/pack.yaml").includes("3.1.0"));
  await api(url, "packs/slack/rollback", {});
  await until("a pinned slack", async () => (await stateOf("slack")) === "pinned");
  place.write("down", "");
  place.write("packs/core/tools/check.sh", "#!/bin/sh\necho fine\n", 0o755);
  breakAws(place);
  await until("a broken aws", async () => (await stateOf("aws")) === "invalid");
}

function breakAws(place: Place): void {
  const action = place.read("packs/aws/actions/start_instance.yaml");
  const broken = action.replace("runner_type: python", "runner_type: pyton").replace(".py", ".sh");
  place.write("packs/aws/actions/start_instance.yaml", broken);
}

/** Its tests take a while: one sees them run. */
function writeIncoming(place: Place): string {
  const testing =
    "testing: {enabled: true, discovery: {method: directory, path: tests}, runners: {shell: {type: script, entry_point: tests/run.sh}}}";
  place.write("incoming/datadog/pack.yaml", `ref: datadog\nlabel: Datadog\nversion: "1.3.0"\n${testing}\n`);
  const lines = ["sends a metric", "reads a monitor", "mutes a host", "lists dashboards"];
  const said = lines.map((line, index) => `echo "ok ${index + 1} - ${line}"; sleep 0.3`).join("\n");
  place.write("incoming/datadog/tests/run.sh", `#!/bin/sh\n${said}\nsleep 60\n`, 0o755);
  return `${place.directory}/incoming/datadog`;
}

const MINUTE_MS = 60_000;

/** An hour that was, for the charts: nobody waits for one. Written by the program's own store beside the daemon. */
function writePastHour(place: Place, pid: number): void {
  const database = openEvents(`${place.directory}/volume/.packsync`, undefined, () => {});
  const begin = Date.now() - 58 * MINUTE_MS;
  const events: Row[] = [];
  const put = (minute: number, kind: string, elapsedMs?: number, how?: string): void => {
    const [atMs, id] = [begin + minute * MINUTE_MS + events.length, begin + events.length];
    const [pack] = PACKS[events.length % PACKS.length] ?? PACKS[0];
    const about = { id, at: new Date(atMs).toISOString(), kind, severity: "info", text: `${pack}: ${kind}`, pack };
    const json = JSON.stringify({
      ...about,
      ...(elapsedMs && { elapsed_ms: elapsedMs }),
      ...(how && { data: { how } }),
    });
    events.push({ id, atMs, kind, severity: "info", packs: [pack], service: undefined, elapsedMs, json });
  };
  for (let minute = 0; minute < 55; minute += 2 + ((minute * 7) % 5)) {
    for (let save = 0; save <= minute % 4; save++) put(minute, "pack.published", 26 + ((minute * 13 + save * 29) % 40));
    if (minute % 3 === 0) put(minute, "service.told", 900, "restart");
    if (minute % 11 === 4) put(minute, "pack.rejected");
  }
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
  const at = (index: number) => ({ atMs: begin + (index * MINUTE_MS) / 4, delayMs: 1, lagMs: 0, watches: 31 });
  const samples = Array.from({ length: 228 }, (_, index) => {
    return { ...at(index), rss: Math.round(rss * (0.97 + 0.02 * Math.sin(index / 9) + index / 20_000)) };
  });
  write(database, { events, samples, gone: 0 });
  database.close();
}

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly look?: BrowserContextOptions;
  readonly ready: (page: Page) => Promise<unknown>;
}

const PHONE = { viewport: { width: 390, height: 844 } };
const DARK = { colorScheme: "dark" } as const;

function shotsOf(incoming: string): readonly Shot[] {
  const packs = (page: Page) => page.locator('tr[data-pack="aws"][data-state="invalid"]').waitFor();
  return [
    { name: "overview-light", path: "", ready: packs },
    { name: "overview-dark", path: "", look: DARK, ready: packs },
    { name: "overview-phone", path: "", look: PHONE, ready: packs },
    {
      name: "pack",
      path: "packs/aws",
      ready: (page) => page.getByText("Why this matters").first().click(),
    },
    { name: "releases", path: "packs/slack/releases", look: DARK, ready: (page) => page.locator(".keys").waitFor() },
    {
      name: "events",
      path: "packs/github/releases",
      ready: async (page) => {
        await page.getByRole("link", { name: "trace" }).first().click();
        await page.locator(".stage-bar").waitFor();
        await page.locator(".event").first().waitFor();
      },
    },
    {
      name: "install",
      path: "install",
      ready: async (page) => {
        await page.getByRole("textbox", { name: /^Source/ }).fill(incoming);
        await page.getByRole("button", { name: "Install", exact: true }).click();
        await page.getByText("lists dashboards").waitFor();
      },
    },
    { name: "charts", path: "charts", look: DARK, ready: (page) => page.locator("canvas").first().waitFor() },
  ];
}

async function take(url: string, shots: readonly Shot[]): Promise<void> {
  const args = process.geteuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  for (const { name, path, look = {}, ready } of shots) {
    const base = { viewport: { width: 1280, height: 800 }, colorScheme: "light", locale: "en-GB" } as const;
    const context = await browser.newContext({ ...base, ...look, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(`${url}/#token=${TOKEN}`);
    await page.locator("tr[data-pack]").first().waitFor();
    await page.goto(`${url}/#/${path}`);
    await ready(page);
    await sleep(500);
    await page.screenshot({ path: `${IMAGES}/${name}.png` });
    await context.close();
  }
  await browser.close();
}

using place = new Place();
await buildStaleWeb();
mkdirSync(IMAGES, { recursive: true });
writePacks(place);
place.write("packsync.yaml", JSON.stringify(SETTINGS));
place.write("volume/.keep", "");
place.write("volume/legacy/pack.yaml", 'ref: legacy\nlabel: Left by another program\nversion: "0.9.0"\n');
const incoming = writeIncoming(place);
const { child, url } = await serve(place);
try {
  await letThingsHappen(place, url);
  writePastHour(place, child.pid ?? 0);
  await take(url, shotsOf(incoming));
} finally {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
