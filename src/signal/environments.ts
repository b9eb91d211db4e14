import * as z from "zod/mini";
import type { Driver, Outcome } from "./driver.ts";
import { signalFailed } from "./failure.ts";
import { apiKey, ask, livePacks, type PlatformDeps, parsed } from "./platform.ts";

interface EnvironmentsDeps extends PlatformDeps {
  /** Waits; the abort ends it with its reason. */
  readonly sleep: (milliseconds: number, abort: AbortSignal) => Promise<void>;
}

const POLL_MS = 1000;

/** Brings the virtual environments of packs up to date with StackStorm's own action, `packs.setup_virtualenv`, and waits for its end. */
export function stackstormEnvironments(deps: EnvironmentsDeps): Driver {
  return {
    async tell(notice, abort): Promise<Outcome> {
      const packs = livePacks(notice);
      if (packs.length === 0) return { kind: "absent", why: "no pack of these is live any more" };
      const body = { action: "packs.setup_virtualenv", parameters: { packs, update: true } };
      const started = await ask(deps, { path: "/api/v1/executions", headers: apiKey(deps), body }, abort);
      const { id } = parsed(Execution, started, deps);
      await untilDone(id, deps, abort);
      return { kind: "told", evidence: [`execution ${id} of packs.setup_virtualenv succeeded`] };
    },
  };
}

const Execution = z.object({ id: z.string(), status: z.string() });
const RUNNING: ReadonlySet<string> = new Set(["requested", "scheduled", "delayed", "running", "pending", "pausing"]);

async function untilDone(id: string, deps: EnvironmentsDeps, abort: AbortSignal): Promise<void> {
  const path = `/api/v1/executions/${encodeURIComponent(id)}`;
  for (;;) {
    const { status } = parsed(Execution, await ask(deps, { method: "GET", path, headers: apiKey(deps) }, abort), deps);
    if (status === "succeeded") return;
    if (!RUNNING.has(status)) throw signalFailed(`Expected packs.setup_virtualenv to succeed, got ${status} (${id})`);
    await deps.sleep(POLL_MS, abort);
  }
}
