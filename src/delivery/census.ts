import { monotonicMs } from "../platform/clock.ts";
import { retryAt } from "../signal/backoff.ts";

/** Who there is to be told, looked up ever again while the engine does not answer. */
export interface Census {
  /**
   * Looks them up now, as one may be there that says of itself what concerns it. Resolves when that is over or could not be; but for the first time also
   * when it takes too long: who is told without the engine does not wait for it.
   */
  fresh(): Promise<void>;
  /** Begins to look them up: what the next one who asks gets. */
  expect(): void;
  /** For how long nobody has said who there is, though it was asked, in milliseconds; 0: nobody asks, or is answered. */
  silentMs(): number;
}

const PATIENCE_MS = 1000;

/** What was expected comes at once, or another time. */
const STALE_MS = 1000;

const PACE = { firstMs: 1000, mostMs: 60_000 } as const;

/** @param onTrouble once each time that it begins */
export function createCensus(
  look: () => Promise<void>,
  onTrouble: (error: unknown) => void,
  stopping: AbortSignal,
): Census {
  let running: Promise<void> | undefined;
  let failures = 0;
  let silentSinceMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  stopping.addEventListener("abort", () => clearTimeout(timer), { once: true });

  const attempt = async (): Promise<void> => {
    clearTimeout(timer);
    silentSinceMs ??= monotonicMs();
    try {
      await look();
      failures = 0;
      silentSinceMs = undefined;
    } catch (error) {
      if (stopping.aborted) return;
      if (failures++ === 0) onTrouble(error);
      timer = setTimeout(again, retryAt(0, failures, Math.random(), PACE)).unref();
    } finally {
      running = undefined;
    }
  };
  const again = (): void => {
    running ??= attempt();
  };
  let first: Promise<void> | undefined;
  /** What runs already may have begun too early. */
  const next = async (): Promise<void> => {
    await running;
    running ??= attempt();
    await running;
  };
  let expected: { readonly look: Promise<void>; readonly atMs: number } | undefined;
  return {
    expect() {
      if (first !== undefined) expected = { look: next(), atMs: monotonicMs() };
    },
    silentMs: () => (silentSinceMs === undefined ? 0 : Math.round(monotonicMs() - silentSinceMs)),
    async fresh() {
      const coming = expected !== undefined && monotonicMs() - expected.atMs < STALE_MS ? expected.look : undefined;
      expected = undefined;
      if (first !== undefined) return await Promise.race([coming ?? next(), patience()]);
      running ??= attempt();
      first = running;
      await first;
    },
  };
}

function patience(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, PATIENCE_MS).unref());
}
