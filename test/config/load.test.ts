import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { failure, load, type Setup } from "./scratch.ts";

test("needs no configuration at all", async () => {
  const { config, file, origins } = await load({});
  expect(config).toEqual({
    sources: [
      { name: "packs", path: "packs", kind: "production" },
      { name: "packs.dev", path: "packs.dev", kind: "development" },
    ],
    volume: "volume",
    stateDir: "volume/.packsync",
    owner: undefined,
    environments: "off",
    preserve: "static-elf",
    arch: [expect.stringMatching(/^(x86_64|aarch64)$/)],
    adopt: "merge",
    allowRemovals: false,
    preset: "attune",
    routes: [],
    services: {},
    platform: {},
    docker: {},
    install: { allowPrivate: [], cacheBytes: 2 ** 30, submodules: "refuse" },
    listen: undefined,
    server: {
      jwtScopes: ["packs:read"],
      rateLimit: 6000,
      metrics: "token",
      jobs: 4,
      anonymous: false,
      hosts: [],
      proxied: false,
    },
    require: [],
    only: [],
    lockTimeoutSeconds: 30,
    limits: { maxFiles: 200_000, maxFileSize: 2 ** 30, maxPackSize: 2 ** 33, maxDefinitionSize: 2 ** 22 },
    history: { keep: 5, minAgeSeconds: 600, maxBytes: 2 ** 31, minFreeBytes: 0 },
    watch: { rescanSeconds: 5, verifySeconds: 86_400, drift: "repair" },
    health: { canarySeconds: 15, limitSeconds: 60 },
    database: {
      ...{ port: 5432, user: "attune", password: "attune", name: "attune", timeoutSeconds: 60, order: "dependencies" },
      ...{ removed: "delete", edits: "overwrite", foreign: "keep", adminPermissionSet: "core.admin" },
    },
    format: "text",
    log: { level: "warn", style: "auto" },
  });
  expect(file).toBeUndefined();
  expect([...origins.values()].every(({ from }) => from === "default")).toBe(true);
});

test("a database is configured as init-packs had it", async () => {
  const env = {
    DB_HOST: "postgres",
    DB_PORT: "5433",
    DB_PASSWORD: "p@ss",
    DB_SCHEMA: "x",
    DEFAULT_ADMIN_LOGIN: "me@example.org",
  };
  const { config } = await load({ env });
  expect(config.database).toMatchObject({
    host: "postgres",
    port: 5433,
    password: "p@ss",
    schema: "x",
    adminLogin: "me@example.org",
  });
});

test("a URL that cannot be used is not repeated", async () => {
  const error = await failure({ flags: { databaseUrl: "postgresql//me:secret@x" } });
  expect(error.message).toBe(
    "Expected `--database-url` to be a URL that begins with `postgresql://`, got something else",
  );
});

