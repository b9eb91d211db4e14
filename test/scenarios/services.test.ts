import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { linesOf } from "../support/engine.ts";
import { startServer } from "../support/wire.ts";
import { daemon, PATIENCE, untilSynced } from "./support/daemon.ts";
import { type Story, story } from "./support/story.ts";

const PACK = {
  "pack.yaml": 'ref: demo\nversion: "1.0.0"\nlabel: Demo\n',
  "README.md": "# demo\n",
  actions: {
    "fetch.yaml": "ref: demo.fetch\nlabel: Fetch\nrunner_type: python\nentry_point: fetch.py\n",
    "fetch.py": "#!/usr/bin/env python3\nprint(1)\n",
  },
};

/** Each agent appends its notice to a file of its own, unless there is a file `down`. */
const SETTINGS = `preset: none
routes:
  - { when: { meaning: script, runner: python }, do: agent-python }
  - { when: { meaning: docs }, do: nobody }
  - { when: { meaning: metadata }, do: [agent-all] }
services:
  agent-python: { exec: [sh, -c, "test ! -e down && cat >> agent-python && echo agent-python >> order"], after: "agent-a*" }
  agent-all: { exec: [sh, -c, "cat >> agent-all && echo agent-all >> order"] }
`;

interface Notice {
  readonly packs: readonly {
    readonly pack: string;
    readonly release: string | null;
    readonly changes: readonly { readonly path: string }[];
  }[];
}

function world(): Story {
  const it = story({ packs: { demo: PACK } });
  it.write("packsync.yaml", SETTINGS);
  return it;
}

/** What an agent was told: of each notice the packs and the paths. */
function told(it: Story, agent: string): readonly string[] {
  return linesOf(it.at(agent)).map((line) => {
    const { packs }: Notice = JSON.parse(line);
    return packs.map(({ pack, changes }) => [pack, ...changes.map(({ path }) => path)].join(" ")).join("; ");
  });
}

const releaseTold = (it: Story, agent: string): string | null | undefined => {
  const notice: Notice | undefined = linesOf(it.at(agent))
    .map((line) => JSON.parse(line))
    .at(-1);
  return notice?.packs[0]?.release;
};

test("a run tells whom its changes concern, once, in order; and nobody for a README", () => {
  using it = world();
  const { code, report } = it.once();
  expect({ code, services: report.services?.map(({ service, state }) => [service, state]) }).toEqual({
    code: 0,
    services: [
      ["agent-all", "told"],
      ["agent-python", "told"],
    ],
  });
  expect(linesOf(it.at("order"))).toEqual(["agent-all", "agent-python"]);
  expect(told(it, "agent-python")).toEqual(["demo actions/fetch.py actions/fetch.yaml pack.yaml"]);
  expect(releaseTold(it, "agent-python")).toBe(report.packs[0]?.release);

  it.write("packs/demo/README.md", "# other\n");
  expect(it.once().report.services?.every(({ state }) => state === "told")).toBe(true);
  expect(it.once().report.services, "nothing to tell").toBeUndefined();
  expect(linesOf(it.at("order"))).toHaveLength(2);

  it.write("packs/demo/actions/fetch.py", "#!/usr/bin/env python3\nprint(2)\n");
  it.once();
  expect(told(it, "agent-python").at(-1)).toBe("demo actions/fetch.py");
  expect(told(it, "agent-all")).toHaveLength(1);
});

test("a script that is gone concerns those who ran it, and a release that comes back those who ran it then", () => {
  using it = world();
  it.once();
  it.remove("packs/demo/actions/fetch.yaml");
  it.remove("packs/demo/actions/fetch.py");
  it.once();
  expect(told(it, "agent-python").at(-1)).toBe("demo actions/fetch.py actions/fetch.yaml");
  expect(it.packsync(["rollback", "demo"]).stdout).toContain("agent-python  told");
  expect(told(it, "agent-python").at(-1)).toBe("demo actions/fetch.py actions/fetch.yaml");
});

test("a pack that is gone is told as gone, by what it was", () => {
  using it = world();
  it.write("packs/other", { ...PACK, "pack.yaml": 'ref: other\nversion: "1.0.0"\nlabel: Other\n', actions: {} });
  it.once();
  it.remove("packs/demo");
  it.once(["--allow-removals"]);
  expect(told(it, "agent-python").at(-1)).toContain("demo");
  expect(releaseTold(it, "agent-python")).toBeNull();
});

test("who could not be told is retried by the next run, delays nobody, and fails no run", () => {
  using it = world();
  it.write("down", "");
  const { code, report } = it.once();
  const [all, python] = report.services ?? [];
  expect({ code, all: all?.state, python: python?.state }).toEqual({ code: 0, all: "told", python: "retrying" });
  expect(python?.why).toContain("to end with 0, got 1");
  expect(it.packsync(["status"]).stdout).toMatch(/agent-python {2}retrying/);
  it.remove("down");
  expect(it.once().report.services?.map(({ state }) => state)).toEqual(["told", "told"]);
  expect(told(it, "agent-all"), "who knows is not told again").toHaveLength(1);
  const { history } = JSON.parse(it.packsync(["services", "agent-python", "--format", "json"]).stdout);
  expect(history.map(({ ending }: { readonly ending: string }) => ending)).toEqual(["told", "failed"]);
});

