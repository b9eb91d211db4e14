import { expect, test } from "vitest";
import { linesOf } from "../support/engine.ts";
import { type Received, type Reply, startServer } from "../support/wire.ts";
import { daemon, PATIENCE } from "./support/daemon.ts";
import { type Story, story } from "./support/story.ts";
import type { Tree } from "./support/tree.ts";

const pack = (ref: string): Tree => ({
  "pack.yaml": `ref: ${ref}\nname: ${ref}\nversion: 1.0.0\nauthor: Me\nemail: me@example.org\ndescription: Pings\n`,
  "README.md": "# it\n",
  "requirements.txt": "requests\n",
  actions: {
    "ping.yaml": "name: ping\nrunner_type: python-script\ndescription: Pings\nentry_point: ping.py\n",
    "ping.py": "from st2common.runners.base_action import Action\n",
  },
  sensors: {
    "watch.yaml": "class_name: Watch\nentry_point: watch.py\ndescription: Watches\ntrigger_types: []\n",
    "watch.py": "from st2reactor.sensor.base import Sensor\n",
  },
});

/** As StackStorm's own compose file has it, but that all is below one directory. */
const SETTINGS = `preset: stackstorm
volume: ./volume
sources: { packs: ./packs, packs.dev: ./packs.dev }
services: { st2sensorcontainer: { exec: [sh, -c, "cat >> sensors"] } }
`;

function world(): Story {
  const it = story({ packs: { base: pack("base") }, "packs.dev": { mine: pack("mine") } });
  it.write("packsync.yaml", SETTINGS);
  return it;
}

/** StackStorm's API, as far as packsync asks it. */
function platform({ method, path }: Received): Reply {
  if (path === "/api/v1/packs/register") return { status: 200, body: { actions: 1 } };
  return { status: method === "POST" ? 201 : 200, body: { id: "6e", status: "succeeded" } };
}

/** The sensors' container is told: of which packs. */
function told(it: Story): readonly string[] {
  return linesOf(it.at("sensors")).map((line) => {
    const { packs }: { readonly packs: readonly { readonly pack: string }[] } = JSON.parse(line);
    return packs.map((each) => each.pack).join(" ");
  });
}

test("what services read in packs.dev is registered and told as what is published, and nothing of it is copied", async () => {
  using it = world();
  await using api = await startServer(platform);
  const env = { PACKSYNC_PLATFORM_URL: api.url, PACKSYNC_PLATFORM_TOKEN: "k3y" };
  await using packsync = await daemon(it, { env });
  const done = () => [
    ...api.received.flatMap(({ method, path, body }) => {
      if (method !== "POST") return [];
      const { packs, parameters } = JSON.parse(body);
      return `${path.replace("/api/v1/", "")} ${(packs ?? parameters.packs).join(" ")}`;
    }),
    ...told(it).map((packs) => `sensors ${packs}`),
  ];
  const settled = async (expected: readonly string[], why: string) => {
    await expect.poll(() => done().toSorted(), { ...PATIENCE, message: why }).toEqual(expected.toSorted());
  };
  const known = ["packs/register base mine", "executions base mine", "sensors base mine"];
  await settled(known, "at first");
  expect(it.exists("volume/mine")).toBe(false);
  expect(api.received[0]?.headers["st2-api-key"]).toBe("k3y");

  const steps: readonly [path: string, text: string, tells: readonly string[]][] = [
    ["README.md", "# other\n", []],
    ["actions/ping.py", "from st2common.runners.base_action import Action  # 2\n", []],
    ["actions/ping.yaml", "name: ping\nrunner_type: [\n", []], // it does not parse
    [
      "actions/ping.yaml",
      "name: ping\nrunner_type: python-script\ndescription: Asks\nentry_point: ping.py\n",
      ["packs/register mine"],
    ],
    ["requirements.txt", "requests>2\n", ["executions mine"]],
    ["sensors/watch.py", "from st2reactor.sensor.base import Sensor  # 2\n", ["sensors mine"]],
  ];
  for (const [path, text, tells] of steps) {
    const before = packsync.said().filter(({ msg }) => /^pack (checked|rejected)$/.test(msg)).length;
    it.write(`packs.dev/mine/${path}`, text);
    const heard = () => packsync.said().filter(({ msg }) => /^pack (checked|rejected)$/.test(msg)).length;
    await expect.poll(heard, { ...PATIENCE, message: path }).toBeGreaterThan(before);
    known.push(...tells);
    await settled(known, path);
  }

  it.remove("packs.dev/mine");
  await expect.poll(() => told(it).at(-1), PATIENCE).toBe("mine");
  known.push("sensors mine"); // its sensor is to end; there is nothing to register any more
  await settled(known, "it is gone");
  await packsync.hear("the database still has its definitions: remove the pack there");
  await packsync.stop();

  await using again = await daemon(it, { env });
  it.write("packs.dev/mine", pack("mine"));
  await settled(
    [...known, "packs/register mine", "executions mine", "sensors mine"],
    "it is there again, and nobody is told of the other one",
  );
  await again.stop();
});

test("a plan says whom a save in packs.dev would tell, and a run tells them once", () => {
  using it = world();
  expect(it.once().report.services?.map(({ service, state }) => [service, state])).toContainEqual([
    "st2sensorcontainer",
    "told",
  ]);
  expect(told(it)).toEqual(["base mine"]);
  it.write("packs.dev/mine/sensors/watch.py", "from st2reactor.sensor.base import Sensor  # 2\n");
  const { stdout } = it.packsync(["plan", "mine"]);
  expect(stdout).toMatch(/→ +st2sensorcontainer +sensors\/watch\.py: entry point of mine\.Watch/);
  expect(stdout).not.toContain("register");
  it.once();
  it.once();
  expect(told(it)).toEqual(["base mine", "mine"]);
});

test("a pack of the same ref in the volume is the one that services read", () => {
  using it = world();
  it.write("packs.dev/base", { ...pack("base"), "README.md": "# mine\n" });
  it.once();
  it.write("packs.dev/base/sensors/watch.py", "from st2reactor.sensor.base import Sensor  # 2\n");
  it.once();
  expect(told(it)).toEqual(["base mine"]);
  it.remove("packs/base");
  it.once(["--allow-removals"]);
  expect(told(it)).toEqual(["base mine", "base"]);
});

test("what services read in its source cannot go back for the sake of one that does not come back, and that is said", async () => {
  using it = world();
  await using probe = await startServer(() => ({ status: 200 }));
  const care = `ready: { http: "${probe.url}", timeout: 1s }, onUnhealthy: rollback`;
  it.write("packsync.yaml", SETTINGS.replace('cat >> sensors"] }', `cat >> sensors"], ${care} }`));
  await using packsync = await daemon(it);
  await expect.poll(() => told(it), PATIENCE).toEqual(["base mine"]);
  await packsync.hear("service told");
  probe.reply = () => ({ status: 503 });
  it.write("packs.dev/mine/sensors/watch.py", "from st2reactor.sensor.base import Sensor  # 2\n");
  await packsync.hear("no pack went back");
  expect(packsync.said("no pack went back")).toMatchObject([
    {
      service: "st2sensorcontainer",
      packs: [],
      left: [{ pack: "mine", why: "services read it in its source: mend it there" }],
    },
  ]);
  probe.reply = () => ({ status: 200 });
  it.write("packs.dev/mine/sensors/watch.py", "from st2reactor.sensor.base import Sensor  # 3\n");
  await packsync.hear("service told", 2);
  expect(told(it)).toEqual(["base mine", "mine", "mine"]);
  await packsync.stop();
});
