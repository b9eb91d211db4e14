import { describe, expect, test } from "vitest";
import { renderConfig } from "../../src/cli/config-command.ts";
import { routePolicyOf } from "../../src/config/routes.ts";
import { failure, load } from "./scratch.ts";

const file = (text: string) => ({ files: { "packsync.yaml": text } });

test("rules take a word or a list, and `nobody` for none", async () => {
  const { config } = await load(
    file(`routes:
  - when: { meaning: script, runner: [python, node], pack: "deploy*" }
    do: worker-deploy
  - when: { component: [rule, trigger], path: rules/**, source: packs.dev }
    do: [register, "sensor*"]
  - { when: {}, do: nobody }
`),
  );
  expect(config.routes).toEqual([
    { when: { meaning: ["script"], runner: ["python", "node"], pack: ["deploy*"] }, do: ["worker-deploy"] },
    {
      when: { component: ["rule", "trigger"], path: ["rules/**"], source: ["packs.dev"] },
      do: ["register", "sensor*"],
    },
    { when: {}, do: [] },
  ]);
});

test("services are told by a word, a command or a call, and files are relative to packsync.yaml", async () => {
  const { config } = await load(
    file(`services:
  worker-*: SIGHUP
  "sensor*": restart
  agent: { exec: [systemctl, reload, agent], timeout: 1m }
  api: { after: "agent, hook", ready: { runs: 2s }, onUnhealthy: rollback }
  hook: { http: { url: "https://ci/hook", secretFile: hook.secret, expect: [204], body: { p: "{packs}" } } }
platform: { url: "http://api:8080", tokenFile: token }
`),
  );
  expect(config.services).toEqual({
    "worker-*": "SIGHUP",
    "sensor*": "restart",
    agent: { exec: ["systemctl", "reload", "agent"], timeout: 60 },
    api: { after: ["agent", "hook"], ready: { runs: 2 }, onUnhealthy: "rollback" },
    hook: { http: { url: "https://ci/hook", secretFile: "hook.secret", expect: [204], body: { p: "{packs}" } } },
  });
  expect(config.platform).toEqual({ url: "http://api:8080", tokenFile: "token" });
  expect(routePolicyOf(config).channel).toBe("channel");
});

