import { appendFileSync, chmodSync, chownSync, lstatSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { daemon, expectNothingLeft, startDaemon, untilSynced } from "./support/daemon.ts";
import { packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { walk } from "./support/tree.ts";

const SOMEBODY = 1000;

/** A volume that is somebody's, and packs that are root's. */
function volumeOfSomebody(): Story {
  const it = story({ packs: packs("core"), volume: {} });
  chownSync(it.at("volume"), SOMEBODY, SOMEBODY);
  return it;
}

function ownersIn(it: Story): ReadonlySet<number> {
  return new Set(["", ...walk(it.at("volume"))].map((path) => lstatSync(it.at(`volume/${path}`)).uid));
}

testWith({ root: true }, "runs as the one user who owns the volume, and all that it makes is theirs", async () => {
  using it = volumeOfSomebody();
  await using running = await daemon(it, { uid: SOMEBODY });
  await untilSynced(it);
  appendFileSync(it.at("packs/core/actions/echo.sh"), "echo more\n");
  await untilSynced(it);
  expect([...ownersIn(it)]).toEqual([SOMEBODY]);

  // Root may ask it, and so may its user; nobody else.
  expect(it.packsync(["--once"]).code).toBe(0);
  expect(it.packsync(["--once"], { uid: SOMEBODY }).code).toBe(0);
  expect(it.packsync(["unpin", "core"], { uid: SOMEBODY + 1 }).code).toBe(3);
  expect([...ownersIn(it)]).toEqual([SOMEBODY]);
  await running.stop();
});

testWith({ root: true }, "runs as root for somebody else's volume, and all that it makes is theirs", async () => {
  using it = volumeOfSomebody();
  await using running = await daemon(it);
  appendFileSync(it.at("packs/core/actions/echo.sh"), "echo more\n");
  await untilSynced(it);
  expect([...ownersIn(it)]).toEqual([SOMEBODY]);
  expect(it.packsync(["--once"], { uid: SOMEBODY }).code).toBe(0);
  await running.stop();
});

testWith({ root: true }, "a volume that it may not write ends it with 3, and is said", async () => {
  using it = volumeOfSomebody();
  chmodSync(it.at("volume"), 0o755);
  await using running = startDaemon(it, { uid: SOMEBODY + 1 });
  const { code, stderr } = await running.ended;
  expect(code).toBe(3);
  expect(stderr).toContain(it.at("volume"));
});

testWith(
  { root: true, tools: ["unshare"] },
  "needs nothing but the volume to be writable: the root file system is read-only",
  async () => {
    using it = story({ packs: packs("core"), volume: {} });
    // In a mount namespace of its own: everything is made read-only, then the volume alone is mounted over it as it was.
    const volume = it.at("volume");
    const script = [
      "mount --make-rprivate /",
      `mount --bind "${volume}" "${volume}"`,
      "mount -o remount,bind,ro /",
      "for each in /tmp /var /run /dev/shm /root; do mount --bind $each $each && mount -o remount,bind,ro $each; done 2>/dev/null",
      `mount --bind "${volume}" "${volume}" 2>/dev/null; mount -o remount,bind,rw "${volume}"`,
      `touch "${it.at("packs/core/x")}" 2>/dev/null && exit 99`,
      "touch /x 2>/dev/null && exit 98",
      'exec "$@"',
    ].join("; ");
    const through = ["unshare", "--mount", "--", "sh", "-c", script, "sh"];
    await using running = await daemon(it, { through, env: { NODE_COMPILE_CACHE: "/nonexistent" } });
    await untilSynced(it);
    appendFileSync(it.at("packs/core/actions/echo.sh"), "echo more\n");
    await untilSynced(it);
    expectNothingLeft(it);
    await running.stop();
  },
);

testWith({ tools: ["strace"] }, "starts no shell, and no other program", async () => {
  using it = story({ packs: packs("core"), "packs.dev": packs("mine") });
  const through = [
    "strace",
    "--follow-forks",
    "--quiet=all",
    "--signal=none",
    "--trace=execve,execveat",
    "--output",
    it.at("strace.log"),
  ];
  await using running = await daemon(it, {
    through,
    env: { PACKSYNC_WATCH_VERIFY: "1s", PACKSYNC_WATCH_RESCAN: "200ms" },
  });
  appendFileSync(it.at("packs/core/actions/echo.sh"), "echo more\n");
  it.write("packs.dev/mine/actions/echo.yaml", "name: [");
  await running.hear("pack rejected");
  it.write("packs.dev", packs("mine", "another"));
  await untilSynced(it, "packs", "packs.dev");
  expect(it.packsync(["rollback", "core"]).code).toBe(0);
  expectNothingLeftButPins(it);
  const executed = readFileSync(it.at("strace.log"), "utf8").match(/execve(at)?\(.*/g) ?? [];
  expect(executed, executed.join("\n")).toHaveLength(1); // the daemon itself
});

function expectNothingLeftButPins(it: Story): void {
  expect(it.once().outcomes).toEqual({ another: "unchanged", core: "unchanged", mine: "unchanged" });
}

test("without any variable but PATH it works as with all of them", async () => {
  using it = story({ packs: packs("core") });
  await using running = await daemon(it, { through: ["env", "-i", `PATH=${process.env["PATH"]}`] });
  appendFileSync(it.at("packs/core/actions/echo.sh"), "echo more\n");
  await untilSynced(it);
  await running.stop();
});
