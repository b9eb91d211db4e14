import * as z from "zod/mini";
import { componentKinds } from "../pack/component.ts";
import { asPackRef } from "../pack/ref.ts";
import { meaningKinds } from "../plan/meaning.ts";
import { presetNames } from "../plan/presets.ts";
import { formats, metricsAccess, scopes } from "./config.ts";
import { MACHINES, machine } from "./machines.ts";
import { SOURCE_NAME } from "./sources.ts";
import { DURATION, parseDuration, parseSize, SIZE } from "./units.ts";
import { list, numeric, oneOf, text, whole } from "./values.ts";

/*
 * Loaded only when there is something to parse: zod takes as long to load as half of Node. Of zod it is the `mini` flavour,
 * which a bundler can cut down to what is used.
 */

/** The highest id that is one: 2^32 - 1 means "leave as it is" to chown(2). */
const MAX_ID = 2 ** 32 - 2;

const directory = text("a directory");
const databaseUrl = z
  .string("a URL that begins with `postgresql://`")
  .check(
    z.refine(
      (given) => /^postgres(ql)?:\/\/./.test(given) && URL.canParse(given),
      "a URL that begins with `postgresql://`",
    ),
  );
const anySize = whole(0, "a size in bytes, such as `1048576`, `64MiB` or `1GB`", SIZE, parseSize);
const duration = numeric("a number of seconds >= 0, or a duration such as `10m`", DURATION, parseDuration);
const size = whole(1, "a size in bytes, such as `1048576`, `64MiB` or `1GB`", SIZE, parseSize);
const expectedRefs = "pack refs of lower-case letters, digits, `_` and `-`, such as `core, deploy`";
const refs = list(expectedRefs, z.string().check(z.refine((name) => asPackRef(name) !== undefined, expectedRefs)));

const machines = z.pipe(
  z.pipe(
    list("a list of machines, such as `x86_64, aarch64`", z.string()),
    z.transform((names: string[]) => [...new Set(names.map(machine))]),
  ),
  z.array(oneOf(MACHINES)).check(z.minLength(1, "a list of at least one machine, such as `x86_64`")),
);

const expectedOwner = "an owner as `uid:gid` or `uid`, in numbers";
const owner = z.pipe(
  z.union([z.number(expectedOwner), z.string(expectedOwner)], expectedOwner).check(z.refine(isOwner, expectedOwner)),
  z.transform((value: number | string) => {
    const [uid = 0, gid = uid] = idsOf(value);
    return { uid, gid };
  }),
);

const dialect = oneOf(["attune", "stackstorm"]);
const aboutSource = "a directory, or `{path, kind, mode, dialect}`";
const source = z.union(
  [
    directory,
    z.strictObject(
      {
        path: directory,
        kind: optional(
          "Whether packs may lack `pack.yaml` and never fail a run: `development` for `packs.dev`, else `production`",
          oneOf(["production", "development"]),
        ),
        mode: optional(
          "`mounted`: services read it where it is (StackStorm's packs.dev); validate it and tell them, copy nothing",
          oneOf(["published", "mounted"]),
        ),
        dialect: optional(
          "Whose rules its packs follow, where they do not say so by what they have: for all, or by the pack's directory",
          z.union(
            [dialect, z.record(z.string(), dialect)],
            "`attune`, `stackstorm`, or `{<directory>: <one of these>}`",
          ),
        ),
      },
      aboutSource,
    ),
  ],
  aboutSource,
);

const sourceNames =
  "a mapping of names (letters, digits, `.`, `_`, `-`) to directories, such as `{packs: ./packs}`, with at least one";
const sources = z
  .record(z.string().check(z.regex(SOURCE_NAME)), source, sourceNames)
  .check(z.refine((value) => Object.keys(value).length > 0, sourceNames));