test("after lost state everybody is told once", () => {
  using it = world();
  it.once();
  for (const suffix of ["", "-wal", "-shm"])
    if (it.exists(`volume/.packsync/state.db${suffix}`)) it.remove(`volume/.packsync/state.db${suffix}`);
  it.once();
  it.once();
  expect([told(it, "agent-all"), told(it, "agent-python")].map(({ length }) => length)).toEqual([2, 2]);
});

test("a run that can tell nobody leaves it to one that can", () => {
  using it = world();
  it.write("packsync.yaml", SETTINGS.slice(0, SETTINGS.indexOf("services:")));
  expect(it.once().report.services).toBeUndefined();
  it.write("packsync.yaml", SETTINGS);
  it.once();
  expect(told(it, "agent-python")).toHaveLength(1);
  expect(it.packsync(["notify", "agent-all"])).toMatchObject({ code: 0 });
  expect(told(it, "agent-all")).toEqual(["demo actions/fetch.py actions/fetch.yaml pack.yaml", "demo"]);
});

test("where nobody can be told `notify` says what is missing", () => {
  using it = story({ packs: { demo: PACK } });
  it.once();
  const { code, stderr } = it.packsync(["notify", "api"], { env: {} });
  if (existsSync("/var/run/docker.sock")) return;
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("Set `docker.host`") });
});

test("the daemon tries again by itself, and a killed one is not forgotten either", async () => {
  using it = world();
  await using packsync = await daemon(it);
  await packsync.hear("service told", 2);
  it.write("down", "");
  it.write("packs/demo/actions/fetch.py", "#!/usr/bin/env python3\nprint(2)\n");
  await packsync.hear("service failed");
  packsync.signal("SIGKILL");
  await packsync.ended;
  it.remove("down");
  await using again = await daemon(it);
  await again.hear("service told");
  expect(told(it, "agent-python").at(-1)).toBe("demo actions/fetch.py");
  it.write("down", "");
  it.write("packs/demo/actions/fetch.py", "#!/usr/bin/env python3\nprint(3)\n");
  await untilSynced(it);
  await again.hear("service failed");
  it.remove("down");
  await again.hear("service told", 2);
  await expect.poll(() => told(it, "agent-python"), PATIENCE).toHaveLength(3);
  expect(told(it, "agent-all")).toHaveLength(1);
  await again.stop();
});

test("the platform registers before services are told, but they do not wait for ever for one that cannot", async () => {
  const answers = { status: 200, body: { data: { registered_packs: [{ pack_ref: "demo" }], failed_packs: [] } } };
  const heard: string[] = [];
  using it = world();
  await using platform = await startServer(({ path, headers }) => {
    heard.push(`${path} ${headers["authorization"]} after ${linesOf(it.at("order")).length}`);
    return answers;
  });
  it.write(
    "packsync.yaml",
    `${SETTINGS.replace("[agent-all]", "[agent-all, register]")}platform: { url: "${platform.url}" }\n`,
  );
  await using packsync = await daemon(it, { env: { PACKSYNC_PLATFORM_TOKEN: "t0ken" } });
  await packsync.hear("service told", 3);
  expect(heard).toEqual(["/api/v1/packs/register-batch Bearer t0ken after 0"]);
  platform.reply = () => ({ status: 500, body: { error: "broken" } });
  it.write("packs/demo/actions/fetch.yaml", PACK.actions["fetch.yaml"].replace("Fetch", "Get"));
  await packsync.hear("service failed");
  await expect.poll(() => told(it, "agent-all"), PATIENCE).toHaveLength(2);
  platform.reply = () => answers;
  await packsync.hear("service told", 5);
  expect(packsync.said("service told").at(-1)).toMatchObject({ service: "register" });
  await packsync.stop();
});

describe("without a way into the platform's database a publish of metadata says that this has the old definition", () => {
  const OLD = "the database still has the old definition: set `platform.url` or `database.url` to have it registered";
  const attune = SETTINGS.replace("preset: none", "preset: attune").replace("meaning: metadata", "meaning: config");

  test("a run, once for each of them", () => {
    using it = world();
    it.write("packsync.yaml", attune);
    const first = it.once();
    expect(first.report.notes).toEqual([{ pack: "demo", note: OLD }]);
    expect(first.stderr).toContain(OLD);
    it.write("packs/demo/actions/fetch.py", "#!/usr/bin/env python3\nprint(2)\n");
    expect(it.once().report.notes, "a script is not in the database").toBeUndefined();
    it.write("packs/demo/actions/fetch.yaml", PACK.actions["fetch.yaml"].replace("Fetch", "Get"));
    expect(it.once().report.notes).toEqual([{ pack: "demo", note: OLD }]);
    it.remove("packs/demo");
    const gone = "the database still has its definitions: remove the pack there";
    expect(it.once(["--allow-removals"]).report.notes).toEqual([{ pack: "demo", note: gone }]);
  });

  test("the daemon", async () => {
    using it = world();
    it.write("packsync.yaml", attune);
    await using packsync = await daemon(it);
    await packsync.hear(OLD);
    it.write("packs/demo/actions/fetch.yaml", PACK.actions["fetch.yaml"].replace("Fetch", "Get"));
    await packsync.hear(OLD, 2);
    expect(packsync.said(OLD)).toMatchObject([{ pack: "demo" }, { pack: "demo" }]);
    await packsync.stop();
  });
});
