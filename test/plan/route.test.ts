import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FileChange } from "../../src/plan/meaning.ts";
import { type Channel, type PresetName, presetNames } from "../../src/plan/presets.ts";
import { type Rule, routePack } from "../../src/plan/route.ts";
import { type PackToRoute, type RoutePolicy, routerOf, routingOf } from "../../src/plan/routing.ts";
import { anyChange, changed, factsWith, modelOf } from "../support/routes.ts";

const facts = factsWith({
  "actions/echo.yaml": { kind: "action", ref: "demo.echo", runner: "shell", entry: "actions/echo.sh" },
  "actions/fetch.yaml": { kind: "action", ref: "demo.fetch", runner: "python", entry: "actions/fetch.py" },
  "actions/page.yaml": { kind: "action", ref: "demo.page", runner: "nodejs", entry: "actions/page.js" },
  "sensors/poll.yaml": { kind: "sensor", ref: "demo.poll", runner: "python", entry: "sensors/poll.py" },
});

function pack(...changes: readonly FileChange[]): PackToRoute {
  return { ref: "demo", source: "packs", changes, becomes: "published", ...modelOf(facts) };
}

function policy(preset: PresetName, channel: Channel = "no-channel", routes: readonly Rule[] = []): RoutePolicy {
  return { preset, channel, routes };
}

function routing(given: PackToRoute, about: RoutePolicy) {
  return routingOf(given, routerOf(about), about);
}

function targets(path: string, about: RoutePolicy): readonly string[] {
  return routing(pack(changed(path)), about).targets.map(({ target }) => target);
}

const ALL_OF_METADATA = ["api", "executor*", "worker-*"];
const WITHOUT_CHANNEL: readonly (readonly [string, readonly string[]])[] = [
  ["README.md", []],
  ["tests/run_tests.sh", []],
  ["pack.yaml", ALL_OF_METADATA],
  ["actions/echo.yaml", ALL_OF_METADATA],
  ["rules/on.yaml", ALL_OF_METADATA],
  ["config.yaml", ALL_OF_METADATA],
  ["actions/echo.sh", ["worker-full", "worker-shell"]],
  ["actions/fetch.py", ["worker-full", "worker-python"]],
  ["actions/page.js", ["worker-full", "worker-node"]],
  ["lib/page.js", ["worker-full", "worker-node"]],
  ["lib/http.py", ["sensor*", "worker-full", "worker-python"]],
  ["sensors/poll.yaml", ["sensor*"]],
  ["sensors/poll.py", ["sensor*"]],
  ["requirements.txt", ["worker-full", "worker-python"]],
  ["package.json", ["worker-full", "worker-node"]],
];

describe.for<PresetName>(["attune", "attune-restart"])("%s without a way into the database tells", (preset) => {
  test.for(WITHOUT_CHANNEL)("%s → %s", ([path, wanted]) => {
    expect(targets(path, policy(preset))).toEqual(wanted);
  });
});

describe("attune with a way into the database tells", () => {
  test.for<[string, readonly string[]]>([
    ["README.md", []],
    ["pack.yaml", ["register"]],
    ["actions/echo.yaml", ["register"]],
    ["config.yaml", ["register"]],
    ["actions/echo.sh", []],
    ["lib/page.js", []],
    ["lib/http.py", ["sensor*"]],
    ["sensors/poll.yaml", ["register", "sensor*"]],
    ["sensors/poll.py", ["sensor*"]],
    ["requirements.txt", ["worker-full", "worker-python"]],
  ])("%s → %s", ([path, wanted]) => {
    expect(targets(path, policy("attune", "channel"))).toEqual(wanted);
  });

  test("a binary, whoever runs it → sensor*", () => {
    const given = pack(changed("actions/tool", "static-elf"), changed("sensors/timer", "static-elf"));
    expect(routing(given, policy("attune", "channel")).targets).toMatchObject([{ target: "sensor*", changes: 2 }]);
  });
});

