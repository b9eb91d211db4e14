import type { HowSetting } from "../plan/how.ts";
import type { PresetName } from "../plan/presets.ts";
import type { Rule } from "../plan/route.ts";

/** A directory that packs come from. Sources are ordered: a later one shadows an earlier one by `ref`. */
export interface SourceConfig {
  /** The source's identity in the ledger, e.g. `packs`: paths may change, names may not. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Packs of a development source may lack `pack.yaml`; an absent one is no error; its findings never fail a run. */
  readonly kind: "production" | "development";
  /** Whose rules its packs follow: all of them, or by the directory's name; unset: each says so by what it has. */
  readonly dialect?: DialectSetting | undefined;
  /** `mounted`: services read it where it is; it is validated, and nothing of it is copied. */
  readonly mode?: "published" | "mounted" | undefined;
}

export type DialectSetting = DialectName | Readonly<Record<string, DialectName>>;
type DialectName = "attune" | "stackstorm";

export type PreserveWord = "static-elf" | "always" | "off";

/** `files`: by pattern for `<ref>/<path>`, as in `.gitignore`; a later one wins. */
export interface PreserveByFile {
  readonly default: PreserveWord;
  readonly files: Readonly<Record<string, PreserveWord>>;
}

/** Attune's own database: with neither `url` nor `host` there is none to register packs in. */
export interface DatabaseConfig {
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly name: string;
  /** Unset: `attune` if it exists, else `public`. */
  readonly schema?: string | undefined;
  readonly timeoutSeconds: number;
  readonly order: "dependencies" | "name";
  readonly removed: "delete" | "keep";
  readonly edits: "overwrite" | "keep";
  readonly foreign: "keep" | "overwrite";
  readonly adminLogin?: string | undefined;
  readonly adminPermissionSet: string;
}

/** An index of packs that is configured: its URL, or more about it. */
export type RegistrySetting =
  | string
  | {
      readonly url: string;
      /** The lowest one is asked first; 100 unless it is said. */
      readonly priority?: number | undefined;
      /** It, and what it names, may be without TLS. */
      readonly allowHttp?: boolean | undefined;
      /** For its own origin only. */
      readonly headers?: Readonly<Record<string, string>> | undefined;
    };

/** Where packs come from that are installed, and what is believed of it. */
export interface InstallConfig {
  /** Unset: the platform's. */
  readonly registries?: readonly RegistrySetting[] | undefined;
  /** Hosts that may have private addresses, as `host` or `host:port`; `*` for all. */
  readonly allowPrivate: readonly string[];
  /** Of a file absolute; unset: the user's own. */
  readonly cache?: string | undefined;
  /** 0: nothing is kept. */
  readonly cacheBytes: number;
  readonly submodules: "refuse" | "fetch";
}

/** How services are told, by globs of their names; see `plan/how.ts`. */
export type ServiceSettings = Readonly<Record<string, HowSetting>>;

/** How results are printed; `github` and `sarif` are for `validate` alone. */
export const formats = ["text", "json", "github", "sarif"] as const;
export type Format = (typeof formats)[number];

/** What a token of the HTTP API may do: read, or whatever changes something. */
export const scopes = ["packs:read", "packs:create"] as const;
export type Scope = (typeof scopes)[number];

/** Who may read the numbers for machines: whoever has a token that may read, or anybody. */
export const metricsAccess = ["token", "open"] as const;

/** One that may use the HTTP API; by its token, or by the sha256 of it in hex. */
export interface TokenConfig {
  readonly name: string;
  readonly token?: string | undefined;
  readonly sha256?: string | undefined;
  readonly scopes: readonly Scope[];
}

