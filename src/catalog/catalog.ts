import type { Described } from "../pack/described.ts";
import type { Dialect } from "../pack/identity.ts";
import type { PythonValue } from "../pack/python-value.ts";
import type { PackRef } from "../pack/ref.ts";

/** `packsync`: the embedded one, in `state.db`. `attune`: the platform's own PostgreSQL. */
export type CatalogName = "packsync" | "attune";

/** What a definition file of a live release says. */
export interface CatalogComponent extends Described {
  /** Relative to the pack. */
  readonly file: string;
  /** sha256 of the file, in hex. */
  readonly digest: string;
  /** `undefined`: PyYAML cannot read it, `problem` says why; or nobody had to read it, as what it says was known. */
  readonly definition?: PythonValue | undefined;
  readonly problem?: string | undefined;
  /** The script beside it that stands in for a missing `entry_point`, relative to the pack. */
  readonly script?: string | undefined;
}

/** A pack as it is live: what is to be registered. */
export interface CatalogPack {
  readonly ref: PackRef;
  readonly release: string;
  readonly version: string;
  readonly dialect: Dialect;
  /** Refs of the packs it depends on. */
  readonly dependencies: readonly string[];
  /** Equal for equal components. */
  readonly digest: string;
  /** Sorted by file; `pack.yaml` among them. */
  readonly components: readonly CatalogComponent[];
}

/** What became of a pack: `changes` counts what was written, 0 if everything was there already. */
export interface Registered {
  readonly changes: number;
  /** What was left out or made fit, one sentence each. */
  readonly warnings: readonly string[];
}

/** A registered pack as a catalog knows it. */
export interface CatalogEntry {
  readonly ref: string;
  readonly version: string;
  readonly label: string;
  /** Sorted by kind and ref; without `pack.yaml`. */
  readonly components: readonly EntryComponent[];
}

export interface EntryComponent {
  readonly kind: string;
  readonly ref: string;
  readonly label: string | undefined;
}

/** One registered state over time. `release` and `since` (ISO) only where the catalog keeps them. */
export interface CatalogVersion {
  readonly version: string;
  readonly release?: string;
  readonly since?: string;
}

/**
 * Where packs are registered. Each call is one transaction, all of a pack or nothing, also when it is killed half-way; what is there
 * already is not written again. `history` has the newest version first; a catalog that keeps no others has only that.
 *
 * @throws PackRefused when something in the pack itself keeps it out; the driver's errors for everything else
 */
export interface Catalog {
  readonly name: CatalogName;
  register(pack: CatalogPack): Promise<Registered>;
  unregister(ref: string): Promise<Registered>;
  get(ref: string): Promise<CatalogEntry | undefined>;
  list(): Promise<readonly Omit<CatalogEntry, "components">[]>;
  history(ref: string): Promise<readonly CatalogVersion[]>;
}

/** What is wrong with a component, in one sentence, with its file. */
export interface Problem {
  readonly file: string;
  readonly message: string;
}

/** A pack that a catalog cannot take as it is; every reason is named. */
export class PackRefused extends Error {
  override readonly name = "PackRefused";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const [first] = problems;
    const others = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    super(first === undefined ? "refused" : `${first.file}: ${first.message}${others}`);
    this.problems = problems;
  }
}