describe("which layer wins", () => {
  const flags = { volume: "by-flag" };
  const env = { PACKSYNC_VOLUME: "by-env", TARGET_PACKS_DIR: "by-old-env" };
  const files = { "packsync.yaml": "format: text\nvolume: by-file\n" };
  const image = "volume: by-image\n";

  test.for<Setup & { title: string; volume: string; origin: object }>([
    {
      title: "flags over everything",
      ...{ flags, env, files, image },
      ...{ volume: "by-flag", origin: { from: "flag", name: "--volume" } },
    },
    {
      title: "the environment over files",
      ...{ env, files, image },
      ...{ volume: "by-env", origin: { from: "environment", name: "PACKSYNC_VOLUME" } },
    },
    {
      title: "the names of init-packs over files",
      ...{ env: { TARGET_PACKS_DIR: "by-old-env" }, files, image },
      ...{ volume: "by-old-env", origin: { from: "environment", name: "TARGET_PACKS_DIR" } },
    },
    {
      title: "packsync.yaml over the image's defaults",
      ...{ files, image },
      ...{ volume: "by-file", origin: { from: "file", file: "packsync.yaml", line: 2, column: 1 } },
    },
    {
      title: "the image's defaults over our own",
      image,
      ...{ volume: "image/by-image", origin: { from: "file", file: "image/defaults.yaml", line: 1, column: 1 } },
    },
    {
      title: "what is next, where a variable is empty",
      ...{ env: { PACKSYNC_VOLUME: "", TARGET_PACKS_DIR: "" }, files, image },
      ...{ volume: "by-file", origin: { from: "file", file: "packsync.yaml", line: 2, column: 1 } },
    },
    {
      title: "the old name, where the new one is empty",
      env: { PACKSYNC_VOLUME: "", TARGET_PACKS_DIR: "by-old-env" },
      ...{ volume: "by-old-env", origin: { from: "environment", name: "TARGET_PACKS_DIR" } },
    },
  ])("$title", async ({ volume, origin, ...setup }) => {
    const { config, origins } = await load(setup);
    expect(config.volume).toBe(volume);
    expect(origins.get("volume")).toEqual(origin);
  });

  test("settings of one section may come from different layers", async () => {
    const { config, origins } = await load({
      flags: { logStyle: "json" },
      env: { PACKSYNC_LOG_LEVEL: "info", PACKSYNC_LIMITS_MAX_FILES: "7" },
      files: {
        "packsync.yaml": "limits:\n  maxFileSize: 64MiB\n  maxFiles: 5\nlog:\n  level: trace\n  style: pretty\n",
      },
      image: "limits: {maxFiles: 3, maxPackSize: 1GB}\n",
    });
    expect(config.log).toEqual({ level: "info", style: "json" });
    expect(config.limits).toEqual({ maxFiles: 7, maxFileSize: 2 ** 26, maxPackSize: 1e9, maxDefinitionSize: 2 ** 22 });
    expect(origins.get("limits.maxFileSize")).toEqual({ from: "file", file: "packsync.yaml", line: 2, column: 3 });
    expect(origins.get("limits.maxPackSize")).toMatchObject({ file: "image/defaults.yaml" });
  });
});

describe("which file", () => {
  const files = { "packsync.yaml": "format: json", "other/my.yaml": "volume: v\n", "image.yaml": "volume: w" };

  test.for<Setup & { title: string; volume: string; file: string }>([
    { title: "packsync.yaml of the working directory", files, volume: "volume", file: "packsync.yaml" },
    {
      title: "the one of --config",
      files,
      flags: { config: "other/my.yaml" },
      volume: "other/v",
      file: "other/my.yaml",
    },
    {
      title: "the one of PACKSYNC_CONFIG",
      ...{ files, env: { PACKSYNC_CONFIG: "other/my.yaml" }, volume: "other/v", file: "other/my.yaml" },
    },
    {
      title: "--config before PACKSYNC_CONFIG",
      ...{ files, flags: { config: "image.yaml" }, env: { PACKSYNC_CONFIG: "other/my.yaml" } },
      ...{ volume: "w", file: "image.yaml" },
    },
    {
      title: "packsync.yaml if PACKSYNC_CONFIG is empty",
      ...{ files, env: { PACKSYNC_CONFIG: "" }, volume: "volume", file: "packsync.yaml" },
    },
    { title: "none by --config /dev/null", files, flags: { config: "/dev/null" }, volume: "volume", file: "/dev/null" },
  ])("$title", async ({ volume, file, ...setup }) => {
    const loaded = await load(setup);
    expect(loaded.config.volume).toBe(volume);
    expect(loaded.file).toBe(file);
  });

  test.for<Setup & { title: string; message: string }>([
    {
      title: "--config",
      flags: { config: "no.yaml" },
      message: "Expected `--config` to name a file, got `no.yaml`: not found",
    },
    {
      title: "PACKSYNC_CONFIG",
      env: { PACKSYNC_CONFIG: "/no/where/no.yaml" },
      message: "Expected `PACKSYNC_CONFIG` to name a file, got `/no/where/no.yaml`: not found",
    },
  ])("a file named by $title must exist", async ({ message, ...setup }) => {
    expect(await failure(setup)).toMatchObject({ code: "CONFIG_INVALID", message, hint: expect.any(String) });
  });
});

