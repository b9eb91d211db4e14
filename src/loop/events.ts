import type { RegistrationReport } from "../catalog/report.ts";
import type { CycleNews, PackNews } from "../cycle/news.ts";
import type { Verified } from "../cycle/verified.ts";
import type { Delivered, Pending } from "../delivery/delivery.ts";
import type { EnvironmentsBuilt } from "../environments-built.ts";
import type { Concerns } from "../routed.ts";
import type { Quarantined } from "../signal/deliveries.ts";
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
  /** Whom what went live concerns. */
  | { readonly kind: "concerns"; readonly concerns: Concerns }
  /** Services that are to be told of something they did not wait for yet. */
  | { readonly kind: "pending"; readonly services: readonly Pending[] }
  /** A service was told, or could not be. */
  | { readonly kind: "delivered"; readonly delivered: Delivered }
  /** A service did not come back with these packs: what it was ready with is live again. `left`: those that could not go back. */
  | {
      readonly kind: "quarantined";
      readonly service: string;
      readonly packs: readonly Quarantined[];
      readonly left: readonly { readonly pack: string; readonly why: string }[];
    }
  /** Another pack of the set has changed, and the service is back: these may be live again. */
  | { readonly kind: "released"; readonly service: string; readonly packs: readonly string[] }
  /** What published packs need of Python and Node.js was built, or could not be. */
  | { readonly kind: "environments"; readonly came: EnvironmentsBuilt }
  /** A cycle is over. */
  | { readonly kind: "rest"; readonly status: LoopStatus };

export type Say = (event: DaemonEvent) => void;