/** The HTTP API; see docs/api.md. */
export interface ServerConfig {
  readonly tokens?: readonly TokenConfig[] | undefined;
  /** Absolute, if a file says it. */
  readonly tokensFile?: string | undefined;
  /** One with all scopes. */
  readonly token?: string | undefined;
  /** The platform's, for HS256. */
  readonly jwtSecret?: string | undefined;
  readonly jwtAudience?: string | undefined;
  readonly jwtIssuer?: string | undefined;
  /** Of a platform's token that names none. */
  readonly jwtScopes: readonly Scope[];
  /** Below these lies whatever paths of a request mean; unset: the sources, the volume, two directories in /tmp. */
  readonly roots?: readonly string[] | undefined;
  /** Requests of one token, or of one address without any, in a minute; 0: as many as they like. */
  readonly rateLimit: number;
  /** Who may read the numbers for machines. */
  readonly metrics: (typeof metricsAccess)[number];
  /** How many long calls are done at once. */
  readonly jobs: number;
  /** Whether whatever only reads is open to who has no token. */
  readonly anonymous: boolean;
  /** Names by which browsers may reach it, beside addresses and this machine's own. */
  readonly hosts: readonly string[];
  /** Whether a proxy before it is believed what it says of the client. */
  readonly proxied: boolean;
}

/** Everything that a run needs to know, resolved: absolute paths, no optional section. Sizes in bytes. */
export interface Config {
  readonly sources: readonly SourceConfig[];
  /** Absolute path of the directory the services mount. */
  readonly volume: string;
  /** Absolute; holds the database and the lock. `<volume>/.packsync` unless set. */
  readonly stateDir: string;
  /** Who owns what packsync makes; unset: the volume's owner when root, else nobody is changed. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Whom root becomes once everything is prepared; unset: it stays root. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** Absolute; the services' own, beside the volume: the owner gets them, if they are there. */
  readonly runtimeEnvsDir: string | undefined;
  /** `auto`: what published packs need of Python and Node.js is built there. */
  readonly environments: "off" | "auto";
  readonly artifactsDir: string | undefined;
  readonly preserve: PreserveWord | PreserveByFile;
  /** Wanted machines, in `uname -m` terms, e.g. `x86_64`; never empty. */
  readonly arch: readonly string[];
  readonly adopt: "merge" | "never";
  readonly allowRemovals: boolean;
  /** Which services a change concerns, where `routes` do not say otherwise. */
  readonly preset: PresetName;
  readonly routes: readonly Rule[];
  readonly services: ServiceSettings;
  readonly platform: {
    /** Of the platform's API; unset: there is no way into its database. */
    readonly url?: string | undefined;
    /** Absolute. */
    readonly tokenFile?: string | undefined;
    /** Where the platform finds the volume. */
    readonly packsDir?: string | undefined;
  };
  readonly docker: {
    /** As `DOCKER_HOST` has it. */
    readonly host?: string | undefined;
    /** Of compose; unset: packsync's own. */
    readonly project?: string | undefined;
  };
  readonly require: readonly string[];
  readonly only: readonly string[];
  readonly lockTimeoutSeconds: number;
  readonly limits: {
    readonly maxFiles: number;
    readonly maxFileSize: number;
    readonly maxPackSize: number;
    readonly maxDefinitionSize: number;
  };
  readonly history: {
    readonly keep: number;
    readonly minAgeSeconds: number;
    readonly maxAgeSeconds?: number | undefined;
    readonly maxBytes: number;
    readonly minFreeBytes: number;
  };
  readonly watch: {
    /** The least time between two looks at everything. */
    readonly rescanSeconds: number;
    /** How often every byte is read again; 0: never. */
    readonly verifySeconds: number;
    readonly drift: "repair" | "report" | "ignore";
  };
  readonly health: {
    /** How often a change of packsync's own goes the way of all changes; 0: never. */
    readonly canarySeconds: number;
    /** What gets nowhere for so long has stalled. */
    readonly limitSeconds: number;
  };
  readonly database: DatabaseConfig;
  readonly install: InstallConfig;
  /** Where the HTTP API listens, `host:port`; unset: nowhere. */
  readonly listen: string | undefined;
  readonly server: ServerConfig;
  readonly format: Format;
  readonly log: {
    readonly level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
    readonly style: "auto" | "pretty" | "json";
  };
}
