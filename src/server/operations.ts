import type { HistoryEntry } from "../cycle/history.ts";
import type { RollbackReport } from "../cycle/rollback.ts";
import type { Downloads } from "../install/download.ts";
import type {
  DependencyReport,
  EnvironmentOrder,
  EnvironmentReport,
  OnStage,
  PackTestResult,
  RegisteredPack,
  RegisterOrder,
  RegisterReport,
} from "../install/stages.ts";
import type { DescribedPack, PackPage } from "../listing.ts";
import type { RollbackRequest } from "../requests.ts";

/** Everything that requests call. Paths are absolute and real, and below the roots; sources are judged likewise. */
export interface Operations {
  download(order: DownloadOrder, onStage: OnStage, abort: AbortSignal): Promise<Downloads>;
  dependencies(order: DependencyOrder, onStage: OnStage, abort: AbortSignal): Promise<DependencyReport>;
  environments(
    order: Omit<EnvironmentOrder, "mode" | "activation" | "envs">,
    onStage: OnStage,
    abort: AbortSignal,
  ): Promise<EnvironmentReport>;
  register(order: RegisterOrder, onStage: OnStage, abort: AbortSignal): Promise<RegisterReport>;
  install(order: InstallOrder, onStage: OnStage, abort: AbortSignal): Promise<Installed>;
  /** @throws PacksyncError `USAGE` for a pack that was not installed */
  uninstall(ref: string, abort: AbortSignal): Promise<Uninstalled>;
  test(ref: string, onStage: OnStage, abort: AbortSignal): Promise<PackTestResult>;
  packs(part: { readonly skip: number; readonly take: number }): Promise<PackPage>;
  /** `undefined`: it is not registered. */
  pack(ref: string): Promise<DescribedPack | undefined>;
  /** The newest first; `undefined`: it was never published. */
  releases(ref: string): Promise<readonly HistoryEntry[] | undefined>;
  rollback(request: RollbackRequest, abort: AbortSignal): Promise<RollbackReport>;
  /** What keeps packsync from being ready, a sentence each. */
  faults(): Promise<readonly string[]>;
}

export interface DownloadOrder {
  readonly sources: readonly string[];
  readonly destination: string;
  /** Instead of those that are configured. */
  readonly registry: string | undefined;
  readonly ref: string | undefined;
  readonly timeoutSeconds: number;
  readonly tls: "verified" | "unverified";
}

export interface DependencyOrder {
  readonly packPaths: readonly string[];
  readonly skipValidation: boolean;
}

export interface InstallOrder {
  readonly source: string;
  readonly ref: string | undefined;
  readonly skipTests: boolean;
  readonly skipDependencies: boolean;
  readonly force: boolean;
}

/** A pack that went through every stage. */
export interface Installed {
  readonly pack: RegisteredPack;
  readonly testsSkipped: boolean;
}

export interface Uninstalled {
  readonly ref: string;
  /** The release that was live. */
  readonly release: string;
}
