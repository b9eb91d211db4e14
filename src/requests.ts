import type { RegistrationReport } from "./catalog/report.ts";
import type { CycleNews } from "./cycle/news.ts";
import type { CycleReport, PackReport } from "./cycle/report.ts";
import type { RollbackReport } from "./cycle/rollback.ts";
import type { Verified } from "./cycle/verified.ts";
import type { Failure } from "./platform/failures.ts";
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
  /** What is live stays, whatever the source has. */
  readonly pin: { readonly pack: string };
  readonly unpin: { readonly pack: string };
  readonly verify: VerifyRequest;
  /** Brings what is live into the catalogs. */
  readonly register: RegisterRequest;
  /** Tells a service now. */
  readonly notify: NotifyRequest;
  /** Publishes packs from directories; they can be taken back until they are settled. */
  readonly install: InstallRequest;
  readonly settle: SettleRequest;
  readonly uninstall: { readonly pack: string };
  /** Takes the lock, so that nothing else has to wait for it. */
  readonly open: object;
  /** The refs of all packs that are live. */
  readonly published: object;
  /** The daemon's own: a cycle about a few packs. */
  readonly cycle: CycleRequest;
  /** And one about the canary, which is no pack of the volume's. */
  readonly canary: object;
}

/** What comes back. */
export interface Answers {
  readonly sync: CycleReport;
  readonly rollback: RollbackReport;
  /** The release that stays. */
  readonly pin: string;
  /** The release that was pinned. */
  readonly unpin: string;
  readonly verify: readonly Verified[];
  readonly register: RegistrationReport;
  readonly notify: NotifyReport;
  readonly install: InstallReport;
  readonly settle: { readonly registration?: RegistrationReport };
  readonly uninstall: Uninstalled;
  /** Who owns what packsync makes; `undefined`: nobody is changed. */
  readonly open: { readonly owner: Owner | undefined };
  readonly published: readonly string[];
  readonly cycle: CycleNews;
  readonly canary: CanaryFlight;
}

/** How long the canary's change took: until it was ready to go live, and until it was live and all was done. In milliseconds. */
export interface CanaryFlight {
  readonly scanMs: number;
  readonly publishMs: number;
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

export interface InstallRequest {
  /** The ref that each is expected to have, and its directory: absolute. */
  readonly packs: readonly { readonly pack: string; readonly path: string }[];
  /** Replace what was installed before. */
  readonly force: boolean;
  /** Their errors do not keep them from being published. */
  readonly unchecked: boolean;
}

export interface SettleRequest {
  /** With what went live: if another release is by now, there is nothing to settle. */
  readonly packs: readonly { readonly pack: string; readonly release: string }[];
  /** `false`: everything becomes as it was. */
  readonly keep: boolean;
}

/**
 * What became of a pack. `installed`: from elsewhere, to be settled. `synced`: published from the source that carries it. `live`: it stood in the
 * volume, and was packsync's already. `rejected`: `report` says why. `release` is what is live now.
 */
export type Installed =
  | {
      readonly how: "installed" | "synced" | "rejected";
      readonly ref: string;
      readonly release: string | undefined;
      readonly report: PackReport;
    }
  | { readonly how: "live"; readonly ref: string; readonly release: string; readonly report?: undefined }
  | { readonly how: "refused"; readonly ref: string; readonly why: Failure };

/** In the order of the request. */
export interface InstallReport {
  readonly packs: readonly Installed[];
  readonly registration?: RegistrationReport;
}

export interface Uninstalled {
  readonly ref: string;
  /** What became of it in the volume; `undefined`: nothing, a source carries it. */
  readonly report: PackReport | undefined;
  readonly registration?: RegistrationReport;
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
