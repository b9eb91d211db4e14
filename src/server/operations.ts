import type { Board } from "../board.ts";
import type { HistoryEntry } from "../cycle/history.ts";
import type { CycleReport } from "../cycle/report.ts";
import type { RollbackReport } from "../cycle/rollback.ts";
import type { PacksyncEvent } from "../events/event.ts";
import type { Series, Window } from "../events/series.ts";
import type { PageQuery } from "../events/store.ts";
import type { DependencyRequest } from "../install/dependencies.ts";
import type { Downloads } from "../install/download.ts";
import type {
  DependencyReport,
  EnvironmentOrder,
  EnvironmentReport,
  OnStage,
  PackTestResult,
  RegisterOrder,
  RegisterReport,
} from "../install/stages.ts";
import type { Installation } from "../installation.ts";
import type { DescribedPack, PackPage } from "../listing.ts";
import type { LiveEvents } from "../live-events.ts";
import type { NotifyReport, RollbackRequest, Uninstalled } from "../requests.ts";
import type { Verification, VerifyOrder } from "../verifying.ts";

/** Everything that requests call. Paths are absolute and real, and below the roots; sources are judged likewise. */
export interface Operations extends Board {
  download(order: DownloadOrder, onStage: OnStage, abort: AbortSignal): Promise<Downloads>;
  dependencies(order: DependencyRequest, onStage: OnStage, abort: AbortSignal): Promise<DependencyReport>;
  environments(
    order: Omit<EnvironmentOrder, "mode" | "activation" | "envs">,
    onStage: OnStage,
    abort: AbortSignal,
  ): Promise<EnvironmentReport>;
  register(order: RegisterOrder, onStage: OnStage, abort: AbortSignal): Promise<RegisterReport>;
  /** All stages, of one source and what it needs: everything is done, or nothing is changed. */
  install(order: InstallOrder, onStage: OnStage, abort: AbortSignal): Promise<Installation>;
  /** @throws PacksyncError `USAGE` for a pack that was not installed */
  uninstall(ref: string, abort: AbortSignal): Promise<Uninstalled>;
  /** Of a pack that is live; `undefined`: it has no tests. @throws PacksyncError when they cannot be run */
  test(ref: string, onStage: OnStage, abort: AbortSignal): Promise<PackTestResult | undefined>;
  packs(part: { readonly skip: number; readonly take: number }): Promise<PackPage>;
  /** `undefined`: it is not registered. */
  pack(ref: string): Promise<DescribedPack | undefined>;
  /** The newest first; `undefined`: it was never published. */
  releases(ref: string): Promise<readonly HistoryEntry[] | undefined>;
  /** What happened, the newest first. */
  events(query: PageQuery): readonly PacksyncEvent[];
  series(window: Window): Series;
  readonly liveEvents: LiveEvents;
  rollback(request: RollbackRequest, abort: AbortSignal): Promise<RollbackReport>;
  /** Whether the daemon, if there is to be one, answers within a few seconds. */
  isAlive(): Promise<boolean>;
  /** @throws PacksyncError `USAGE` for a pack of which nothing is live. @returns the release that stays */
  pin(ref: string, abort: AbortSignal): Promise<string>;
  /** @throws PacksyncError `USAGE` for a pack that is not pinned. @returns the release that was */
  unpin(ref: string, abort: AbortSignal): Promise<string>;
  /** One sync, of these packs or all. @throws PacksyncError `USAGE` for a pack that nobody has */
  sync(order: SyncOrder, onStage: OnStage, abort: AbortSignal): Promise<CycleReport>;
  /** Of these packs or all; others are published in between. @throws PacksyncError `USAGE` for a pack that was never published */
  verify(order: VerifyOrder, onStage: OnStage, abort: AbortSignal): Promise<Verification>;
  /** @throws PacksyncError `USAGE` where nobody can be told */
  notify(service: string, onStage: OnStage, abort: AbortSignal): Promise<NotifyReport>;
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

export interface SyncOrder {
  /** Refs; none: all. */
  readonly packs: readonly string[];
  /** Retire what a held source has left. */
  readonly allowRemovals: boolean;
}

export interface InstallOrder {
  readonly source: string;
  readonly ref: string | undefined;
  readonly skipTests: boolean;
  readonly skipDependencies: boolean;
  readonly force: boolean;
}
