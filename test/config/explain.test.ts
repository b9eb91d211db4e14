import { describe, expect, test } from "vitest";
import { renderConfig } from "../../src/cli/config-command.ts";
import { loadConfig } from "../../src/config/load.ts";
import { presetRules } from "../../src/plan/presets.ts";
import { load } from "./scratch.ts";

const setup = {
  flags: { packs: ["p"], arch: "x86_64", verbose: true },
  env: {
    TARGET_PACKS_DIR: "/opt/attune/packs",
    PACKSYNC_ONLY: "core",
    PACKSYNC_DATABASE_URL: "postgresql://me:secret@postgres/attune",
  },
  files: { "packsync.yaml": "history:\n  minAge: 90\nlimits: {maxFileSize: 1GB}\n" },
  image: "owner: 1000\n",
};

describe("as text", () => {
  test("looks like packsync.yaml", async () => {
    expect(renderConfig(await load(setup), { explain: false, format: "text" })).toBe(`\
# packsync.yaml
sources:
  packs: {path: p, kind: production}
  packs.dev: {path: packs.dev, kind: development}
volume: /opt/attune/packs
stateDir: /opt/attune/packs/.packsync
owner: 1000:1000
# user:
# runtimeEnvsDir:
environments: off
# artifactsDir:
preserve: static-elf
arch: [x86_64]
adopt: merge
lockTimeout: 30
limits:
  maxFiles: 200000
  maxFileSize: 1000000000
  maxPackSize: 8GiB
  maxDefinitionSize: 4MiB
history:
  keep: 5
  minAge: 90s
  # maxAge:
  maxBytes: 2GiB
  minFree: 0
watch:
  rescan: 5s
  verify: 1d
  drift: repair
health:
  canary: 15s
  limit: 1m
preset: attune
routes: []
#   - {when: {meaning: [docs, script]}, do: []}
#   - {when: {meaning: [metadata, config]}, do: [register]}
#   - {when: {meaning: [sensor], component: [sensor]}, do: [register, "sensor*"]}
#   - {when: {meaning: [sensor, binary]}, do: ["sensor*"]}
#   - {when: {meaning: [dependencies]}, do: ["worker-{runner}", worker-full]}
services: {}
platform:
  # url:
  # tokenFile:
  # packsDir:
docker:
  # host:
  # project:
install:
  # registries:
  allowPrivate: []
  # cache:
  cacheBytes: 1GiB
  submodules: refuse
# listen:
server:
  # token:
  # tokens:
  # tokensFile:
  # jwtSecret:
  # jwtAudience:
  # jwtIssuer:
  jwtScopes: [packs:read]
  # roots:
  rateLimit: 6000
  metrics: token
  jobs: 4
  anonymous: false
  hosts: []
  proxied: false
require: []
database:
  # url: "***"
  # host:
  port: 5432
  user: attune
  # password: "***"
  name: attune
  # schema:
  timeout: 1m
  order: dependencies
  removed: delete
  edits: overwrite
  foreign: keep
  # adminLogin:
  adminPermissionSet: core.admin
log:
  level: debug
  style: auto
format: text
# allowRemovals: false
# only: [core]
`);
  });

  test("says where each value came from, in one column", async () => {
    const text = renderConfig(await load(setup), { explain: true, format: "text" });
    expect(text.split("\n").slice(0, 7)).toEqual([
      "# packsync.yaml",
      "sources:",
      "  packs: {path: p, kind: production}               # --packs",
      "  packs.dev: {path: packs.dev, kind: development}  # default",
      "volume: /opt/attune/packs                          # TARGET_PACKS_DIR",
      "stateDir: /opt/attune/packs/.packsync              # default",
      "owner: 1000:1000                                   # image/defaults.yaml:1",
    ]);
    expect(text).toContain("  minAge: 90s                                      # packsync.yaml:2\n");
    expect(text).toContain("  level: debug                                     # --verbose\n");
    expect(text).toContain("# only: [core]                                     # PACKSYNC_ONLY\n");
  });

  test("says that there is no file and no owner", async () => {
    const text = renderConfig(await load({}), { explain: false, format: "text" });
    expect(text).toMatch(/^# no packsync.yaml\n/);
    expect(text).toContain("\n# owner:\n");
  });

  test("has the policies of single files, in their order, and says where they came from", async () => {
    const yaml = 'format: text\npreserve:\n  files:\n    "core/sensors/*": off\n    core/lib: always\n';
    const text = renderConfig(await load({ files: { "packsync.yaml": yaml } }), { explain: true, format: "text" });
    expect(text).toMatch(
      /^preserve: \{default: static-elf, files: \{"core\/sensors\/\*": off, core\/lib: always\}\} {2}# packsync\.yaml:2$/m,
    );
  });

  test("gives the same policies of single files when it is loaded again", async () => {
    const files = { "packsync.yaml": 'preserve: {default: always, files: {"b/*: {x}": off, "a/\\"q\\"": static-elf}}' };
    const first = await load({ files });
    const again = renderConfig(first, { explain: false, format: "text" });
    const second = await load({ files: { "packsync.yaml": again } });
    expect(second.config.preserve).toEqual(first.config.preserve);
    expect(Object.keys(Object(second.config.preserve).files)).toEqual(["b/*: {x}", 'a/"q"']);
  });

  test("gives the same configuration when it is loaded again", async () => {
    const flags = {
      packs: ["/a, b: {c} # d", '10=/e"f\n', "b=/%g'"],
      packsDev: "/h\\i",
      volume: "/- !j k ",
      require: "true,123,1e5",
    };
    const first = await loadConfig(flags, {}, "/nowhere", "/nowhere");
    const second = await load({ files: { "packsync.yaml": renderConfig(first, { explain: true, format: "text" }) } });
    expect(second.config).toEqual(first.config);
  });
});

describe("as JSON", () => {
  test("has the same facts: bytes, seconds, sources in order", async () => {
    expect(JSON.parse(renderConfig(await load(setup), { explain: false, format: "json" }))).toEqual({
      file: "packsync.yaml",
      config: {
        sources: [
          { name: "packs", path: "p", kind: "production" },
          { name: "packs.dev", path: "packs.dev", kind: "development" },
        ],
        volume: "/opt/attune/packs",
        stateDir: "/opt/attune/packs/.packsync",
        ...{ owner: "1000:1000", user: null, runtimeEnvsDir: null, environments: "off", artifactsDir: null },
        preserve: "static-elf",
        arch: ["x86_64"],
        adopt: "merge",
        lockTimeout: 30,
        limits: { maxFiles: 200_000, maxFileSize: 1e9, maxPackSize: 2 ** 33, maxDefinitionSize: 2 ** 22 },
        history: { keep: 5, minAge: 90, maxAge: null, maxBytes: 2 ** 31, minFree: 0 },
        watch: { rescan: 5, verify: 86_400, drift: "repair" },
        health: { canary: 15, limit: 60 },
        preset: "attune",
        routes: [],
        services: {},
        platform: { url: null, tokenFile: null, packsDir: null },
        docker: { host: null, project: null },
        install: { registries: null, allowPrivate: [], cache: null, cacheBytes: 2 ** 30, submodules: "refuse" },
        listen: null,
        server: {
          token: null,
          tokens: null,
          tokensFile: null,
          jwtSecret: null,
          jwtAudience: null,
          jwtIssuer: null,
          jwtScopes: ["packs:read"],
          roots: null,
          rateLimit: 6000,
          metrics: "token",
          jobs: 4,
          anonymous: false,
          hosts: [],
          proxied: false,
        },
        require: [],
        database: {
          ...{ url: "***", host: null, port: 5432, user: "attune", password: "***", name: "attune", schema: null },
          ...{ timeout: 60, order: "dependencies", removed: "delete", edits: "overwrite", foreign: "keep" },
          ...{ adminLogin: null, adminPermissionSet: "core.admin" },
        },
        log: { level: "debug", style: "auto" },
        format: "text",
        allowRemovals: false,
        only: ["core"],
      },
      presetRoutes: presetRules("attune", "channel"),
    });
  });

  test("explains by key, and has null for what is not there", async () => {
    const { file, config, origins } = JSON.parse(
      renderConfig(await load({ flags: { format: "json" } }), { explain: true, format: "json" }),
    );
    expect(file).toBeNull();
    expect(config.owner).toBeNull();
    expect(origins).toMatchObject({
      format: { from: "flag", name: "--format" },
      "limits.maxFiles": { from: "default" },
      "sources.packs.dev": { from: "default" },
    });
  });
});