describe("relative paths", () => {
  test("start at the working directory in flags and variables", async () => {
    const { config } = await load({ flags: { volume: "./v/../w" }, env: { PACKSYNC_STATE_DIR: "state" } });
    expect(config).toMatchObject({ volume: "w", stateDir: "state" });
  });

  test("start at the file in a file", async () => {
    const file = "sources: {packs: ./p, extra: {path: ../e}}\nvolume: v\nstateDir: /var/lib/packsync\n";
    const { config } = await load({ files: { "deep/down/my.yaml": file }, flags: { config: "deep/down/my.yaml" } });
    expect(config).toMatchObject({ volume: "deep/down/v", stateDir: "/var/lib/packsync" });
    expect(config.sources.map(({ path }) => path)).toEqual(["deep/down/p", "deep/e"]);
  });

  test("the state is in the volume wherever that is", async () => {
    const { config, origins } = await load({ flags: { volume: "/opt/attune/packs" } });
    expect(config.stateDir).toBe("/opt/attune/packs/.packsync");
    expect(origins.get("stateDir")).toEqual({ from: "default" });
  });
});

describe("values in flags, variables and files", () => {
  test.for<Setup & { title: string; yaml?: string; config: object }>([
    { title: "owner uid:gid", flags: { owner: "1000:50" }, config: { owner: { uid: 1000, gid: 50 } } },
    { title: "owner by uid alone", env: { PACKSYNC_OWNER: "0" }, config: { owner: { uid: 0, gid: 0 } } },
    { title: "owner as a number in YAML", yaml: "owner: 1000", config: { owner: { uid: 1000, gid: 1000 } } },
    { title: "owner uid:gid in YAML", yaml: "owner: 1000:1000", config: { owner: { uid: 1000, gid: 1000 } } },
    { title: "preserve: off in YAML", yaml: "preserve: off", config: { preserve: "off" } },
    {
      title: "preserve by file",
      yaml: 'preserve:\n  default: always\n  files:\n    "*/lib/**": static-elf\n    core/sensors/timer: off\n',
      config: { preserve: { default: "always", files: { "*/lib/**": "static-elf", "core/sensors/timer": "off" } } },
    },
    {
      title: "preserve by file, without a default",
      yaml: "preserve: {files: {core/a b: off}}",
      config: { preserve: { default: "static-elf", files: { "core/a b": "off" } } },
    },
    { title: "preserve with a default alone", yaml: "preserve: {default: off}", config: { preserve: "off" } },
    {
      title: "a flag over the whole of preserve in YAML",
      flags: { preserve: "always" },
      yaml: "preserve: {default: off, files: {core/a: off}}",
      config: { preserve: "always" },
    },
    { title: "preserve by flag", flags: { preserve: "always" }, config: { preserve: "always" } },
    {
      title: "arch with aliases, each once",
      flags: { arch: "amd64, arm64,x86_64" },
      config: { arch: ["x86_64", "aarch64"] },
    },
    { title: "arch as a list", yaml: "arch: [arm64]", config: { arch: ["aarch64"] } },
    { title: "arch as text in YAML", yaml: "arch: x86_64,aarch64", config: { arch: ["x86_64", "aarch64"] } },
    { title: "adopt", env: { PACKSYNC_ADOPT: "never" }, config: { adopt: "never" } },
    { title: "lockTimeout 0", flags: { lockTimeout: "0" }, config: { lockTimeoutSeconds: 0 } },
    { title: "lockTimeout with a fraction", yaml: "lockTimeout: 1.5", config: { lockTimeoutSeconds: 1.5 } },
    { title: "allowRemovals by flag", flags: { allowRemovals: true }, config: { allowRemovals: true } },
    { title: "allowRemovals 1", env: { PACKSYNC_ALLOW_REMOVALS: "1" }, config: { allowRemovals: true } },
    { title: "allowRemovals true", env: { PACKSYNC_ALLOW_REMOVALS: "True" }, config: { allowRemovals: true } },
    { title: "allowRemovals 0", env: { PACKSYNC_ALLOW_REMOVALS: "0" }, config: { allowRemovals: false } },
    {
      title: "allowRemovals by flag though the variable says false",
      ...{ flags: { allowRemovals: true }, env: { PACKSYNC_ALLOW_REMOVALS: "false" }, config: { allowRemovals: true } },
    },
    { title: "require", flags: { require: "core, my_pack,core" }, config: { require: ["core", "my_pack"] } },
    { title: "require as a list", yaml: "require: [core, x-y]", config: { require: ["core", "x-y"] } },
    { title: "require nothing", yaml: "require: []", config: { require: [] } },
    { title: "only", env: { PACKSYNC_ONLY: "core" }, config: { only: ["core"] } },
    { title: "format", env: { PACKSYNC_FORMAT: "json" }, config: { format: "json" } },
    { title: "-q", flags: { quiet: true }, config: { log: { level: "error", style: "auto" } } },
    {
      title: "-v over the variable",
      ...{
        flags: { verbose: true },
        env: { PACKSYNC_LOG_LEVEL: "silent" },
        config: { log: { level: "debug", style: "auto" } },
      },
    },
    {
      title: "the dialect of a source",
      yaml: "sources: {packs: {path: /p, dialect: stackstorm}, other: {path: /o, dialect: {old: stackstorm}}}",
      config: {
        sources: [
          { name: "packs", path: "/p", kind: "production", dialect: "stackstorm" },
          { name: "other", path: "/o", kind: "production", dialect: { old: "stackstorm" } },
        ],
      },
    },
    {
      title: "a size in bytes",
      yaml: "limits: {maxFiles: '9', maxFileSize: 4096}",
      config: { limits: { maxFiles: 9, maxFileSize: 4096 } },
    },
    {
      title: "a size with a fraction",
      yaml: "limits: {maxPackSize: 1.5 gib}",
      config: { limits: { maxPackSize: 1_610_612_736 } },
    },
    {
      title: "a duration",
      yaml: "history: {keep: 0, minAge: 2h, maxAge: 90d, maxBytes: 1kB, minFree: 1GiB}",
      config: {
        history: { keep: 0, minAgeSeconds: 7200, maxAgeSeconds: 7_776_000, maxBytes: 1000, minFreeBytes: 2 ** 30 },
      },
    },
    {
      title: "a duration in seconds",
      env: { PACKSYNC_HISTORY_MIN_AGE: "90" },
      config: { history: { minAgeSeconds: 90 } },
    },
    {
      title: "sections whose lines are commented out",
      yaml: "limits:\n#  maxFiles: 1\nlog:\n",
      config: { limits: { maxFiles: 200_000 } },
    },
    {
      title: "a value by an alias",
      yaml: "limits: {maxFileSize: &size 1KiB, maxPackSize: *size}",
      config: { limits: { maxPackSize: 1024 } },
    },
  ])("$title", async ({ yaml, config, ...setup }) => {
    const loaded = await load({ ...setup, ...(yaml !== undefined && { files: { "packsync.yaml": yaml } }) });
    expect(loaded.config).toMatchObject(config);
  });

  test("-q is told by its name", async () => {
    const { origins } = await load({ flags: { quiet: true } });
    expect(origins.get("log.level")).toEqual({ from: "flag", name: "--quiet" });
  });
});

