import { assignAdmin } from "./attune/admin.ts";
import { type AttuneCatalog, attuneCatalog } from "./attune/attune-catalog.ts";
import { connect, describeTrouble, troubleOf } from "./attune/connect.ts";
import { inspect } from "./attune/database.ts";
import { recorded } from "./attune-record.ts";
import type { AttuneDeps, AttuneRequest, AttuneRound, Found, Trouble, Work } from "./attune-round.ts";
import { digestOf, workFor } from "./attune-work.ts";
import { PackRefused } from "./catalog.ts";
import type { EmbeddedSummary } from "./embedded.ts";
import { openRegistrations, type Registration } from "./registrations.ts";

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
  const { catalog, settings } = deps;
  const there = work.compare === "all" ? await catalog.fingerprints() : new Map<string, string>();
  for (const ref of work.leaving) found.push(await unregister(ref, deps));
  for (const pack of work.candidates) {
    const before = work.before.get(pack.ref);
    const isSame = before?.found !== undefined && before.found === there.get(pack.ref);
    const unchanged = isSame && before.state === "registered" && before.digest === digestOf(pack, settings);
    if (unchanged) found.push({ ref: pack.ref, registration: { ...before, release: pack.release }, changed: false });
    else found.push(await register(pack, deps));
  }
}

type Registering = AttuneDeps & { readonly catalog: AttuneCatalog };

async function register(summary: EmbeddedSummary, deps: Registering): Promise<Found> {
  const { ref, release } = summary;
  const about = { ref, release, digest: digestOf(summary, deps.settings) };
  const pack = await deps.read(ref);
  if (pack === undefined || pack.release !== release || pack.digest !== summary.digest)
    return { ref, registration: { ...about, ...NOT_AS_PUBLISHED }, changed: false };
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

/** What comes next, a cycle or somebody's repair, changes that. */
const NOT_AS_PUBLISHED = {
  state: "pending",
  found: undefined,
  why: "its definitions in the volume are not those that were published: `packsync verify` names them",
  warnings: [],
} as const;

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