describe("what is wrong is said where it stands", () => {
  test.for<[text: string, message: string, hint: RegExp]>([
    [
      "routes: [{ when: { meening: docs }, do: nobody }]",
      "Expected a known key in `routes.when`, got `meening`",
      /meaning/,
    ],
    ["routes: [{ when: {}, does: x, do: api }]", "Expected a known key in `routes`, got `does`", /`do`/],
    ["routes: [{ when: { meaning: scripts }, do: api }]", "Expected `routes.when.meaning` to be one or more of", /rou/],
    ["routes: [{ when: {}, do: 'a b' }]", "Expected `routes.do` to be `nobody`, or a list of services", /routes/],
    ["routes: nobody", "Expected `routes` to be a list of rules", /routes: \[/],
    ["services: { api: sighup }", "Expected `services.api` to be `restart`, a signal such as `SIGHUP`", /services/],
    ["services: { api: { exec: [] } }", "Expected `services.api.exec` to be a program and its arguments", /services/],
    ["services: { api: { http: { url: ftp://x } } }", "Expected `services.api.http.url` to be a URL", /services/],
    [
      "services: { api: { exec: [x], tiemout: 3 } }",
      "Expected a known key in `services.api`, got `tiemout`",
      /timeout/,
    ],
    ["services: { api: { how: SIGHUP, exec: [x] } }", "Expected `services.api` to be `restart`, a signal", /services/],
    ["services: { api: { ready: { htpp: x } } }", "Expected a known key in `services.api.ready`, got `htpp`", /http/],
    ["services: { api: { onUnhealthy: panic } }", "Expected `services.api.onUnhealthy` to be one of", /services/],
    ["platform: { url: api }", "Expected `platform.url` to be a URL", /http:\/\/api:8080/],
    ["preset: atune", "Expected `preset` to be one of", /attune/],
  ])("%s", async ([text, message, hint]) => {
    const error = await failure(file(`${text}\n`));
    expect(error.message).toContain(message);
    expect(error.hint).toMatch(hint);
    expect(error.position?.line).toBe(1);
  });
});

test("the preset's rules are printed behind one's own, complete", async () => {
  const loaded = await load(file("routes: [{ when: { path: x }, do: api }]\n"));
  const lines = renderConfig(loaded, { explain: false, format: "text" }).split("\n");
  const at = lines.indexOf("routes: [{when: {path: [x]}, do: [api]}]");
  expect(lines.slice(at + 1, at + 5)).toEqual([
    "#   - {when: {meaning: [docs]}, do: []}",
    '#   - {when: {meaning: [metadata, config]}, do: [api, "executor*", "worker-*"]}',
    '#   - {when: {meaning: [script, dependencies]}, do: ["worker-{runner}", worker-full]}',
    '#   - {when: {meaning: [sensor, binary]}, do: ["sensor*"]}',
  ]);
});

test("a configuration with routes and services gives itself again", async () => {
  const text = `routes: [{ when: { path: "a b/**", meaning: docs }, do: ["x*", register] }]
services: { "w*": SIGUSR1, a: { exec: ["sh", "-c", "echo \\"1\\""], timeout: 1500ms }, h: { http: { url: "http://x", body: [1, { a: null }] } } }
preset: stackstorm
`;
  const first = await load(file(text));
  const again = await load(file(renderConfig(first, { explain: true, format: "text" })));
  expect(again.config).toEqual(first.config);
});

test("the preset for StackStorm makes its rules those of sources that do not say otherwise", async () => {
  const { config } = await load(
    file("preset: stackstorm\nsources: { packs: ./p, other: { path: ./o, dialect: attune } }\n"),
  );
  expect(config.sources.map(({ name, dialect }) => [name, dialect])).toEqual([
    ["packs", "stackstorm"],
    ["other", "attune"],
  ]);
});

describe("the preset for StackStorm", () => {
  const owner = "owner: 1000\n";
  const image = `volume: /opt/attune/packs\nsources: { packs: /source/packs }\n${owner}`;
  const mounted = { kind: "development", dialect: "stackstorm", mode: "mounted" };

  test("says where the platform has its packs, whose they are, and that packs.dev is read where it is", async () => {
    const loaded = await load({ flags: { preset: "stackstorm" }, image });
    expect(loaded.config).toMatchObject({
      volume: "/opt/stackstorm/packs",
      stateDir: "/opt/stackstorm/packs/.packsync",
      sources: [
        { name: "packs", path: "/source/packs", kind: "production", dialect: "stackstorm" },
        { name: "packs.dev", path: "/opt/stackstorm/packs.dev", ...mounted },
      ],
    });
    expect(loaded.config.owner, "as the volume").toBeUndefined();
    const text = renderConfig(loaded, { explain: true, format: "text" });
    for (const line of [
      /^volume: \S+ +# preset stackstorm$/m,
      /^# owner: +# preset stackstorm$/m,
      /packs\.dev: .*# preset/,
    ])
      expect(text).toMatch(line);
  });

  test.for<[title: string, setup: Parameters<typeof load>[0]]>([
    ["packsync.yaml", file(`preset: stackstorm\nvolume: v\n${owner}sources: { packs.dev: ./d }\n`)],
    [
      "variables",
      { env: { PACKSYNC_PRESET: "stackstorm", PACKSYNC_VOLUME: "v", PACKSYNC_OWNER: "1000", PACKSYNC_PACKS_DEV: "d" } },
    ],
    ["the image that chose it", { image: `preset: stackstorm\nvolume: ../v\n${owner}sources: { packs.dev: ../d }\n` }],
  ])("says less than %s", async ([, setup]) => {
    const { config } = await load(setup);
    expect(config).toMatchObject({ volume: "v", owner: { uid: 1000, gid: 1000 } });
    expect(config.sources.at(-1)).toEqual({ name: "packs.dev", path: "d", ...mounted });
  });

  test("leaves a source as it says itself", async () => {
    const dev = "{ path: ./d, dialect: attune, mode: published }";
    const { config } = await load(file(`preset: stackstorm\nsources: { packs.dev: ${dev} }\n`));
    expect(config.sources).toEqual([
      { name: "packs.dev", path: "d", kind: "development", dialect: "attune", mode: "published" },
    ]);
  });

  test("gives itself again", async () => {
    const first = await load(file("preset: stackstorm\n"));
    const again = await load(file(renderConfig(first, { explain: false, format: "text" })));
    expect(again.config).toEqual(first.config);
  });
});
