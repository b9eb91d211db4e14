import { hostname } from "node:os";
import type { Log } from "./platform/log.ts";
import type { Owner } from "./platform/ownership.ts";
import { engineAddress, openEngine } from "./signal/engine.ts";
import { DEFAULT_ENGINE } from "./signal/engine-place.ts";
import type { GuardPolicy } from "./signal/guard.ts";
import { serveGuard } from "./signal/guard-server.ts";
import { ownPlace, ownProject } from "./signal/own-project.ts";
import { openWire } from "./signal/wire.ts";

export interface GuardSettings {
  readonly policy: GuardPolicy;
  /** Where it listens. */
  readonly socket: string;
  /** The engine, as `DOCKER_HOST` has it. */
  readonly host: string | undefined;
  readonly owner: Owner | undefined;
  readonly log: Log;
}

/** Composition root of `packsync docker-guard`: listens until it is disposed of. */
export async function openGuard({ host = DEFAULT_ENGINE, ...settings }: GuardSettings): Promise<AsyncDisposable> {
  const { base, socketPath } = engineAddress(host);
  const resources = new AsyncDisposableStack();
  const wire = resources.use(openWire(socketPath));
  resources.use(await serveGuard({ ...settings, wire, base }));
  return resources;
}

/** The project of the guard's own container. @throws PacksyncError `CONFIG_INVALID` when it runs in none of compose's */
export async function guardsOwnProject(host: string = DEFAULT_ENGINE, abort: AbortSignal): Promise<string> {
  await using engine = openEngine(host);
  return await ownProject(engine, ownPlace(hostname()), abort);
}
