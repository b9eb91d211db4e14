import type { PreservePolicy } from "../plan/preserve.ts";
import type { PackToRoute, Routing } from "../plan/routing.ts";
import type { Publisher } from "../publish/publisher.ts";
import type { RetentionPolicy } from "../publish/retention.ts";
import type { VolumeView } from "../publish/view.ts";
import type { Source } from "../scan/discover.ts";
import type { Scanner } from "../scan/scanner.ts";
import type { ScanStore } from "../scan/store.ts";
import type { ScanLimits } from "../scan/walk.ts";
import type { Attention } from "./attention.ts";
import type { CycleReport } from "./report.ts";

/** What one cycle works with; `daemon.ts` has the implementations. */
export interface CycleDeps {
  readonly sources: readonly Source[];
  readonly scanner: Scanner;
  readonly store: ScanStore;
  readonly limits: ScanLimits;
  readonly policy: PreservePolicy;
  readonly adopt: "merge" | "never";
  /** Whether an installed pack is published in spite of its errors. */
  readonly unchecked: (ref: string) => boolean;
  readonly allowRemovals: boolean;
  /** What to do with published files that somebody else changed in the volume. */
  readonly drift: "repair" | "report" | "ignore";
  /** Only these refs; empty: all. */
  readonly only: readonly string[];
  readonly attention: Attention;
  readonly retention: RetentionPolicy;
  /** Whom a pack's changes concern; `undefined`: nobody asks. */
  readonly route: ((pack: PackToRoute) => Routing) | undefined;
  readonly volume: VolumeView;
  /** `undefined`: only plan, and change nothing. */
  readonly publisher: Publisher | undefined;
  /** What a cycle remembers is committed with its intents, or at its end: one commit less to wait for. */
  readonly memory: CycleMemory;
  /**
   * Called when everything is prepared and nothing has happened yet. Blocks until what was looked at before it had come to rest does;
   * throws if it was touched again.
   */
  readonly awaitRest: () => void;
  /** Called once readers have what is new, and before that is remembered. */
  readonly onLive: () => void;
  readonly now: () => Date;
  /** Called after each pack that was looked at, for a person who waits. */
  readonly onProgress: (done: number, total: number) => void;
}

export interface CycleMemory {
  begin(): void;
  record(report: CycleReport): void;
  commit(): void;
  rollback(): void;
}