const preserveWord = oneOf(["static-elf", "always", "off"]);
const expectedPattern = "a mapping of patterns for `<ref>/<path>`, such as `core/sensors/*`, to policies";
/** Without what `.gitignore` would make of `!`, `#` and a missing slash: another thing than people mean here. */
const PATTERN = /^(?![!#\s/])[^\p{Cc}]*[^/\p{Cc}]\/[^\p{Cc}]*\S$/u;

/** The mapping first: what is wrong inside of it says more than that it is no word. */
const preserve = z.union(
  [
    z.pipe(
      z.strictObject({
        default: z.exactOptional(preserveWord),
        files: z.exactOptional(z.record(z.string().check(z.regex(PATTERN)), preserveWord, expectedPattern)),
      }),
      z.transform(({ default: word = "static-elf" as const, files = {} }) =>
        Object.keys(files).length === 0 ? word : { default: word, files },
      ),
    ),
    preserveWord,
  ],
  "one of `static-elf`, `always`, `off`, or `{default, files}`",
);

function names<const T extends readonly string[]>(known: T) {
  const expected = `one or more of ${known.map((name) => `\`${name}\``).join(", ")}`;
  return z.pipe(list(expected, z.string()), z.array(z.enum(known, expected)));
}

const patterns = list("a glob, or a list of them, such as `lib/**`", z.string());
const expectedTargets =
  "`nobody`, or a list of services (globs), `register`, `environments`, such as `[register, sensor*]`";
const TARGET = /^[\w.*?{}[\],!-]+$/;
const rule = z.strictObject(
  {
    when: z.strictObject(
      {
        meaning: z.exactOptional(names(meaningKinds)),
        component: z.exactOptional(names(componentKinds)),
        runner: z.exactOptional(list("a runner, or a list of them, such as `python`", z.string())),
        pack: z.exactOptional(patterns),
        path: z.exactOptional(patterns),
        source: z.exactOptional(patterns),
      },
      "a mapping, such as `{meaning: script, runner: python}`",
    ),
    do: z.pipe(
      list(expectedTargets, z.string().check(z.regex(TARGET, expectedTargets))),
      z.transform((targets: string[]) => targets.filter((target) => target !== "nobody")),
    ),
  },
  "a rule, such as `{when: {meaning: docs}, do: nobody}`",
);
const routes = z.array(rule, "a list of rules, such as `[{when: {meaning: docs}, do: nobody}]`");

const url = z
  .string("a URL, such as `http://api:8080`")
  .check(z.regex(/^https?:\/\/[^\s/]/, "a URL, such as `http://api:8080`"));
const expectedHow = "`restart`, a signal such as `SIGHUP`, `{exec, …}`, `{http, …}`, or `{how, …}`";
const expectedArguments = "a program and its arguments as a list, such as `[systemctl, reload, worker]`";
const argument = z.string(expectedArguments).check(z.regex(/^[^\0]*$/, expectedArguments));
const expectedHttp = "a mapping with at least `url`";
const expectedReady = 'a mapping, such as `{http: "http://api:8080/health", timeout: 1m}`';
const care = {
  timeout: z.exactOptional(duration),
  after: z.exactOptional(list("a service, or a list of them (globs), such as `[api]`", z.string())),
  ready: z.exactOptional(
    z.strictObject(
      { http: z.exactOptional(url), runs: z.exactOptional(duration), timeout: z.exactOptional(duration) },
      expectedReady,
    ),
  ),
  onUnhealthy: z.exactOptional(oneOf(["report", "rollback"])),
};
const word = z.string(expectedHow).check(z.regex(/^(restart|SIG[A-Z][A-Z0-9]{1,9})$/, expectedHow));
const command = z.array(argument, expectedArguments).check(z.minLength(1, expectedArguments));
const call = z.strictObject(
  {
    url,
    method: z.exactOptional(z.string().check(z.regex(/^[A-Z]{1,20}$/, "a method, such as `POST`"))),
    headers: z.exactOptional(z.record(z.string(), z.string("a text"), "a mapping of names to texts")),
    body: z.exactOptional(z.unknown()),
    secretFile: z.exactOptional(text("a file")),
    expect: z.exactOptional(z.array(z.int("a status, such as `204`"), "a list of statuses, such as `[200, 204]`")),
  },
  expectedHttp,
);
const ways = { how: z.exactOptional(word), exec: z.exactOptional(command), http: z.exactOptional(call) };
const hasOneWay = (setting: object) => Object.keys(ways).filter((way) => Object.hasOwn(setting, way)).length <= 1;
const service = z.union(
  [word, z.strictObject({ ...ways, ...care }, expectedHow).check(z.refine(hasOneWay, expectedHow))],
  expectedHow,
);
const expectedServices = "a mapping of services (globs) to how they are told, such as `{sensor*: restart}`";
const services = z.record(z.string().check(z.regex(/^[\w.*?{}[\],!-]+$/, expectedServices)), service, expectedServices);

const expectedRegistries =
  "URLs of indexes, or `{url, priority, allowHttp, headers}`, such as `[https://registry.example/index.json]`";
const index = z.string(expectedRegistries).check(
  z.regex(/^(https?:\/\/[^\s/]|file:\/\/\/[^\s])\S*$/, expectedRegistries),
  z.refine((given) => URL.canParse(given), expectedRegistries),
);
const expectedHeaders = "a mapping of names to texts, such as `{authorization: Bearer …}`";
const headers = z.record(
  z.string().check(z.regex(/^[\w!#$%&'*+.^`|~-]+$/, expectedHeaders)),
  z.string(expectedHeaders).check(z.regex(/^[\t\x20-\x7e]*$/, expectedHeaders)),
  expectedHeaders,
);
const registry = z.union(
  [
    index,
    z.strictObject(
      {
        url: index,
        priority: z.exactOptional(z.int("a whole number, such as `100`")),
        allowHttp: z.exactOptional(z.boolean("`true` or `false`")),
        headers: z.exactOptional(headers),
      },
      expectedRegistries,
    ),
  ],
  expectedRegistries,
);
const registries = z.union(
  [z.array(registry, expectedRegistries), list(expectedRegistries, index)],
  expectedRegistries,
);
const expectedAddress = "`host:port`, such as `127.0.0.1:8080`";
const address = z
  .string(expectedAddress)
  .check(z.regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, expectedAddress));
const expectedTokens = "a list of tokens, such as `[{name: ci, sha256: …, scopes: [packs:read]}]`";
const hasOneSecret = (token: { token?: string; sha256?: string }) =>
  (token.token === undefined) !== (token.sha256 === undefined);
const tokens = z.array(
  z
    .strictObject(
      {
        name: text("a name"),
        token: z.exactOptional(text("a token")),
        sha256: z.exactOptional(
          z.string("a sha256 in hex").check(z.regex(/^[0-9a-f]{64}$/i, "a sha256 in hex, 64 characters")),
        ),
        scopes: names(scopes),
      },
      expectedTokens,
    )
    .check(z.refine(hasOneSecret, expectedTokens)),
  expectedTokens,
);
const yesOrNo = "`1`, `true`, `0` or `false`";
const flag = z.pipe(
  z.union([z.boolean(yesOrNo), z.string(yesOrNo).check(z.regex(/^(1|0|true|false)$/i, yesOrNo))], yesOrNo),
  z.transform((value: boolean | string) => /^(1|true)$/i.test(String(value))),
);

/** What flags, variables and files can set alike. */
const shared = {
  volume: optional("The directory that the services mount", directory),
  stateDir: optional(
    "Where the database and the lock are: elsewhere if the volume's file system lacks locks",
    directory,
  ),
  owner: optional("Who owns what packsync makes; unset: as the volume when run as root", owner),
  user: optional("Whom root becomes once all is prepared; unset: it stays root", owner),
  runtimeEnvsDir: optional("The services' environments: where it is mounted, it is given to the owner", directory),
  environments: optional(
    "`auto`: build there what published packs need of Python and Node.js; `off`: the services' own business",
    oneOf(["off", "auto"]),
  ),
  artifactsDir: optional("The services' artifacts: likewise", directory),
  preserve: optional("Which native binaries of the volume survive their source", preserve),
  arch: optional("The machines that native binaries are wanted for, as `uname -m` says it", machines),
  adopt: optional("What to do with a pack that is in the volume already, by another hand", oneOf(["merge", "never"])),
  lockTimeout: optional(
    "Seconds to wait for another packsync to finish",
    numeric("a number of seconds >= 0", /^\d+(\.\d+)?$/),
  ),
  limits: section({
    maxFiles: optional("Files and directories in one pack", whole(1, "a whole number >= 1")),
    maxFileSize: optional("Size of one file", size),
    maxPackSize: optional("Size of all files of a pack", size),
    maxDefinitionSize: optional("Size of one YAML definition", size),
  }),
  history: section({
    keep: optional("Earlier releases to keep of each pack", whole(0, "a whole number >= 0")),
    minAge: optional("Younger ones are kept in any case", duration),
    maxAge: optional("Older ones go; unset: none goes for its age", duration),
    maxBytes: optional("Size of all earlier releases of a pack together", size),
    minFree: optional("Space on the volume that is left to the services: history goes first, however young", anySize),
  }),
  watch: section({
    rescan: optional("The least time between two looks at everything, whatever was announced", duration),
    verify: optional("How often every byte is read again in the background; `0`: never", duration),
    drift: optional(
      "What to do with published files that somebody else changed in the volume",
      oneOf(["repair", "report", "ignore"]),
    ),
  }),
  health: section({
    canary: optional("How often a change of packsync's own goes the way of all changes; `0`: never", duration),
    limit: optional("What gets nowhere for so long has stalled: the daemon is not ready", duration),
  }),
  database: section({
    url: optional("Attune's database, to register packs in; unset: see `database.host`", databaseUrl),
    host: optional("The same by its parts; unset: packs are registered in the embedded catalog only", text("a host")),
    port: optional("Its port", whole(1, "a port, a whole number >= 1")),
    user: optional("Who packsync is there", text("a name")),
    password: optional("And its password", text("a password")),
    name: optional("The database", text("a name")),
    schema: optional("Where its tables are; unset: `attune` if it exists, else `public`", text("a name")),
    timeout: optional("How long `--once` waits for a database that does not answer", duration),
    order: optional("In which order packs are registered", oneOf(["dependencies", "name"])),
    removed: optional("What becomes of rows whose YAML is gone", oneOf(["delete", "keep"])),
    edits: optional("What becomes of `config` and enabled flags that users changed", oneOf(["overwrite", "keep"])),
    foreign: optional("What becomes of a component that another pack has there", oneOf(["keep", "overwrite"])),
    adminLogin: optional("Whose identity gets a permission set; unset: nobody's", text("a login")),
    adminPermissionSet: optional("Which one", text("a permission set")),
  }),
  preset: optional("Which services a change concerns, where `routes` say nothing", oneOf(presetNames)),
  routes: optional("Whom changes concern: the first rule that fits decides, then the preset's", routes),
  services: optional("How services are told, by globs of their names; unset: `restart`", services),
  platform: section({
    url: optional("The platform's API, to register packs at; unset: there is no way into its database", url),
    tokenFile: optional("A file with the token for it; unset: `PACKSYNC_PLATFORM_TOKEN` has it", text("a file")),
    packsDir: optional("Where Attune finds the volume; unset: `/opt/attune/packs`", directory),
  }),
  docker: section({
    host: optional("The engine that runs the services; unset: `unix:///var/run/docker.sock`", text("an address")),
    project: optional("Compose's project of the services; unset: packsync's own", text("a project")),
  }),
  install: section({
    registries: optional(
      "Indexes of packs, `{url, priority, allowHttp, headers}`; unset: `https://registry.attune.io/index.json`",
      registries,
    ),
    allowPrivate: optional(
      "Hosts that may have private addresses, as `host` or `host:port`; `*` for all",
      list("a list of hosts, such as `registry.internal`", z.string().check(z.regex(/^[^\s/@]+$/))),
    ),
    cache: optional("Where downloads are kept; unset: `packsync` in `$XDG_CACHE_HOME` or `~/.cache`", directory),
    cacheBytes: optional("How much of them; `0`: none", anySize),
    submodules: optional("What becomes of a repository's submodules: `refuse` refuses it", oneOf(["refuse", "fetch"])),
  }),
  listen: optional("Where the HTTP API listens, `host:port`; unset: nowhere", address),
  server: section({
    token: optional("A token for the HTTP API with all scopes", text("a token")),
    tokens: optional("Tokens for the HTTP API", tokens),
    tokensFile: optional("A file of tokens, one a line: name, token or `sha256:…`, scopes", text("a file")),
    jwtSecret: optional("The secret that the platform signs its tokens with (HS256)", text("a secret")),
    jwtAudience: optional("Whom these have to be for; unset: anybody", text("an audience")),
    jwtIssuer: optional("Who has to have made them; unset: anybody", text("an issuer")),
    jwtScopes: optional("What one of these may do that names no scope", names(scopes)),
    roots: optional(
      "Below which directories paths of requests must lie; unset: the sources, the volume, `/tmp/pack-downloads`, `/tmp/packs`",
      list("a list of directories, such as `/tmp/packs`", text("a directory")),
    ),
    rateLimit: optional(
      "Requests in a minute, for each token; `0`: as many as they like",
      whole(0, "a whole number >= 0"),
    ),
    metrics: optional(
      "Who may read `/metrics`: `token`, who has one that may read; `open`, anybody",
      oneOf(metricsAccess),
    ),
    jobs: optional("How many long calls are done at once; others wait", whole(1, "a whole number >= 1")),
    anonymous: optional("Whether the dashboard, and whatever only reads, is open without a token", flag),
    hosts: optional(
      "Names by which browsers reach it, as `packsync.example`; addresses and `localhost` need none",
      list("a list of hosts, such as `packsync.example`", z.string().check(z.regex(/^[A-Za-z0-9._-]+$/))),
    ),
    proxied: optional("Whether a proxy stands before it, whose `X-Forwarded-*` are believed", flag),
  }),
  require: optional("Packs that must be live for a run to succeed; unset: all of the production sources", refs),
  log: section({
    level: optional("The least serious log line shown", oneOf(["trace", "debug", "info", "warn", "error", "silent"])),
    style: optional("`auto`: readable on a terminal, JSON elsewhere", oneOf(["auto", "pretty", "json"])),
  }),
};

const howPrinted = "How results are printed";

/** What `packsync.yaml` may say. */
export const FileSettings = z.strictObject(
  {
    sources: optional("Where packs come from, later ones shadow earlier ones", sources),
    ...shared,
    format: optional(howPrinted, oneOf(["text", "json"])), // what every command knows
  },
  "a mapping of settings",
);
export type FileSettings = z.infer<typeof FileSettings>;

/** What one run may be told by flags and variables. Sources are apart: there they are set one by one. */
export const RunSettings = z.strictObject({
  ...shared,
  format: optional(howPrinted, oneOf(formats)),
  allowRemovals: optional("Publish what a held source has left", flag),
  only: optional("The packs to look at, all others stay as they are", refs),
});
export type RunSettings = z.infer<typeof RunSettings>;

function isOwner(value: number | string): boolean {
  return /^\d+(:\d+)?$/.test(String(value)) && idsOf(value).every((id) => id <= MAX_ID);
}

function idsOf(owner: number | string): readonly number[] {
  return String(owner).split(":").map(Number);
}

function optional<T extends z.ZodMiniType>(description: string, type: T) {
  const schema = z.exactOptional(type);
  z.globalRegistry.add(schema, { description });
  return schema;
}

/** `null` is a section whose lines are all commented out. */
function section<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.exactOptional(z.nullable(z.strictObject(shape, "a mapping of settings")));
}
