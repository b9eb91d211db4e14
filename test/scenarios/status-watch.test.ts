import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hangBell } from "../../src/cli/watch/bell.ts";
import { describeWith, testWith } from "../support/requires.ts";
import { COMPILE_CACHE, MAIN } from "./programs/start.ts";
import { type Daemon, daemon, PATIENCE, startDaemon } from "./support/daemon.ts";
import { brokenYaml, manifest, pack, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { inTerminal, type TerminalRun } from "./support/terminal.ts";

const WATCH = ["status", "--watch"];
const RED = "\u001b[31m";

describeWith({ tools: ["python3"] }, "packsync status --watch in a terminal", () => {
  let it: Story;
  let running: Daemon;
  beforeAll(async () => {
    it = story({ packs: { ...packs("core", "demo"), 日本語: { "pack.yaml": "ref: Nö\n" } }, "packs.dev": {} });
    running = startDaemon(it);
  });
  afterAll(async () => {
    await running[Symbol.asyncDispose]();
    it[Symbol.dispose]();
  });

  test("shows a broken file, and that it is mended; at any size it is what a terminal of that size shows from the start", async () => {
    await using seen = inTerminal(it, WATCH);
    await seen.see(/core +1\.0\.0 +live/);
    const good = it.read("packs/demo/actions/echo.yaml");
    it.write("packs/demo/actions/echo.yaml", brokenYaml);
    await seen.see(/demo +1\.0\.0 +invalid .*\n {2}error actions\/echo\.yaml:\d/);
    for (const [columns, rows] of [
      [60, 12],
      [130, 40],
      [40, 6],
      [100, 30],
    ] as const) {
      seen.resize(columns, rows);
      await using fresh = inTerminal(it, WATCH, { columns, rows });
      await fresh.see("q ends it");
      const expected = await fresh.screen();
      await expect.poll(() => seen.screen(), PATIENCE).toEqual(expected);
      fresh.press("q");
      await fresh.ended;
    }
    it.write("packs/demo/actions/echo.yaml", good);
    await seen.see(/demo +1\.0\.0 +live/);
  });

  test("writes nothing while nothing happens, and never a part of a picture", async () => {
    await using seen = inTerminal(it, WATCH);
    await seen.see(/core +1\.0\.0 +live/);
    await expect.poll(() => quietFor(seen, 2500), { ...PATIENCE, interval: 0 }).toBe(true);
    const [enter = "", ...pictures] = seen.written().split("\u001b[?2026h");
    expect(enter).toBe("\u001b[?1049h\u001b[?25l\u001b[?7l");
    expect(pictures.length).toBeGreaterThan(0);
    for (const picture of pictures) expect(picture.endsWith("\u001b[?2026l")).toBe(true);
    expect(pictures.filter((picture) => picture.includes("\u001b[J"))).toHaveLength(1); // all of it only once
  });

  describe("whatever ends it, the terminal is as it was", () => {
    const crash = 'process.on("SIGUSR2",()=>{throw new Error("it crashed")})';
    test.for<{ title: string; end: (seen: TerminalRun) => void; code: number; env?: Record<string, string> }>([
      { title: "q", end: (seen) => seen.press("q"), code: 0 },
      { title: "Ctrl-C", end: (seen) => seen.press("\u0003"), code: 0 },
      { title: "SIGINT", end: (seen) => seen.signal("SIGINT"), code: 0 },
      { title: "SIGTERM", end: (seen) => seen.signal("SIGTERM"), code: 0 },
      { title: "SIGHUP", end: (seen) => seen.signal("SIGHUP"), code: 0 },
      {
        title: "a crash, which can be read",
        end: (seen) => seen.signal("SIGUSR2"),
        code: 1,
        env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}` },
      },
    ])("$title", async ({ end, code, env = {} }) => {
      await using seen = inTerminal(it, WATCH, { env });
      await seen.see(/core +1\.0\.0 +live/);
      expect(await seen.isOther()).toBe(true);
      end(seen);
      expect(await seen.ended).toMatchObject({ signal: null, cooked: true });
      expect((await seen.ended).code === 0).toBe(code === 0);
      expect(await seen.isOther()).toBe(false);
      const after = seen.written().slice(seen.written().lastIndexOf("\u001b[?1049l"));
      expect(seen.written()).toContain("\u001b[?7h\u001b[?25h\u001b[?1049l");
      expect(after).not.toMatch(/\?1049h|\?25l|\?7l/);
      if (code !== 0) expect((await seen.screen()).join("\n")).toContain("it crashed");
    });
  });

  test("Ctrl-Z gives the terminal back for as long as it is stopped", async () => {
    await using seen = inTerminal(it, WATCH, { through: ["sh", "-mc", '"$0" "$@"; stty -a; read -r _; fg'] });
    await seen.see(/core +1\.0\.0 +live/);
    seen.press("\u001a");
    await expect.poll(() => seen.isOther(), PATIENCE).toBe(false);
    await seen.see(/ icanon .* echo /s);
    seen.press("\r");
    await expect.poll(() => seen.isOther(), PATIENCE).toBe(true);
    await seen.see(/core +1\.0\.0 +live/);
    seen.press("q");
    expect(await seen.ended).toMatchObject({ code: 0, cooked: true });
  });

  test("NO_COLOR is respected", async () => {
    await using seen = inTerminal(it, WATCH, { env: { NO_COLOR: "1" } });
    await seen.see(/日本語 +- +rejected/);
    expect(seen.written()).not.toContain(RED);
    await using coloured = inTerminal(it, WATCH);
    await coloured.see(/日本語 +- +rejected/);
    expect(coloured.written()).toContain(RED);
  });

  test("a locale without UTF-8 is respected", async () => {
    await using seen = inTerminal(it, WATCH, { env: { LANG: "C" } });
    await seen.see("\\u65e5\\u672c\\u8a9e");
    expect(stripVTControlCharacters(seen.written())).toMatch(/^[\r\n -~]*$/);
  });

  test("a terminal that can do nothing gets a plain block whenever something is new", async () => {
    await using seen = inTerminal(it, WATCH, { env: { TERM: "dumb", LANG: "" } });
    await seen.see(/core +1\.0\.0 +packs/);
    seen.signal("SIGTERM");
    expect(await seen.ended).toMatchObject({ code: 0 });
    expect(seen.written()).toMatch(/^[\r\n -~]*$/);
  });
});

describe("packsync status --watch elsewhere", () => {
  test("a pipe gets one block for each change, and no escape code; as JSON a line", async () => {
    using it = story({ packs: packs("core"), "packs.dev": {} });
    it.once();
    const [pages, lines] = [piped(it, []), piped(it, ["--format", "json"])];
    await expect.poll(() => [pages.said().length > 0, lines.said().length > 0], PATIENCE).toEqual([true, true]);
    await sleep(2500); // two more looks, at the same
    expect(blocksOf(pages.said())).toHaveLength(1);
    expect(linesOf(lines.said())).toHaveLength(1);
    it.write("packs/core/README.md", "new\n");
    it.once();
    const second = expect.stringMatching(/\b2-[0-9a-f]{8}\b/);
    await expect.poll(() => [pages.said(), lines.said()], PATIENCE).toEqual([second, second]);
    await Promise.all([pages.stop(), lines.stop()]);
    expect(pages.said()).not.toContain("\u001b");
    for (const blocks of [blocksOf(pages.said()), linesOf(lines.said())])
      expect(blocks.filter((block, index) => block === blocks[index - 1])).toEqual([]);
    const releases = linesOf(lines.said()).map((line) => JSON.parse(line).packs[0].release);
    expect([releases[0], releases.at(-1)]).toEqual([expect.stringMatching(/^1-/), expect.stringMatching(/^2-/)]);
  });

  test("what the daemon tells is looked at at once; its end and its return are said", async () => {
    using it = story({ packs: packs("core"), "packs.dev": {} });
    const first = await daemon(it);
    const over = new AbortController();
    it.defer(() => over.abort());
    const bell = hangBell(it.at("volume/.packsync"), over.signal);
    const pages = piped(it, []);
    const quiet = () => bell.rang(1000).then((rang) => !rang);
    const rang = () => bell.rang(PATIENCE.timeout);
    await expect.poll(quiet, PATIENCE).toBe(true);
    it.write("packs/core/README.md", "new\n");
    expect(await rang()).toBe(true);
    await expect.poll(quiet, PATIENCE).toBe(true);
    await first.stop();
    expect(await rang()).toBe(true);
    await expect.poll(() => pages.said(), PATIENCE).toContain("the daemon does not answer since");
    await expect.poll(quiet, PATIENCE).toBe(true);
    await using second = await daemon(it);
    expect(await rang()).toBe(true);
    await expect.poll(() => pages.said(), PATIENCE).toContain(`process ${second.pid},`);
    await pages.stop();
  });

  test("who reads no more ends it", async () => {
    using it = story({ packs: packs("core"), "packs.dev": {} });
    it.once();
    const watched = piped(it, []);
    await expect.poll(() => watched.said().length > 0, PATIENCE).toBe(true);
    watched.hangUp();
    it.write("packs/core/README.md", "new\n");
    it.once();
    expect(await watched.ended).toEqual({ code: 0, stderr: "" });
  });
});

testWith({ tools: ["python3"] }, "packsync status --watch fits 500 packs into any terminal", async () => {
  const names = Array.from({ length: 500 }, (_, index) => `pack_${index}`);
  const sources = Object.fromEntries(names.map((ref) => [ref, { "pack.yaml": manifest(ref) }]));
  using it = story({ packs: { ...sources, pack_444: pack("pack_444", { actions: { "echo.yaml": brokenYaml } }) } });
  it.once();
  await using seen = inTerminal(it, WATCH, { columns: 90, rows: 24 });
  await seen.see("no daemon is running");
  const screen = await seen.screen();
  expect(screen[1]).toMatch(/^500 packs: 1 rejected · 499 live · 1 finding/);
  const refs = screen.flatMap((line) => /^pack_\d+/.exec(line) ?? []);

  expect(screen).toContain(`… ${500 - refs.length} more; packs with trouble first`);
  seen.press("q");
  expect(await seen.ended).toMatchObject({ code: 0 });
});

function blocksOf(text: string): readonly string[] {
  return text.split(/^(?=\/.*\/volume$)/m);
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").slice(0, -1);
}

async function quietFor(seen: TerminalRun, ms: number): Promise<boolean> {
  const before = seen.written().length;
  await sleep(ms);
  return seen.written().length === before;
}

function piped(it: Story, args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...WATCH, ...args], {
    cwd: it.directory,
    env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: COMPILE_CACHE, TERM: "xterm" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  it.defer(() => void child.kill("SIGKILL"));
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk;
  });
  const stderr = text(child.stderr);
  const ended = once(child, "exit").then(async ([code]) => ({ code, stderr: await stderr }));
  return {
    ended,
    said: () => said,
    hangUp: () => void child.stdout.destroy(),
    async stop() {
      child.kill("SIGTERM");
      expect(await ended).toEqual({ code: 0, stderr: "" });
    },
  };
}
