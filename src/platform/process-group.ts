import type { constants } from "node:os";

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 5000;

/** On abort the whole group of a process gets SIGTERM, and SIGKILL after a while. It was started with `detached`. */
export function endingWith(pid: number | undefined, abort: AbortSignal): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    killGroup(pid, "SIGTERM");
    timer = setTimeout(() => killGroup(pid, "SIGKILL"), GRACE_MS);
  };
  abort.addEventListener("abort", end, { once: true });
  if (abort.aborted) end();
  return {
    [Symbol.dispose]() {
      abort.removeEventListener("abort", end);
      clearTimeout(timer);
      if (abort.aborted) killGroup(pid, "SIGKILL"); // it ended, but what it had started may not have
    },
  };
}

/** What is left of a process and of all that it started in its group. */
export function killGroup(pid: number | undefined, signal: keyof typeof constants.signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {} // it is gone
}