describe("stackstorm tells", () => {
  test.for<[string, readonly string[]]>([
    ["README.md", []],
    ["actions/echo.yaml", ["register"]],
    ["actions/echo.sh", []],
    ["sensors/poll.yaml", ["register", "st2sensorcontainer"]],
    ["sensors/poll.py", ["st2sensorcontainer"]],
    ["requirements.txt", ["environments"]],
    ["config.schema.yaml", ["register"]],
  ])("%s → %s", ([path, wanted]) => {
    expect(targets(path, policy("stackstorm"))).toEqual(wanted);
  });
});

describe("rules of the user's own", () => {
  const about = (...routes: readonly Rule[]) => policy("attune-restart", "no-channel", routes);

  test.for<{ title: string; path: string; when: Rule["when"]; fits: boolean }>([
    { title: "by meaning", path: "actions/echo.sh", when: { meaning: ["script"] }, fits: true },
    { title: "by another meaning", path: "actions/echo.sh", when: { meaning: ["sensor", "docs"] }, fits: false },
    { title: "by component", path: "rules/on.yaml", when: { component: ["rule"] }, fits: true },
    {
      title: "by component, which scripts are none",
      path: "actions/echo.sh",
      when: { component: ["rule"] },
      fits: false,
    },
    { title: "by runner, whatever its name", path: "actions/fetch.py", when: { runner: ["Python3"] }, fits: true },
    { title: "by another runner", path: "actions/fetch.py", when: { runner: ["node"] }, fits: false },
    { title: "by pack", path: "README.md", when: { pack: ["de*"] }, fits: true },
    { title: "by another pack", path: "README.md", when: { pack: ["core"] }, fits: false },
    { title: "by path", path: "lib/deep/x.py", when: { path: ["lib/**"] }, fits: true },
    { title: "by path, not below it", path: "lib/deep/x.py", when: { path: ["lib/*"] }, fits: false },
    { title: "by path, hidden files too", path: "lib/.x", when: { path: ["lib/*"] }, fits: true },
    { title: "by source", path: "README.md", when: { source: ["packs"] }, fits: true },
    { title: "by another source", path: "README.md", when: { source: ["packs.dev"] }, fits: false },
    { title: "by all of them", path: "README.md", when: { source: ["packs"], pack: ["core"] }, fits: false },
    { title: "always", path: "README.md", when: {}, fits: true },
  ])("decide before the preset does: $title", ({ path, when, fits }) => {
    const preset = targets(path, about());
    expect(targets(path, about({ when, do: ["mine"] }))).toEqual(fits ? ["mine"] : preset);
  });

  test("the first one that fits decides", () => {
    const rules = [
      { when: { path: ["actions/*"] }, do: [] },
      { when: {}, do: ["mine"] },
    ];
    expect(targets("actions/echo.sh", about(...rules))).toEqual([]);
    expect(targets("lib/page.js", about(...rules))).toEqual(["mine"]);
  });

  test("what sensors and actions share is decided for each of them", () => {
    expect(targets("lib/http.py", about({ when: { meaning: ["sensor"] }, do: ["mine"] }))).toEqual([
      "mine",
      "worker-full",
      "worker-python",
    ]);
  });

  test("those of services' own labels are asked as well, whatever was decided", () => {
    const router = {
      ordered: [{ name: "preset", rules: [{ when: {}, do: ["api"] }] }],
      additional: [{ name: "label of mine", rules: [{ when: { meaning: ["docs" as const] }, do: ["mine", "api"] }] }],
    };
    const [readme, script] = routePack(pack(changed("README.md"), changed("actions/echo.sh")), router);
    expect(readme?.tells).toEqual([
      { target: "api", by: "preset" },
      { target: "mine", by: "label of mine" },
    ]);
    expect(script?.tells).toEqual([{ target: "api", by: "preset" }]);
  });

  test("say by which of them somebody is told", () => {
    const [change] = routing(pack(changed("README.md")), about({ when: {}, do: ["mine"] })).changes;
    expect(change?.tells).toEqual([{ target: "mine", by: "packsync.yaml" }]);
  });
});

