/**
 * However many ask at once, it is done once for all of them. Who asks while it is under way waits for the next time: what is answered is
 * never older than the question.
 */
export function coalesced<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const run = (): Promise<T> => {
    const mine = work().finally(() => {
      running = undefined;
    });
    running = mine;
    return mine;
  };
  const runNext = (): Promise<T> => {
    next = undefined;
    return run();
  };
  return () => {
    if (running === undefined) return run();
    next ??= running.then(runNext, runNext);
    return next;
  };
}
