import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Ended, packsync } from "./programs/start.ts";
import { type Daemon, daemon, expectNothingLeft, releasesOf, startDaemon, untilSynced } from "./support/daemon.ts";
import { manifest, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

/** Starts all at the same moment. */
async function together(it: Story, commands: readonly (readonly string[])[]): Promise<readonly Ended[]> {
  await using stack = new AsyncDisposableStack();
  const runs = commands.map((args) => stack.use(packsync(it.directory, ...args)));
  return await Promise.all(runs.map(({ ended }) => ended));
}

function failuresOf(ended: readonly Ended[]): readonly string[] {
  return ended
    .filter(({ exitCode }) => exitCode !== 0)
    .map(({ exitCode, stderr, stdout }) => `${exitCode}: ${stderr}${stdout}`);
}

/** The daemon holds the lock: a command that did not ask it would wait for it in vain. */
const IMPATIENT = ["--lock-timeout", "0"];

describe("commands that write ask the daemon", () => {
  test.for([
    { name: "--once", args: ["--once"] },
    { name: "sync", args: ["sync"] },
  ])("$name: what was saved just now is live", async ({ args }) => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it);
    appendFileSync(it.at("packs/core/actions/echo.sh"), "echo saved\n");
    const { code, stderr } = it.packsync([...args, ...IMPATIENT]);
    expect(code, stderr).toBe(0);
    expect(it.read("volume/core/actions/echo.sh")).toContain("saved");
    expect(releasesOf(it, "core")).toBe(2);
    await running.stop();
  });

  test("rollback, unpin and sync: back, and forth again", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it);
    it.write("packs/core/pack.yaml", manifest("core", "2.0.0"));
    await untilSynced(it);
    expect(it.packsync(["rollback", "core", ...IMPATIENT])).toMatchObject({ code: 0, stderr: "" });
    expect(it.read("volume/core/pack.yaml")).toBe(manifest("core"));

    // It stays, whatever is looked at.
    expect(it.once(IMPATIENT).outcomes).toEqual({ core: "unchanged" });
    expect(it.read("volume/core/pack.yaml")).toBe(manifest("core"));

    expect(it.packsync(["unpin", "core", ...IMPATIENT])).toMatchObject({ code: 0, stderr: "" });
    await untilSynced(it); // the daemon does it by itself: nothing is pinned any more
    await running.stop();
  });

  test("verify --repair: what somebody else changed is back", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it);
    appendFileSync(it.at("volume/core/actions/echo.sh"), "echo theirs\n");
    const { code, stdout } = it.packsync(["verify", "--repair", ...IMPATIENT]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("repaired") });
    await untilSynced(it);
    await running.stop();
  });

  test("one that fails there fails as it would have here", async () => {
    using it = story({ packs: packs("core") });
    const alone = it.packsync(["rollback", "nobody"]);
    await using running = await daemon(it);
    expect(it.packsync(["rollback", "nobody", ...IMPATIENT])).toMatchObject({ code: alone.code, stderr: alone.stderr });
    await running.stop();
  });

  test("one that is interrupted takes its request back, and the daemon goes on", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it);
    for (let time = 0; time < 5; time++) {
      await using run = packsync(it.directory, "--once");
      await sleep(120 * time); // before it asks, while it waits, and when it is over
      run.child.kill("SIGINT");
      await run.ended;
    }
    appendFileSync(it.at("packs/core/actions/echo.sh"), "echo saved\n");
    await untilSynced(it);
    expectNothingLeft(it);
    await running.stop();
  });
});

test("ten commands at once, again and again, while packs are saved: none is refused, and in the end the volume is the source", async () => {
  using it = story({ packs: packs("core", "deploy", "other") });
  await using running = await daemon(it);
  appendFileSync(it.at("packs/core/actions/echo.sh"), "echo two\n");
  await untilSynced(it);
  for (let round = 0; round < 3; round++) {
    appendFileSync(it.at("packs/deploy/actions/echo.sh"), `echo round ${round}\n`);
    const ended = await together(it, [
      ["--once", ...IMPATIENT],
      ["sync", ...IMPATIENT],
      ["sync", "deploy", ...IMPATIENT],
      ["--once", "--format", "json", ...IMPATIENT],
      ["status"],
      ["status", "--format", "json"],
      ["verify"],
      ["verify", "--repair", ...IMPATIENT],
      ["rollback", "core", ...IMPATIENT],
      ["history"],
    ]);
    expect(failuresOf(ended)).toEqual([]);
    expect(it.packsync(["unpin", "core", ...IMPATIENT]).code).toBe(0);
  }
  await untilSynced(it);
  expectNothingLeft(it);
  expect(releasesOf(it, "other")).toBe(1);
  await running.stop();
}, 120_000);

