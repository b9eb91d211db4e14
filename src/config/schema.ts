import * as z from "zod/mini";
import { presetNames } from "../plan/presets.ts";
import { formats, metricsAccess, scopes } from "./config.ts";
import { address, registries, tokens } from "./server-schema.ts";
import { routes, services, url } from "./service-schema.ts";
import { optional, section, strict } from "./shape.ts";
import { sources } from "./source-schema.ts";
import {
  anySize,
  databaseUrl,
  directory,
  duration,
  flag,
  list,
  machines,
  names,
  numeric,
  oneOf,
  owner,
  port,
  preserve,
  refs,
  size,
  text,
  whole,
} from "./values.ts";

/*
 * Loaded only when there is something to parse: zod takes as long to load as half of Node. Of zod it is the `mini` flavour,
 * which a bundler can cut down to what is used.
 */

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
    () => oneOf(["off", "auto"]),
  ),
  artifactsDir: optional("The services' artifacts: likewise", directory),
  preserve: optional("Which native binaries of the volume survive their source", preserve),
  arch: optional("The machines that native binaries are wanted for, as `uname -m` says it", machines),
  adopt: optional("What to do with a pack that is in the volume already, by another hand", () =>
    oneOf(["merge", "never"]),
  ),
  lockTimeout: optional("Seconds to wait for another packsync to finish", () =>
    numeric("a number of seconds >= 0", /^\d+(\.\d+)?$/),
  ),
  limits: section({
    maxFiles: optional("Files and directories in one pack", () => whole(1, "a whole number >= 1")),
    maxFileSize: optional("Size of one file", size),
    maxPackSize: optional("Size of all files of a pack", size),
    maxDefinitionSize: optional("Size of one YAML definition", size),
  }),
  history: section({
    keep: optional("Earlier releases to keep of each pack", () => whole(0, "a whole number >= 0")),
    minAge: optional("Younger ones are kept in any case", duration),
    maxAge: optional("Older ones go; unset: none goes for its age", duration),
    maxBytes: optional("Size of all earlier releases of a pack together", size),
    minFree: optional("Space on the volume that is left to the services: history goes first, however young", anySize),
  }),
  watch: section({
    rescan: optional("The least time between two looks at everything, whatever was announced", duration),
    verify: optional("How often every byte is read again in the background; `0`: never", duration),
    drift: optional("What to do with published files that somebody else changed in the volume", () =>
      oneOf(["repair", "report", "ignore"]),
    ),
  }),
  health: section({
    canary: optional("How often a change of packsync's own goes the way of all changes; `0`: never", duration),
    limit: optional("What gets nowhere for so long has stalled: the daemon is not ready", duration),
  }),
  database: section({
    url: optional("Attune's database, to register packs in; unset: see `database.host`", databaseUrl),
    host: optional("The same by its parts; unset: packs are registered in the embedded catalog only", () =>
      text("a host"),
    ),
    port: optional("Its port", port),
    user: optional("Who packsync is there", () => text("a name")),
    password: optional("And its password", () => text("a password")),
    name: optional("The database", () => text("a name")),
    schema: optional("Where its tables are; unset: `attune` if it exists, else `public`", () => text("a name")),
    timeout: optional("How long `--once` waits for a database that does not answer", duration),
    order: optional("In which order packs are registered", () => oneOf(["dependencies", "name"])),
    removed: optional("What becomes of rows whose YAML is gone", () => oneOf(["delete", "keep"])),
    edits: optional("What becomes of `config` and enabled flags that users changed", () =>
      oneOf(["overwrite", "keep"]),
    ),
    foreign: optional("What becomes of a component that another pack has there", () => oneOf(["keep", "overwrite"])),
    adminLogin: optional("Whose identity gets a permission set; unset: nobody's", () => text("a login")),
    adminPermissionSet: optional("Which one", () => text("a permission set")),
  }),
  preset: optional("Which services a change concerns, where `routes` say nothing", () => oneOf(presetNames)),
  routes: optional("Whom changes concern: the first rule that fits decides, then the preset's", routes),
  services: optional("How services are told, by globs of their names; unset: `restart`", services),
  platform: section({
    url: optional("The platform's API, to register packs at; unset: there is no way into its database", url),
    tokenFile: optional("A file with the token for it; unset: `PACKSYNC_PLATFORM_TOKEN` has it", () => text("a file")),
    packsDir: optional("Where Attune finds the volume; unset: `/opt/attune/packs`", directory),
  }),
  docker: section({
    host: optional("The engine that runs the services; unset: `unix:///var/run/docker.sock`", () => text("an address")),
    project: optional("Compose's project of the services; unset: packsync's own", () => text("a project")),
  }),
  install: section({
    registries: optional(
      "Indexes of packs, `{url, priority, allowHttp, headers}`; unset: `https://registry.attune.io/index.json`",
      registries,
    ),
    allowPrivate: optional("Hosts that may have private addresses, as `host` or `host:port`; `*` for all", () =>
      list("a list of hosts, such as `registry.internal`", z.string().check(z.regex(/^[^\s/@]+$/))),
    ),
    cache: optional("Where downloads are kept; unset: `packsync` in `$XDG_CACHE_HOME` or `~/.cache`", directory),
    cacheBytes: optional("How much of them; `0`: none", anySize),
    submodules: optional("What becomes of a repository's submodules: `refuse` refuses it", () =>
      oneOf(["refuse", "fetch"]),
    ),
  }),
  listen: optional("Where the HTTP API listens, `host:port`; unset: nowhere", address),
  server: section({
    token: optional("A token for the HTTP API with all scopes", () => text("a token")),
    tokens: optional("Tokens for the HTTP API", tokens),
    tokensFile: optional("A file of tokens, one a line: name, token or `sha256:…`, scopes", () => text("a file")),
    jwtSecret: optional("The secret that the platform signs its tokens with (HS256)", () => text("a secret")),
    jwtAudience: optional("Whom these have to be for; unset: anybody", () => text("an audience")),
    jwtIssuer: optional("Who has to have made them; unset: anybody", () => text("an issuer")),
    jwtScopes: optional("What one of these may do that names no scope", () => names(scopes)),
    roots: optional(
      "Below which directories paths of requests must lie; unset: the sources, the volume, `/tmp/pack-downloads`, `/tmp/packs`",
      () => list("a list of directories, such as `/tmp/packs`", text("a directory")),
    ),
    rateLimit: optional("Requests in a minute, for each token; `0`: as many as they like", () =>
      whole(0, "a whole number >= 0"),
    ),
    metrics: optional("Who may read `/metrics`: `token`, who has one that may read; `open`, anybody", () =>
      oneOf(metricsAccess),
    ),
    jobs: optional("How many long calls are done at once; others wait", () => whole(1, "a whole number >= 1")),
    anonymous: optional("Whether the dashboard, and whatever only reads, is open without a token", flag),
    hosts: optional(
      "Names by which browsers reach it, as `packsync.example`; addresses and `localhost` need none",
      () => list("a list of hosts, such as `packsync.example`", z.string().check(z.regex(/^[A-Za-z0-9._-]+$/))),
    ),
    proxied: optional("Whether a proxy stands before it, whose `X-Forwarded-*` are believed", flag),
  }),
  require: optional("Packs that must be live for a run to succeed; unset: all of the production sources", refs),
  log: section({
    level: optional("The least serious log line shown", () =>
      oneOf(["trace", "debug", "info", "warn", "error", "silent"]),
    ),
    style: optional("`auto`: readable on a terminal, JSON elsewhere", () => oneOf(["auto", "pretty", "json"])),
  }),
};

const howPrinted = "How results are printed";

/** What `packsync.yaml` may say. */
export const fileSettings = strict(
  {
    sources: optional("Where packs come from, later ones shadow earlier ones", sources),
    ...shared,
    format: optional(howPrinted, () => oneOf(["text", "json"])), // what every command knows
  },
  "a mapping of settings",
);
export type FileSettings = z.infer<ReturnType<typeof fileSettings>>;

/** What one run may be told by flags and variables. Sources are apart: there they are set one by one. */
export const runSettings = strict(
  {
    ...shared,
    format: optional(howPrinted, () => oneOf(formats)),
    allowRemovals: optional("Publish what a held source has left", flag),
    only: optional("The packs to look at, all others stay as they are", refs),
  },
  "a mapping of settings",
);
export type RunSettings = z.infer<ReturnType<typeof runSettings>>;
