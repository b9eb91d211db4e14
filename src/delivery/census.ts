import { retryAt } from "../signal/backoff.ts";

/** Who there is to be told, looked up ever again while the engine does not answer. */
export interface Census {
  /** Resolves when they were looked up once, or could not be. */
  first(): Promise<void>;
  /** Looks them up as soon as may be. */
  again(): void;
}

const PACE = { firstMs: 1000, mostMs: 60_000 } as const;

/** @param onTrouble once each time that it begins */
export function createCensus(
  look: () => Promise<void>,
  onTrouble: (error: unknown) => void,
  stopping: AbortSignal,
): Census {
  let running: Promise<void> | undefined;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  stopping.addEventListener("abort", () => clearTimeout(timer), { once: true });

  const attempt = async (): Promise<void> => {
    clearTimeout(timer);
    try {
      await look();
      failures = 0;
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
  return {
    first() {
      first ??= running ??= attempt();
      return first;
    },
    again,
  };
}
