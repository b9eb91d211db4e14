import type { Diagnostic } from "../pack/diagnostics.ts";

/**
 * What the stages after the download take and give, as plain data: the HTTP API, the commands and one after another in an
 * installation all mean these. Paths are absolute and real. Durations in milliseconds.
 */

/** What somebody who waits is told while a stage runs. */
export interface StageProgress {
  readonly stage: "download" | "dependencies" | "environments" | "tests" | "register" | "sync" | "verify" | "notify";
  /** Its ref, or its source while nobody knows the ref; of `notify` the service. */
  readonly pack: string;
  /** From 0 to 1: how much is done of all, where somebody knows. */
  readonly share?: number | undefined;
  /** One line of a program's output, without its end. */
  readonly line?: string | undefined;
}

export type OnStage = (progress: StageProgress) => void;

/** One thing that a pack asks for. `versionSpec` is a range of versions, `*` for any. */
export interface Dependency {
  readonly packRef: string;
  readonly versionSpec: string;
  readonly requiredBy: string;
  /** A pack of a version that will do is in the volume. */
  readonly alreadyInstalled: boolean;
  /** What is in the volume, or comes along, of whatever version. */
  readonly found: { readonly version: string; readonly from: "installed" | "comes along" } | undefined;
}

/** What a pack needs of a runtime; `undefined`: nothing is said of it. Paths are absolute. */
export interface RuntimeNeeds {
  readonly python: { readonly version: string | undefined; readonly requirementsFile: string | undefined } | undefined;
  readonly nodejs: { readonly version: string | undefined; readonly packageFile: string | undefined } | undefined;
}

export interface AnalyzedPack {
  readonly packRef: string;
  readonly packPath: string;
  readonly version: string;
  readonly dependencies: readonly Dependency[];
  readonly runtimes: RuntimeNeeds;
}

export interface DependencyReport {
  readonly analyzed: readonly AnalyzedPack[];
  /** Neither in the volume nor coming along. */
  readonly missing: readonly Dependency[];
  /** There, in a version that will not do; or missing, and no version will do for all who want it. */
  readonly conflicting: readonly Dependency[];
  /** Each a round of refs: of `[a, b]`, `a` needs `b` needs `a`. */
  readonly circular: readonly (readonly string[])[];
  /** Refs of what was analyzed; a pack after those it needs, a circle in the order of names. */
  readonly order: readonly string[];
  readonly errors: readonly { readonly packPath: string; readonly error: string }[];
}

export interface EnvironmentOrder {
  readonly packPaths: readonly string[];
  /** Environments are `<envs>/<pack ref>/<runtime>`. */
  readonly envs: string;
  /** Preferred, for packs that say nothing: `3.11`; a pack's own need goes before it. */
  readonly pythonVersion: string | undefined;
  readonly nodejsVersion: string | undefined;
  readonly skipPython: boolean;
  readonly skipNodejs: boolean;
  readonly forceRebuild: boolean;
  /** For each pack. */
  readonly timeoutSeconds: number;
  /** `detect`: only say what is there. */
  readonly mode: "build" | "detect";
  /** `later`: what was built is used once {@link EnvironmentReport.activate} is called. */
  readonly activation: "at once" | "later";
}

export interface Environment {
  readonly runtime: "python" | "nodejs";
  /** What services use: a link to what was built for just these needs. */
  readonly path: string;
  /** Where it was built; a link leads there, at once or once it is activated. Not there: it is not built. */
  readonly directory?: string;
  readonly outcome: "built" | "reused" | "present" | "absent";
  readonly packageCount: number;
  /** `Python 3.11.4`, `v20.11.0`. */
  readonly runtimeVersion: string;
}

export interface EnvironmentReport {
  readonly packs: readonly {
    readonly packRef: string;
    readonly packPath: string;
    readonly environments: readonly Environment[];
    readonly durationMs: number;
  }[];
  readonly failed: readonly {
    readonly packRef: string;
    readonly packPath: string;
    readonly runtime: "python" | "nodejs" | "unknown";
    readonly error: string;
    readonly hint: string | undefined;
  }[];
  readonly durationMs: number;
  /** Makes services use what was built; after the first call, nothing. */
  readonly activate: () => void;
}

export type TestStatus = "passed" | "failed" | "skipped" | "error";

export interface TestSuite {
  readonly name: string;
  readonly runnerType: string;
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly durationMs: number;
  readonly testCases: readonly {
    readonly name: string;
    readonly status: TestStatus;
    readonly durationMs: number;
    readonly errorMessage: string | undefined;
    readonly stdout: string | undefined;
    readonly stderr: string | undefined;
  }[];
}

/** What the tests of a pack gave, in the platform's names. */
export interface PackTestResult {
  readonly packRef: string;
  readonly packVersion: string;
  /** When they began, ISO. */
  readonly executionTime: string;
  readonly status: "passed" | "failed" | "skipped" | "partial";
  readonly totalTests: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** 0 to 1. */
  readonly passRate: number;
  readonly durationMs: number;
  readonly testSuites: readonly TestSuite[];
  /** Whether they keep the pack from being registered: by its `min_pass_rate` and `on_failure`. */
  readonly blocks: boolean;
}

export interface RegisterOrder {
  readonly packPaths: readonly string[];
  readonly skipValidation: boolean;
  readonly skipTests: boolean;
  /** Also what is registered already, and what fails its tests. */
  readonly force: boolean;
  /** Directories of programs for the tests of a pack, by its ref; not there: those of its environments. */
  readonly programs?: ReadonlyMap<string, readonly string[]>;
}

export interface RegisteredPack {
  readonly packRef: string;
  /** In the platform's database where there is one. */
  readonly packId: number;
  readonly version: string;
  readonly release: string;
  /** Its directory in the volume. */
  readonly storagePath: string;
  /** How many components of which kind; kinds as in the catalog. */
  readonly components: Readonly<Record<string, number>>;
  /** `undefined`: it has none, or they were skipped. */
  readonly tests: PackTestResult | undefined;
  readonly outcome: "published" | "unchanged" | "registered";
  readonly diagnostics: readonly Diagnostic[];
}

/** Where a pack's registration ended. */
export type RegisterStage = "path" | "conflict" | "validation" | "tests" | "publish" | "registration";

export interface UnregisteredPack {
  /** `unknown` while nobody knows. */
  readonly packRef: string;
  readonly packPath: string;
  readonly stage: RegisterStage;
  readonly error: string;
  readonly hint: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface RegisterReport {
  readonly registered: readonly RegisteredPack[];
  readonly failed: readonly UnregisteredPack[];
  readonly durationMs: number;
}
