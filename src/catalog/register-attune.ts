import type { DatabaseSync } from "node:sqlite";
import { inDependencyOrder } from "../plan/order.ts";
import { transaction } from "../platform/database.ts";
import { sha256 } from "../platform/sha256.ts";
import { VERSION } from "../platform/version.ts";
import { type Admin, assignAdmin } from "./attune/admin.ts";
import { type AttuneCatalog, attuneCatalog } from "./attune/attune-catalog.ts";
import { type ConnectionSettings, connect, describeTrouble, troubleOf } from "./attune/connect.ts";
import { inspect } from "./attune/database.ts";
import type { AttunePolicy } from "./attune/register.ts";
import { PackRefused } from "./catalog.ts";
import { type EmbeddedReader, type EmbeddedSummary, readEmbedded } from "./embedded.ts";
import { openRegistrations, type Registration, type RegistrationStore } from "./registrations.ts";

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

/**
 * One round: what the embedded catalog has is brought into Attune's database, pack after pack, each in a transaction. Never throws for
 * trouble of the database: what is left stays `pending`, which survives a crash, because `registered` is only written afterwards.
 */
export async function registerAttune(
  request: AttuneRequest,
  deps: AttuneDeps,
  abort: AbortSignal,
): Promise<AttuneRound> {
  const store = openRegistrations(deps.database, "attune");
  const work = workFor(request, deps, store.all());
  if (work.candidates.length + work.leaving.length === 0)
    return { state: "registered", why: undefined, packs: [], registered: work.rest };
  const found: Found[] = [];
  const trouble = await attempt(work, found, deps, abort);
  if (trouble?.kind !== "admin") return recorded({ work, found, trouble }, store, deps);
  return { ...recorded({ work, found, trouble: undefined }, store, deps), admin: trouble.why };
}

interface Work {
  readonly compare: AttuneRequest["compare"];
  /** In the order of registration. */
  readonly candidates: readonly EmbeddedSummary[];
  readonly leaving: readonly string[];
  readonly before: ReadonlyMap<string, Registration>;
  /** Packs that are registered, and not looked at. */
  readonly rest: number;
}

/** What became of a pack; `registration: undefined`: it is not in the catalog any more. */
interface Found {
  readonly ref: string;
  readonly registration: Omit<Registration, "since"> | undefined;
  readonly changed: boolean;
}

function workFor({ only, compare }: AttuneRequest, deps: AttuneDeps, before: ReadonlyMap<string, Registration>): Work {
  const isAsked = (ref: string) => only.length === 0 || only.includes(ref);
  const registered = readEmbedded(deps.database).packs();
  const packs = registered.filter(({ ref, dialect }) => dialect === "attune" && isAsked(ref));
  const candidates = packs.filter((pack) => compare === "all" || !isSettled(before.get(pack.ref), pack, deps));
  const leaving = [...before.keys()].filter((ref) => isAsked(ref) && !registered.some((pack) => pack.ref === ref));
  return {
    compare,
    candidates: inOrder(candidates, deps.settings),
    leaving,
    before,
    rest: packs.length - candidates.length,
  };
}

/** Whether there is nothing to do but to compare: registered as it is, or refused as it is. */
function isSettled(before: Registration | undefined, pack: EmbeddedSummary, { settings }: AttuneDeps): boolean {
  return before !== undefined && before.state !== "pending" && before.digest === digestOf(pack, settings);
}

/** What a registration depends on: the pack, how it is registered, and who does it. */
function digestOf({ digest, version }: EmbeddedSummary, { policy, schema }: AttuneSettings): string {
  return sha256(JSON.stringify([VERSION, digest, version, policy, schema]));
}

/** `core` has the runtimes that all others want. */
function inOrder(packs: readonly EmbeddedSummary[], { order }: AttuneSettings): readonly EmbeddedSummary[] {
  if (order === "name") return packs;
  const ordered = inDependencyOrder(packs);
  const isCore = ({ ref }: EmbeddedSummary) => ref === "core";
  return [...ordered.filter(isCore), ...ordered.filter((pack) => !isCore(pack))];
}

interface Trouble {
  readonly kind: "later" | "refused";
  readonly why: string;
}

/** @returns what kept the rest from being looked at; `admin`: everything was, but for the permission set */
async function attempt(
  work: Work,
  found: Found[],
  deps: AttuneDeps,
  abort: AbortSignal,
): Promise<Trouble | { readonly kind: "admin"; readonly why: string } | undefined> {
  const { connection, schema, policy, admin } = deps.settings;
  try {
    const client = await connect(connection);
    const cut = () => void client.end().catch(() => {});
    abort.addEventListener("abort", cut);
    try {
      const database = await inspect(client, schema);
      const catalog = attuneCatalog(database, policy);
      await registerAll(work, found, { ...deps, catalog });
      if (work.compare === "changed" || admin === undefined || found.length === 0) return undefined;
      const why = await assignAdmin(database, admin);
      return why === undefined ? undefined : { kind: "admin", why };
    } finally {
      abort.removeEventListener("abort", cut);
      await client.end().catch(() => {});
    }
  } catch (error) {
    if (abort.aborted) return { kind: "later", why: "packsync was stopped" };
    const kind = troubleOf(error) === "refused" ? "refused" : "later";
    return { kind, why: describeTrouble(error, connection) };
  }
}