describe("wrong flags and variables", () => {
  test.for<Setup & { code: string; message: string; hint: string }>([
    {
      flags: { lockTimeout: "soon" },
      code: "USAGE",
      message: "Expected `--lock-timeout` to be a number of seconds >= 0, got `soon`",
      hint: "Write for example `--lock-timeout 30`.",
    },
    {
      env: { PACKSYNC_LOCK_TIMEOUT: "-1" },
      code: "CONFIG_INVALID",
      message: "Expected `PACKSYNC_LOCK_TIMEOUT` to be a number of seconds >= 0, got `-1`",
      hint: "Write for example `PACKSYNC_LOCK_TIMEOUT=30`.",
    },
    {
      flags: { preserve: "never" },
      code: "USAGE",
      message: "Expected `--preserve` to be one of `static-elf`, `always`, `off`, got `never`",
      hint: "Write for example `--preserve static-elf`.",
    },
    {
      flags: { volume: "" },
      code: "USAGE",
      message: "Expected `--volume` to be a directory, got nothing",
      hint: "Write for example `--volume ./volume`.",
    },
    {
      flags: { listen: "localhost:65536" },
      code: "USAGE",
      message: "Expected `--listen` to be `host:port`, with a port up to 65535, got `localhost:65536`",
      hint: "Write for example `--listen 127.0.0.1:8080`.",
    },
    {
      env: { DB_PORT: "65536" },
      code: "CONFIG_INVALID",
      message: "Expected `DB_PORT` to be a port, a whole number from 1 to 65535, got `65536`",
      hint: "Write for example `DB_PORT=5432`.",
    },
    {
      flags: { owner: "root" },
      code: "USAGE",
      message: "Expected `--owner` to be an owner as `uid:gid` or `uid`, in numbers, got `root`",
      hint: "Write for example `--owner 1000:1000`.",
    },
    {
      env: { PACKSYNC_OWNER: "4294967295" },
      code: "CONFIG_INVALID",
      message: "Expected `PACKSYNC_OWNER` to be an owner as `uid:gid` or `uid`, in numbers, got `4294967295`",
      hint: "Write for example `PACKSYNC_OWNER=1000:1000`.",
    },
    {
      flags: { only: " , " },
      code: "USAGE",
      message:
        "Expected `--only` to be pack refs of lower-case letters, digits, `_` and `-`, such as `core, deploy`, got ` , `",
      hint: "Write for example `--only core`.",
    },
    {
      env: { PACKSYNC_ALLOW_REMOVALS: "yes", PACKSYNC_FORMAT: "xml", PACKSYNC_ADOPT: "x" },
      code: "CONFIG_INVALID",
      message: "Expected `PACKSYNC_ADOPT` to be one of `merge`, `never`, got `x` (and 2 more problems)",
      hint: "Write for example `PACKSYNC_ADOPT=merge`.",
    },
    {
      env: { PACKSYNC_ALLOW_REMOVALS: "yes" },
      code: "CONFIG_INVALID",
      message: "Expected `PACKSYNC_ALLOW_REMOVALS` to be `1`, `true`, `0` or `false`, got `yes`",
      hint: "Write for example `PACKSYNC_ALLOW_REMOVALS=1`.",
    },
    {
      env: { PACKSYNC_ARCH: "sparc" },
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/^Expected `PACKSYNC_ARCH` to be one of `x86_64`, `aarch64`, .*, got `sparc`$/),
      hint: "Write for example `PACKSYNC_ARCH=x86_64,aarch64`.",
    },
    {
      flags: { packs: ["my packs=./x"] },
      code: "USAGE",
      message:
        "Expected `--packs` to be `[name=]<directory>`, with a name of letters, digits, `.`, `_` and `-`, got `my packs=./x`",
      hint: "Write for example `--packs ./packs` or `--packs extra=./more-packs`.",
    },
    {
      env: { PACKSYNC_PACKS: "./a," },
      code: "CONFIG_INVALID",
      message:
        "Expected `PACKSYNC_PACKS` to be `[name=]<directory>`, with a name of letters, digits, `.`, `_` and `-`, got nothing",
      hint: "Write for example `PACKSYNC_PACKS=./packs` or `PACKSYNC_PACKS=extra=./more-packs`.",
    },
    {
      flags: { packsDev: "" },
      code: "USAGE",
      message: "Expected `--packs-dev` to be a directory, got nothing",
      hint: "Write for example `--packs-dev ./packs.dev`.",
    },
    {
      flags: { config: "" },
      code: "USAGE",
      message: "Expected `--config` to be a file, got nothing",
      hint: "Write for example `--config packsync.yaml`.",
    },
    {
      flags: { quiet: true, logLevel: "info" },
      code: "USAGE",
      message: "Expected one of `--log-level`, `--quiet` and `--verbose`, got `--log-level` and `--quiet`",
      hint: "Keep one of them.",
    },
  ])("$message", async ({ code, message, hint, ...setup }) => {
    expect(await failure(setup)).toMatchObject({ code, message, hint, position: undefined });
  });
});

