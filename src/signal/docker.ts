import type { Driver, Notice, Outcome } from "./driver.ts";
import type { Container, Engine } from "./engine.ts";
import type { EngineClock } from "./engine-clock.ts";
import type { Listing } from "./listing.ts";
import type { Readiness } from "./ready.ts";

/** How a container is told. */
export type DockerHow = { readonly by: "restart" } | { readonly by: "signal"; readonly signal: string };

export interface DockerDeps {
  readonly engine: Engine;
  readonly listing: Listing;
  readonly how: DockerHow;
  /** For one container: its own time to stop is part of it. */
  readonly timeoutSeconds: number;
  /** Whether a container that was told is back. */
  readonly ready: (id: string, abort: AbortSignal) => Promise<Readiness>;
  readonly clock: EngineClock;
}

/** Containers that run something, or would go on with it. */
const ALIVE: ReadonlySet<string> = new Set(["running", "restarting", "paused"]);

/**
 * Restarts or signals every container of a service of compose, one after the other: the next one only when the one before is back. A stopped one
 * stays stopped: it reads what is live when it starts. One that was told and did not come back is tried again. One that has started since it
 * all was live knows it.
 */
export function dockerDriver(deps: DockerDeps): Driver {
  const { listing } = deps;
  const interrupted = new Set<string>();
  /** A list that was begun while one was told has it as it was in between: ended, perhaps. */
  let toldAtMs = Number.NEGATIVE_INFINITY;
  const listed = async ({ service, liveAtMs }: Notice, abort: AbortSignal): Promise<readonly Container[]> => {
    const sinceMs = liveAtMs === undefined ? undefined : Math.max(liveAtMs, toldAtMs);
    return (await listing.of(service, sinceMs, abort)).filter(isOfService);
  };
  return {
    async tell(notice, abort): Promise<Outcome> {
      const { liveAtMs } = notice;
      const own = await listed(notice, abort);
      const alive = own.filter(({ id, state }) => ALIVE.has(state) || interrupted.has(id)).sort(byNumber);
      if (alive.length === 0) return { kind: "absent", why: whyAbsent(own, listing.project) };
      const evidence: string[] = [];
      for (const container of alive) {
        const back = await bringBack(container, liveAtMs, { ...deps, interrupted }, abort);
        toldAtMs = listing.now();
        evidence.push(...back.told);
        if (back.kind === "unready")
          return { kind: "unhealthy", why: `${container.name} ${back.why}`, evidence: [...evidence, ...back.evidence] };
        if (back.evidence !== "") evidence.push(`${container.name} ${back.evidence}`);
      }
      return { kind: "told", evidence };
    },
  };
}

/** Tells one container, unless it knows, and waits until it is back, unless it was never away. */
async function bringBack(
  container: Container,
  liveAtMs: number | undefined,
  deps: DockerDeps & { readonly interrupted: Set<string> },
  abort: AbortSignal,
): Promise<Readiness & { readonly told: readonly string[] }> {
  const { interrupted } = deps;
  const { id } = container;
  const knows = liveAtMs === undefined ? undefined : await startedSince(liveAtMs, container, deps, abort);
  if (knows !== undefined && !interrupted.has(id)) return { kind: "ready", evidence: knows, told: [] };
  interrupted.add(id);
  const told = knows === undefined ? await tellOne(container, deps, abort) : `${container.name} ${knows}`;
  const back = await deps.ready(id, abort);
  if (back.kind === "ready") interrupted.delete(id);
  return { ...back, told: [told] };
}

/** Who started longer before than this is told without asking for the time: were the clock set meanwhile, somebody would be told who need not. */
const LONG_BEFORE_MS = 1000;

/** @returns what shows it; a tie shows nothing, and the engine's nanoseconds are cut off */
async function startedSince(
  liveAtMs: number,
  { id, state }: Container,
  { engine, clock }: DockerDeps,
  abort: AbortSignal,
): Promise<string | undefined> {
  if (!ALIVE.has(state)) return undefined;
  const startedAt = (await engine.inspect(id, abort))?.startedAt ?? "";
  const startedMs = Math.trunc(Date.parse(startedAt));
  const about = clock.about(liveAtMs);
  if (about !== undefined && startedMs < about - LONG_BEFORE_MS) return undefined;
  return startedMs > (await clock.at(liveAtMs, abort)) ? `has started since, at ${startedAt}` : undefined;
}

async function tellOne({ id, name }: Container, deps: DockerDeps, abort: AbortSignal): Promise<string> {
  const { engine, how, timeoutSeconds } = deps;
  if (how.by === "signal") {
    await engine.kill(id, how.signal, abort);
    return `${name} got ${how.signal}`;
  }
  await engine.restart(id, timeoutSeconds, abort);
  const after = await engine.inspect(id, abort);
  return `${name} restarted${after === undefined ? "" : ` at ${after.startedAt}`}`;
}

/** `docker compose run` makes containers of its own, which are somebody's one command. */
function isOfService({ labels }: Container): boolean {
  return labels["com.docker.compose.oneoff"]?.toLowerCase() !== "true";
}

function byNumber(a: Container, b: Container): number {
  const number = ({ labels }: Container) => Number(labels["com.docker.compose.container-number"] ?? 0);
  return number(a) - number(b) || (a.name < b.name ? -1 : 1);
}

function whyAbsent(all: readonly Container[], project: string): string {
  const [first] = all;
  return first === undefined ? `no container in the project ${project}` : `${first.name} is ${first.state}`;
}
