import type { DatabaseSync } from "node:sqlite";
import type { PackRef } from "../pack/ref.ts";
import type { Admin } from "./attune/admin.ts";
import type { ConnectionSettings } from "./attune/connect.ts";
import type { AttunePolicy } from "./attune/register.ts";
import type { CatalogPack } from "./catalog.ts";
import type { EmbeddedSummary } from "./embedded.ts";
import type { Registration } from "./registrations.ts";

/** What a round of registering in Attune's database is told, and what it says. */

export interface AttuneSettings {
  readonly connection: ConnectionSettings;
  /** Unset: `attune` if it exists, else `public`. */
  readonly schema: string | undefined;
  readonly order: "dependencies" | "name";
  readonly policy: AttunePolicy;
  readonly admin: Admin | undefined;
}

export interface AttuneDeps {
  readonly database: DatabaseSync;
  readonly settings: AttuneSettings;
  /** Whether a whole pack stands in the volume, whoever put it there. */
  isLive(ref: string): boolean;
  /** What the definitions of a live pack say now; `undefined`: it is not live. */
  read(ref: PackRef): Promise<CatalogPack | undefined>;
  readonly now: () => Date;
}

export interface AttuneRequest {
  /** Only these refs; empty: all. */
  readonly only: readonly string[];
  /** `all`: with what the database has, which may be new or restored. `changed`: only what is not registered yet. */
  readonly compare: "all" | "changed";
}

/** Where a pack stands after a round. */
export type PackRegistration = Pick<Registration, "ref" | "state" | "release" | "why" | "warnings"> & {
  /** Whether anything was written for it. */
  readonly changed: boolean;
};

/** `state` is the worst of all packs that the round was about; `why` what keeps the catalog as such away. */
export interface AttuneRound {
  readonly state: Registration["state"];
  readonly why: string | undefined;
  /** Packs that changed, or are not registered, or have something to say. */
  readonly packs: readonly PackRegistration[];
  readonly registered: number;
  /** Why nobody got the permission set that somebody should have. */
  readonly admin?: string;
}

export interface Work {
  readonly compare: AttuneRequest["compare"];
  /** In the order of registration. */
  readonly candidates: readonly EmbeddedSummary[];
  readonly leaving: readonly string[];
  readonly before: ReadonlyMap<string, Registration>;
  /** Packs that are registered, and not looked at. */
  readonly rest: number;
}

/** What became of a pack; `registration: undefined`: it is not in the catalog any more. */
export interface Found {
  readonly ref: string;
  readonly registration: Omit<Registration, "since"> | undefined;
  readonly changed: boolean;
}

export interface Trouble {
  readonly kind: "later" | "refused";
  readonly why: string;
}