test("the daemon is restarted while clients wait: each gets its answer, from the old one, the new one, or by itself", async () => {
  using it = story({ packs: packs("core", "deploy") });
  let running: Daemon = await daemon(it);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => running[Symbol.asyncDispose]());
  for (let round = 0; round < 6; round++) {
    appendFileSync(it.at("packs/core/actions/echo.sh"), `echo round ${round}\n`);
    const clients = together(
      it,
      Array.from({ length: 5 }, (_, index) => (index % 2 === 0 ? ["--once"] : ["verify", "--repair"])),
    );
    await sleep(150 * round); // before they ask, while they wait, and when they have their answer
    if (round % 2 === 0) running.signal("SIGTERM");
    else running.signal("SIGKILL");
    await running.ended;
    running = await daemon(it);
    expect(failuresOf(await clients)).toEqual([]);
    expect(it.read("volume/core/actions/echo.sh")).toContain(`echo round ${round}\n`);
  }
  expectNothingLeft(it);
  await running.stop();
}, 120_000);

test("a configuration is reloaded while clients wait: each gets its answer", async () => {
  using it = story({ packs: packs("core") });
  await using running = await daemon(it);
  let isOver = false;
  const clients = together(
    it,
    Array.from({ length: 10 }, () => ["--once"]),
  ).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    running.signal("SIGHUP");
    await sleep(100);
  }
  expect(failuresOf(await clients)).toEqual([]);
  await running.stop();
}, 120_000);

test("--once and the daemon that start at the same moment: each pack is published once, and both are content", async () => {
  for (let round = 0; round < 4; round++) {
    using it = story({ packs: packs("core", "deploy", "other") });
    await using running = startDaemon(it);
    const ended = await together(it, [["--once"], ["--once"]]);
    expect(failuresOf(ended)).toEqual([]);
    await running.hear("watching");
    await untilSynced(it);
    expect(["core", "deploy", "other"].map((ref) => releasesOf(it, ref))).toEqual([1, 1, 1]);
    expectNothingLeft(it);
    await running.stop();
  }
}, 120_000);

describe("who does not agree with the daemon waits for the lock, and is told who holds it", () => {
  async function expectTold(ended: Ended, running: Daemon): Promise<void> {
    expect(ended).toMatchObject({ exitCode: 3 });
    expect(ended.stderr).toContain(` on ${hostname()} (process ${running.pid}, watch, since `);
  }

  test("a second daemon", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it);
    const [ended] = await together(it, [["--lock-timeout", "1"]]);
    await expectTold(ended as Ended, running);
    await running.stop();
  });

  test("--once with other sources", async () => {
    using it = story({ packs: packs("core") });
    it.write("elsewhere", packs("core"));
    await using running = await daemon(it);
    const [ended] = await together(it, [["--once", "--packs", "elsewhere", "--lock-timeout", "1"]]);
    await expectTold(ended as Ended, running);
    await running.stop();
  });

  test("--once, while the daemon does not answer", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it);
    running.signal("SIGSTOP");
    const [ended] = await together(it, [["--once", "--lock-timeout", "0"]]);
    running.signal("SIGCONT");
    await expectTold(ended as Ended, running);
    await running.stop();
  });
});

test("a socket that a daemon left which was killed is nobody's: commands work, and so does the next daemon", async () => {
  using it = story({ packs: packs("core") });
  {
    await using killed = await daemon(it);
    killed.signal("SIGKILL");
    await killed.ended;
  }
  expect(existsSync(it.at("volume/.packsync/control.sock"))).toBe(true);
  writeFileSync(it.at("packs/core/README.md"), "written meanwhile");
  expect(it.once().outcomes).toEqual({ core: "published" });
  await using running = await daemon(it);
  expectNothingLeft(it);
  await running.stop();
});