describe("sources", () => {
  const dev = "packs.dev=packs.dev (development)";
  const yaml = "sources:\n  try: {path: ./t, kind: development}\n  '9': ./nine\n  a: {path: ./a}\n  packs.dev: ./d\n";

  test.for<Setup & { title: string; sources: readonly string[] }>([
    { title: "--packs sets `packs`", flags: { packs: ["p"] }, sources: ["packs=p", dev] },
    { title: "--packs with names", flags: { packs: ["x=p", "y=q"] }, sources: ["x=p", "y=q", dev] },
    { title: "--packs of a directory with `=` in it", flags: { packs: ["./x=p"] }, sources: ["packs=x=p", dev] },
    { title: "PACKSYNC_PACKS takes several", env: { PACKSYNC_PACKS: "p,y=q" }, sources: ["packs=p", "y=q", dev] },
    { title: "SOURCE_PACKS_DIR is one directory", env: { SOURCE_PACKS_DIR: "a=b,c" }, sources: ["packs=a=b,c", dev] },
    {
      title: "PACKSYNC_PACKS goes before SOURCE_PACKS_DIR",
      env: { PACKSYNC_PACKS: "p", SOURCE_PACKS_DIR: "q" },
      sources: ["packs=p", dev],
    },
    {
      title: "SOURCE_PACKS_DIR counts where PACKSYNC_PACKS is empty",
      env: { PACKSYNC_PACKS: "", SOURCE_PACKS_DIR: "q", PACKSYNC_PACKS_DEV: "" },
      sources: ["packs=q", dev],
    },
    {
      title: "--packs replaces what PACKSYNC_PACKS names",
      ...{ flags: { packs: ["x=p"] }, env: { PACKSYNC_PACKS: "q" } },
      sources: ["x=p", dev],
    },
    {
      title: "--packs-dev leaves production sources",
      ...{ flags: { packsDev: "d" }, env: { PACKSYNC_PACKS: "q" } },
      sources: ["packs=q", "packs.dev=d (development)"],
    },
    {
      title: "a file's replace the default ones, in its order, development ones last",
      files: { "packsync.yaml": yaml },
      sources: ["9=nine", "a=a", "try=t (development)", "packs.dev=d (development)"],
    },
    {
      title: "a file's on one line keep their order",
      files: { "packsync.yaml": "sources: {b: ./b, 2: ./two, 10: ./ten, 1: ./one}" },
      sources: ["b=b", "2=two", "10=ten", "1=one"],
    },
    {
      title: "--packs replaces a file's production sources",
      ...{ files: { "packsync.yaml": yaml }, flags: { packs: ["p"] } },
      sources: ["packs=p", "try=t (development)", "packs.dev=d (development)"],
    },
    {
      title: "--packs-dev replaces a file's `packs.dev` and shadows all others",
      ...{ files: { "packsync.yaml": "sources: {packs.dev: ./d, p: ./p, try: {path: ./t, kind: development}}" } },
      flags: { packsDev: "e" },
      sources: ["p=p", "try=t (development)", "packs.dev=e (development)"],
    },
    {
      title: "packsync.yaml replaces those of the image",
      ...{ files: { "packsync.yaml": "sources: {p: ./p}" }, image: "sources: {q: ./q}" },
      sources: ["p=p"],
    },
    {
      title: "a file may call `packs.dev` production",
      files: { "packsync.yaml": "sources: {packs.dev: {path: d, kind: production}}" },
      sources: ["packs.dev=d"],
    },
  ])("$title", async ({ sources, ...setup }) => {
    const { config } = await load(setup);
    const written = config.sources.map(
      ({ name, path, kind }) => `${name}=${path}${kind === "development" ? " (development)" : ""}`,
    );
    expect(written).toEqual(sources);
  });

  test("each knows who named it", async () => {
    const { origins } = await load({
      flags: { packs: ["x=p"] },
      files: { "packsync.yaml": yaml },
      env: { PACKSYNC_PACKS_DEV: "e" },
    });
    expect(Object.fromEntries([...origins].filter(([key]) => key.startsWith("sources.")))).toEqual({
      "sources.x": { from: "flag", name: "--packs" },
      "sources.try": { from: "file", file: "packsync.yaml", line: 2, column: 3 },
      "sources.packs.dev": { from: "environment", name: "PACKSYNC_PACKS_DEV" },
    });
  });

  test.for<Setup & { message: string; line?: number }>([
    {
      flags: { packs: ["a", "b"] },
      message: "Expected each source to have a name of its own, got `packs` twice: `a` (--packs) and `b` (--packs)",
    },
    {
      flags: { packs: ["packs.dev=a"] },
      message:
        "Expected each source to have a name of its own, got `packs.dev` twice: `a` (--packs) and `packs.dev` (default)",
    },
    {
      flags: { packs: ["a", "x=./b/../a"] },
      message:
        "Expected each source to have a directory of its own, got one for `packs` and `x`: `a` (--packs) and `a` (--packs)",
    },
    {
      flags: { packs: ["a", "x=link"] },
      prepare: (cwd) => symlinkSync("a", join(cwd, "link")),
      message:
        "Expected each source to have a directory of its own, got one for `packs` and `x`: `a` (--packs) and `link` (--packs)",
    },
    {
      flags: { volume: "packs" },
      message:
        "Expected the source `packs` and the volume to be apart, neither inside the other, got `packs` (default) and `packs` (--volume)",
    },
    {
      env: { TARGET_PACKS_DIR: "packs/below" },
      message:
        "Expected the source `packs` and the volume to be apart, neither inside the other, got `packs` (default) and `packs/below` (TARGET_PACKS_DIR)",
    },
    {
      files: { "packsync.yaml": "volume: v\nsources:\n  ok: ./v2\n  deep: ./v/deep\n" },
      line: 4,
      message:
        "Expected the source `deep` and the volume to be apart, neither inside the other, got `v/deep` (packsync.yaml:4) and `v` (packsync.yaml:1)",
    },
  ])("$message", async ({ message, line, ...setup }) => {
    const prepare = (cwd: string) => {
      if (setup.prepare === undefined) return;
      writeFileSync(join(cwd, "a"), "");
      setup.prepare(cwd);
    };
    const error = await failure({ ...setup, prepare });
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message, hint: expect.any(String) });
    expect(error.position?.line).toBe(line);
  });

  test.for([
    ["PACKSYNC_VOLUMNE", "PACKSYNC_VOLUME"],
    ["PACKSYNC_LOCKTIMEOUT", "PACKSYNC_LOCK_TIMEOUT"],
    ["PACKSYNC_PACK", "PACKSYNC_PACKS"],
    ["PACKSYNC_PLATFORM_TOKENS", "PACKSYNC_PLATFORM_TOKEN"],
  ])("a variable that is nearly one of packsync's is a slip: %s", async ([name = "", meant = ""]) => {
    await expect(load({ env: { [name]: "x" } })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `Expected a variable that packsync knows, got \`${name}\``,
      hint: expect.stringContaining(`\`${meant}\``),
    });
    await load({ env: { [name]: "" } });
  });

  test("variables that others set are nobody's business, as Kubernetes' of a service with packsync's name", async () => {
    const names =
      "PORT PORT_8080_TCP PORT_8080_TCP_ADDR PORT_8080_TCP_PORT PORT_8080_TCP_PROTO SERVICE_HOST SERVICE_PORT SERVICE_PORT_HTTP";
    const set = [...names.split(" "), "SERVICE", "CHANGES", "IMAGE", "PLATFORM_TOKEN", "TEST_STRICT"];
    await load({ env: Object.fromEntries(set.map((name) => [`PACKSYNC_${name}`, "tcp://10.0.0.1:8080"])) });
  });

  test("two directories whose names begin alike are apart", async () => {
    const { config } = await load({ flags: { packs: ["volume2", "x=..volume"], volume: "volume" } });
    expect(config.sources).toHaveLength(3);
  });
});

test("directories of the services are relative to where they are said, as all are", async () => {
  const { config } = await load({
    env: { RUNTIME_ENVS_DIR: "envs" },
    files: { "conf/packsync.yaml": "artifactsDir: ../artifacts\n" },
    flags: { config: "conf/packsync.yaml" },
  });
  expect(config).toMatchObject({ runtimeEnvsDir: "envs", artifactsDir: "artifacts" });
});

test("who becomes another user makes what belongs to that one; who is no root, what belongs to themselves", async () => {
  const image = "owner: 1000:1000\n";
  expect((await load({ flags: { user: "2000" } })).config).toMatchObject({ owner: { uid: 2000, gid: 2000 } });
  expect((await load({ image })).config.owner).toEqual({ uid: 1000, gid: 1000 });
  expect((await load({ image, isRoot: false })).config.owner).toBeUndefined();
  expect((await load({ image, isRoot: false, flags: { owner: "7" } })).config.owner).toEqual({ uid: 7, gid: 7 });
});
