import type { Config } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { CycleReport } from "../../../src/cycle/report.ts";
import type { Status } from "../../../src/cycle/status.ts";
import { status, syncOnce } from "../../../src/once.ts";
import { registerPacks } from "../../../src/registering.ts";

/** Where a scenario plays: `<root>/packs`, `<root>/packs.dev` and `<root>/volume`. */
export interface Engine {
  /** One whole run of the real pipeline, in this process: lock, recovery, cycle, and everything closed again. */
  sync(history?: Partial<Config["history"]>): Promise<CycleReport>;
  status(): Promise<Status | undefined>;
  /** Installs packs that stand elsewhere. */
  register(...packPaths: readonly string[]): Promise<void>;
}

export async function createEngine(root: string): Promise<Engine> {
  const { config } = await loadConfig({}, {}, root, `${root}/no-image-defaults.yaml`);
  const ignore = () => {};
  const log = { error: ignore, warn: ignore, info: ignore, debug: ignore };
  return {
    sync(history = {}) {
      const run = { ...config, history: { ...config.history, ...history } };
      return syncOnce({ config: run, log, doing: "sync", onProgress: ignore }, new AbortController().signal);
    },
    status: () => status(config),
    async register(...packPaths) {
      const order = { packPaths, force: true, skipTests: true, skipValidation: false, how: "together" } as const;
      const { failed } = await registerPacks(order, { config, log, onStage: ignore }, new AbortController().signal);
      if (failed.length > 0) throw new Error(`Expected all to be registered, got ${failed.map(({ error }) => error)}`);
    },
  };
}