describe("notes", () => {
  const OLD = "the database still has the old definition: set `platform.url` or `database.url` to have it registered";

  test("every publish of metadata says that the database is behind, where nobody can register", () => {
    expect(routing(pack(changed("rules/on.yaml")), policy("attune")).notes).toEqual([OLD]);
    expect(routing(pack(changed("sensors/poll.yaml")), policy("attune")).notes).toEqual([OLD]);
  });

  test.for<[string, PresetName, Channel]>([
    ["actions/echo.sh", "attune", "no-channel"],
    ["rules/on.yaml", "attune", "channel"],
    ["rules/on.yaml", "attune-restart", "no-channel"],
    ["rules/on.yaml", "none", "no-channel"],
  ])("nothing of the kind for %s with %s and %s", ([path, preset, channel]) => {
    expect(routing(pack(changed(path)), policy(preset, channel)).notes).toEqual([]);
  });
});

test("a retired pack is not registered again, and its services are told", () => {
  const gone = { ...pack(changed("sensors/poll.yaml", "text", "remove")), becomes: "retired" as const };
  const { targets, notes } = routing(gone, policy("attune", "channel"));
  expect(targets.map(({ target }) => target)).toEqual(["sensor*"]);
  expect(notes).toEqual(["the database still has its definitions: remove the pack there"]);
});

test("a target says how many changes lead to it, and the first of them why", () => {
  const given = pack(changed("actions/echo.yaml"), changed("rules/on.yaml"));
  const [first] = routing(given, policy("attune", "channel")).targets;
  expect(first).toEqual({ target: "register", changes: 2, because: "actions/echo.yaml: definition of kind action" });
});

const anyPolicy = fc.record<RoutePolicy>({
  preset: fc.constantFrom(...presetNames),
  channel: fc.constantFrom<Channel>("channel", "no-channel"),
  routes: fc.constant([]),
});
const anyPack = fc
  .uniqueArray(anyChange, { selector: ({ path }) => path, maxLength: 12 })
  .map((changes) => pack(...changes));

test("docs concern nobody, and neither does what stays as it is", () => {
  fc.assert(
    fc.property(anyPack, anyPolicy, (given, about) => {
      const { changes, targets } = routing(given, about);
      for (const { meaning, tells } of changes) if (meaning.kind === "docs") expect(tells).toEqual([]);
      const altering = given.changes.filter(({ kind }) => kind !== "preserve" && kind !== "carry");
      expect(changes.map(({ path }) => path)).toEqual(altering.map(({ path }) => path));
      if (altering.length === 0) expect(targets).toEqual([]);
    }),
  );
});

test("whom a pack's changes concern is whom each of them concerns by itself", () => {
  fc.assert(
    fc.property(anyPack, anyPolicy, (given, about) => {
      const together = routing(given, about).targets.map(({ target }) => target);
      const each = given.changes.flatMap((change) => routing(pack(change), about).targets.map(({ target }) => target));
      expect(new Set(together)).toEqual(new Set(each));
      expect(new Set(together).size).toBe(together.length);
      for (const target of together) expect(target).not.toContain("{");
    }),
  );
});

test("every preset but `none` decides about every change by a rule of its own", () => {
  fc.assert(
    fc.property(anyPack, anyPolicy, (given, about) => {
      fc.pre(about.preset !== "none");
      const { ordered } = routerOf(about);
      const last = { name: "nobody decided", rules: [{ when: {}, do: ["nobody decided"] }] };
      const routed = routePack(given, { ordered: [...ordered, last], additional: [] });
      for (const { tells } of routed) expect(tells.map(({ target }) => target)).not.toContain("nobody decided");
    }),
  );
});
