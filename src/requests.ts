import type { RegistrationReport } from "./catalog/report.ts";
import type { CycleNews } from "./cycle/news.ts";
import type { CycleReport } from "./cycle/report.ts";
import type { RollbackReport } from "./cycle/rollback.ts";
import type { Verified } from "./cycle/verified.ts";
import type { Owner } from "./platform/ownership.ts";
import type { Ended } from "./signal/runner.ts";

/**
 * What can be asked of a volume that somebody holds open, as plain data: whether the process itself holds it, another
 * thread, or a daemon at the other end of a socket.
 */
export interface Requests {
  /** One sync of everything; see `reconciler.ts`. */
  readonly sync: SyncRequest;
  readonly rollback: RollbackRequest;
  readonly unpin: { readonly pack: string };
  readonly verify: VerifyRequest;
  /** Brings what is live into the catalogs. */
  readonly register: RegisterRequest;
  /** Tells a service now. */
  readonly notify: NotifyRequest;
  /** Takes the lock, so that nothing else has to wait for it. */
  readonly open: object;
  /** The refs of all packs that are live. */
  readonly published: object;
  /** The daemon's own: a cycle about a few packs. */
  readonly cycle: CycleRequest;
}

/** What comes back. */
export interface Answers {
  readonly sync: CycleReport;
  readonly rollback: RollbackReport;
  /** The release that was pinned. */
  readonly unpin: string;
  readonly verify: readonly Verified[];
  readonly register: RegistrationReport;
  readonly notify: NotifyReport;
  /** Who owns what packsync makes; `undefined`: nobody is changed. */
  readonly open: { readonly owner: Owner | undefined };
  readonly published: readonly string[];
  readonly cycle: CycleNews;
}

export type RequestKind = keyof Requests;

export interface SyncRequest {
  /** Only these refs; empty: all. */
  readonly only: readonly string[];
  /** Retire what a held source has left. */
  readonly allowRemovals: boolean;
}

export interface RollbackRequest {
  readonly pack: string;
  /** A release, by id or number; `undefined`: the newest one with other content. */
  readonly to: string | undefined;
  /** Only if this release is live. */
  readonly from?: string | undefined;
}

export interface RegisterRequest {
  /** Refs; empty: all that are live. */
  readonly packs: readonly string[];
}

export interface NotifyRequest {
  readonly service: string;
}

/** How it ended: the service's state, and what shows it. */
export type NotifyReport = Omit<Ended, "told">;

export interface VerifyRequest {
  /** Refs; empty: all. */
  readonly packs: readonly string[];
  /** Bring back what drifted. */
  readonly repair: boolean;
  /** Remove what is kept for a person only: damaged releases, release 0, what others had in the way. */
  readonly prune: boolean;
}

/** Which packs a cycle has reason to look at. */
export type CycleRequest =
  | { readonly look: "everything" }
  | {
      readonly look: "places";
      /** Whole sources, by name. */
      readonly sources: readonly string[];
      /** `<source>/<directory>` each. */
      readonly places: readonly string[];
      /** Those of them that may be half-written: they are left alone once more if they look so. */
      readonly patient: readonly string[];
      /** They have not come to rest yet: everything is prepared, and happens once the gate opens; nothing does if it closes. */
      readonly gate?: SharedArrayBuffer;
    }
  | {
      readonly look: "slice";
      readonly source: string;
      /** The directory that the slice before ended with; `undefined`: the first one. */
      readonly after: string | undefined;
      /** `<source>/<directory>` each, of what is being written and not looked at before it rests. */
      readonly unsettled: readonly string[];
    };
