import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { packsync } from "./programs/start.ts";
import { type ApiDaemon, apiDaemon } from "./support/api.ts";
import { daemon, expectNothingLeft, filesIn, PATIENCE } from "./support/daemon.ts";
import { isSoak } from "./support/is-soak.ts";
import { pack } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

/** Calls of the daemon's while it installs `one`: whatever is called first of these about this path is where it dies. */
const STAGES = [
  { title: "nothing is copied yet", calls: "mkdir", path: "installing/one/next" },
  { title: "what was live is written down", calls: "openat", path: "installing/one/before" },
  { title: "it takes its place among what is installed", calls: "rename", path: "installed/one" },
  { title: "it goes live", calls: "rename,renameat2", path: "../one" },
  { title: "it is live", calls: "openat", path: "installing/one/live" },
  { title: "it is settled", calls: "rmdir", path: "installing/one" },
] as const;
const ASKED = ["by a command", "by the API"] as const;

/** Whoever asked may hear of the end of it a moment before us. */
const SURVIVES_MS = 20_000;

/** In a soak everything, else each stage by one of both. */
const DEATHS = STAGES.flatMap((stage, index) =>
  ASKED.filter((_, asked) => isSoak || asked === index % 2).map((asked) => ({ ...stage, asked })),
);

testWith(
  { tools: ["strace"], timeout: DEATHS.length * 100_000 },
  "a daemon that is killed while it installs leaves what was or what is to be; the next one says so, and does it when it is asked again",
  async () => {
    using it = story({ packs: { core: pack("core") } });
    for (const [index, { title, asked, calls, path }] of DEATHS.entries()) {
      const states = nextVersion(it, index);
      const at = ["-P", it.at(`volume/.packsync/${path}`).replace("/.packsync/..", "")];
      const kill = ["-e", `trace=${calls}`, "-e", `inject=${calls}:signal=KILL:when=1`];
      const through = ["strace", "-f", "-qqq", "-o", "/dev/null", ...at, ...kill];
      await using doomed = await apiDaemon(it, { through });
      const job = await askedOf(doomed, it, asked);
      const survived = job.gone.then(() => sleep(SURVIVES_MS, "it did not die"));
      expect(await Promise.race([doomed.ended, survived]), title).toMatchObject({ signal: "SIGKILL" });
      await job.gone;
      expect(states, title).toContainEqual(filesIn(it.at("volume")));

      await using next = await apiDaemon(it);
      expect(it.packsync(["verify"]), title).toMatchObject({ code: 0 });
      expect(states, `${title}: the next daemon`).toContainEqual(filesIn(it.at("volume")));
      if (job.id !== undefined) await expectInterrupted(next, job.id);
      const again = await (await askedOf(next, it, asked)).gone;
      expect(again, `${title}, ${asked}, again`).toBe("done");
      expect(filesIn(it.at("volume")), title).toEqual(states[1]);
      expectNothingLeft(it);
      expect(readdirSync(it.at("volume/.packsync/installing")), title).toEqual([]);
      await next.stop();
    }
  },
);

/** Who asked for it dies; the daemon stays. */
test("a command that is killed while a daemon installs for it leaves what was or what is to be", {
  timeout: 300_000,
}, async () => {
  using it = story({ packs: { core: pack("core") } });
  await using running = await daemon(it);
  const moments = {
    "it is asked for": () => true,
    "it is under way": () => it.exists("volume/.packsync/installing/one"),
    "it is live": (version: string) => it.exists("volume/one") && it.read("volume/one/pack.yaml").includes(version),
    "it waits to be settled": () => it.exists("volume/.packsync/installing/one/live"),
  };
  for (const [index, [moment, isThere]] of Object.entries(moments).entries()) {
    const states = nextVersion(it, index);
    await using command = packsync(it.directory, ...REGISTER);
    let isOver = false;
    void command.ended.then(() => {
      isOver = true;
    });
    while (!isOver && !isThere(versionOf(index))) await sleep(1);
    command.child.kill("SIGKILL");
    await command.ended;
    await expect.poll(() => isUnderWay(it), PATIENCE).toBe(false);
    expect(it.packsync(["verify"]), moment).toMatchObject({ code: 0 });
    expect(states, moment).toContainEqual(filesIn(it.at("volume")));
    expect(it.packsync(REGISTER), `${moment}, again`).toMatchObject({ code: 0 });
    expect(filesIn(it.at("volume")), moment).toEqual(states[1]);
    expectNothingLeft(it);
  }
  await running.stop();
});

const REGISTER = ["register", "elsewhere/one", "--force"];

function versionOf(index: number): string {
  return `${index + 1}.0.0`;
}

/** Another version of the pack is to be installed. @returns what is live before and after that */
function nextVersion(it: Story, index: number): readonly [Record<string, string>, Record<string, string>] {
  const tree = pack("one", {}, versionOf(index));
  it.write("elsewhere/one", tree);
  const core = filesIn(it.at("packs"));
  const one = Object.entries(filesIn(it.at("volume"))).filter(([path]) => path.startsWith("one/"));
  return [
    { ...core, ...Object.fromEntries(one) },
    { ...core, ...filesIn(it.at("elsewhere")) },
  ];
}

interface Asked {
  readonly id: string | undefined;
  readonly gone: Promise<"done" | "failed">;
}

async function askedOf(running: ApiDaemon, it: Story, asked: (typeof ASKED)[number]): Promise<Asked> {
  if (asked === "by a command") {
    const { ended } = packsync(it.directory, ...REGISTER);
    return { id: undefined, gone: ended.then(({ exitCode }) => (exitCode === 0 ? "done" : "failed")) };
  }
  const body = { path: it.at("elsewhere/one"), force: true };
  const { status, json } = await running.send("POST", "packs/register", body, { prefer: "respond-async" });
  expect({ status, json }).toMatchObject({ status: 202 });
  return { id: json.data.id, gone: untilOver(running, json.data.id) };
}

async function untilOver(running: ApiDaemon, id: string): Promise<"done" | "failed"> {
  for (;;) {
    const answer = await running.send("GET", `jobs/${id}`).catch(() => undefined);
    const state = answer?.json.data.state;
    if (state === "succeeded") return "done";
    if (state !== "queued" && state !== "running") return "failed";
    await sleep(20);
  }
}

async function expectInterrupted(running: ApiDaemon, id: string): Promise<void> {
  const { json } = await running.send("GET", `jobs/${id}`);
  expect(json.data).toMatchObject({ kind: "register", state: "interrupted", error: { status: 503 } });
}

/** What waits to be settled is not. */
function isUnderWay(it: Story): boolean {
  return it.exists("volume/.packsync/installing/one") && !it.exists("volume/.packsync/installing/one/live");
}