/** @throws the driver's error once the database as such is in trouble */
async function registerAll(
  work: Work,
  found: Found[],
  deps: AttuneDeps & { readonly catalog: AttuneCatalog },
): Promise<void> {
  const { catalog, settings, database } = deps;
  const there = work.compare === "all" ? await catalog.fingerprints() : new Map<string, string>();
  const embedded = readEmbedded(database);
  for (const ref of work.leaving) found.push(await unregister(ref, deps));
  for (const pack of work.candidates) {
    const before = work.before.get(pack.ref);
    const isSame = before?.found !== undefined && before.found === there.get(pack.ref);
    const unchanged = isSame && before.state === "registered" && before.digest === digestOf(pack, settings);
    if (unchanged) found.push({ ref: pack.ref, registration: { ...before, release: pack.release }, changed: false });
    else found.push(await register(pack, embedded, deps));
  }
}

type Registering = AttuneDeps & { readonly catalog: AttuneCatalog };

async function register(summary: EmbeddedSummary, embedded: EmbeddedReader, deps: Registering): Promise<Found> {
  const { ref, release } = summary;
  const about = { ref, release, digest: digestOf(summary, deps.settings) };
  const pack = embedded.pack(ref);
  if (pack === undefined) throw new Error(`${ref} left the embedded catalog`);
  try {
    const { changes, warnings, found } = await deps.catalog.registerAndLook(pack);
    return {
      ref,
      registration: { ...about, state: "registered", found, why: undefined, warnings },
      changed: changes > 0,
    };
  } catch (error) {
    return {
      ref,
      registration: { ...about, state: "failed", found: undefined, ...reasonOf(error, deps) },
      changed: false,
    };
  }
}

/** @throws what is not the pack's own fault */
function reasonOf(error: unknown, { settings: { connection } }: AttuneDeps): Pick<Registration, "why" | "warnings"> {
  if (error instanceof PackRefused) {
    const [, ...others] = error.problems;
    return { why: error.message, warnings: others.map(({ file, message }) => `${file}: ${message}`) };
  }
  if (troubleOf(error) !== "pack") throw error;
  return { why: describeTrouble(error, connection), warnings: [] };
}

/** A pack that somebody else has put into the volume is theirs, in the database too. */
async function unregister(ref: string, deps: Registering): Promise<Found> {
  if (deps.isLive(ref)) return { ref, registration: undefined, changed: false };
  try {
    const { changes } = await deps.catalog.unregister(ref);
    return { ref, registration: undefined, changed: changes > 0 };
  } catch (error) {
    const about = { ref, release: undefined, digest: undefined, found: undefined };
    return { ref, registration: { ...about, state: "failed", ...reasonOf(error, deps) }, changed: false };
  }
}

interface Outcome {
  readonly work: Work;
  readonly found: readonly Found[];
  readonly trouble: Trouble | undefined;
}

/** Remembers the round, in one commit; a crash before it only costs comparing once more. */
function recorded({ work, found, trouble }: Outcome, store: RegistrationStore, deps: AttuneDeps): AttuneRound {
  const now = deps.now();
  const all = [...found, ...(trouble === undefined ? [] : leftOver(work, found, trouble, deps))];
  transaction(deps.database, () => {
    for (const { ref, registration } of all) {
      if (registration === undefined) store.forget(ref);
      else store.save(registration, now);
    }
    store.saveCatalog(catalogState(trouble), now);
  });
  const packs = all.flatMap(({ ref, registration, changed }): PackRegistration[] => {
    if (registration === undefined)
      return changed ? [{ ref, state: "registered", release: undefined, why: undefined, warnings: [], changed }] : [];
    const { state, release, why, warnings } = registration;
    return [{ ref, state, release, why, warnings, changed }];
  });
  const isWorthSaying = ({ state, warnings, changed }: PackRegistration) =>
    changed || state !== "registered" || warnings.length > 0;
  const registered =
    work.rest + packs.filter(({ state, release }) => state === "registered" && release !== undefined).length;
  return { state: worst(packs, trouble), why: trouble?.why, packs: packs.filter(isWorthSaying), registered };
}

/** Packs that nobody got to. What was registered as it is counts as registered while nobody can look. */
function leftOver(work: Work, found: readonly Found[], trouble: Trouble, { settings }: AttuneDeps): Found[] {
  const isFound = (ref: string) => found.some((each) => each.ref === ref);
  const state = trouble.kind === "refused" ? "failed" : "pending";
  const waiting = work.candidates
    .filter(({ ref }) => !isFound(ref))
    .map((pack): Found => {
      const before = work.before.get(pack.ref);
      const { ref, release } = pack;
      const isAsItWas =
        before?.state === "registered" && before.digest === digestOf(pack, settings) && state === "pending";
      const registration = isAsItWas
        ? { ...before, release, found: undefined }
        : ({ ref, state, release, digest: undefined, found: undefined, why: trouble.why, warnings: [] } as const);
      return { ref, registration, changed: false };
    });
  const leaving = work.leaving
    .filter((ref) => !isFound(ref))
    .map((ref): Found => {
      const about = { ref, release: undefined, digest: undefined, found: undefined, warnings: [] };
      return { ref, registration: { ...about, state, why: trouble.why }, changed: false };
    });
  return [...waiting, ...leaving];
}

function catalogState(trouble: Trouble | undefined) {
  if (trouble === undefined) return { state: "reachable", why: undefined } as const;
  return { state: trouble.kind === "refused" ? "refused" : "unreachable", why: trouble.why } as const;
}

function worst(packs: readonly PackRegistration[], trouble: Trouble | undefined): Registration["state"] {
  if (trouble !== undefined) return trouble.kind === "refused" ? "failed" : "pending";
  return packs.some(({ state }) => state === "failed") ? "failed" : "registered";
}
