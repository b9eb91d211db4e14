import type { RegistrationReport } from "../catalog/report.ts";
import type { CycleNews, PackNews } from "../cycle/news.ts";
import type { Verified } from "../cycle/verified.ts";
import type { Degraded } from "../watch/limits.ts";
import type { LoopStatus, RootStatus } from "./status.ts";

/** What the daemon tells people, once each. */
export type DaemonEvent =
  | { readonly kind: "started"; readonly news: CycleNews; readonly status: LoopStatus; readonly tookMs: number }
  | {
      readonly kind: "pack";
      readonly report: PackNews;
      /** Milliseconds since the first hint of the change; `undefined`: nobody announced it. */
      readonly elapsedMs: number | undefined;
      /** What came of it in the catalogs, as far as it is known yet. */
      readonly registration?: RegistrationReport | undefined;
    }
  /** What could not be registered at first. */
  | { readonly kind: "registered"; readonly report: RegistrationReport }
  | { readonly kind: "root"; readonly root: RootStatus; readonly before: Pick<RootStatus, "watching" | "held"> }
  | { readonly kind: "degraded"; readonly degraded: Degraded }
  | { readonly kind: "missed"; readonly source: string; readonly packs: readonly string[] }
  | { readonly kind: "trouble"; readonly message: string; readonly hint: string | undefined }
  | { readonly kind: "recovered" }
  | { readonly kind: "verified"; readonly pack: Verified }
  /** A cycle is over. */
  | { readonly kind: "rest"; readonly status: LoopStatus };

export type Say = (event: DaemonEvent) => void;
