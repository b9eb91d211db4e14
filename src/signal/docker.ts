import type { Driver, Notice, Outcome } from "./driver.ts";
import type { Container, Engine } from "./engine.ts";

/** How a container is told. */
export type DockerHow = { readonly by: "restart" } | { readonly by: "signal"; readonly signal: string };

export interface DockerDeps {
  readonly engine: Engine;
  /** Of compose. */
  readonly project: string;
  readonly how: DockerHow;
  /** For one container: its own time to stop is part of it. */
  readonly timeoutSeconds: number;
}

/** Containers that run something, or would go on with it. */
const ALIVE: ReadonlySet<string> = new Set(["running", "restarting", "paused"]);

/**
 * Restarts or signals every container of a service of compose, one after the other. A stopped one stays stopped: it reads what is live when it
 * starts. One that a failed restart left stopped is tried again.
 */
export function dockerDriver(deps: DockerDeps): Driver {
  const { engine, project } = deps;
  const interrupted = new Set<string>();
  return {
    async tell({ service }: Notice, abort): Promise<Outcome> {
      const all = (await engine.containers({ project, service }, abort)).filter(isOfService);
      const alive = all.filter(({ id, state }) => ALIVE.has(state) || interrupted.has(id)).sort(byNumber);
      if (alive.length === 0) return { kind: "absent", why: whyAbsent(all, project) };
      const evidence: string[] = [];
      for (const container of alive) {
        interrupted.add(container.id);
        evidence.push(await tellOne(container, deps, abort));
        interrupted.delete(container.id);
      }
      return { kind: "told", evidence };
    },
  };
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
