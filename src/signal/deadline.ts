/**
 * Runs `work` for at most so many seconds.
 *
 * @throws the abort's reason if it came first; what `late` makes when time is up
 */
export async function withDeadline<T>(
  { timeoutSeconds, late }: { readonly timeoutSeconds: number; readonly late: () => Error },
  abort: AbortSignal,
  work: (abort: AbortSignal) => Promise<T>,
): Promise<T> {
  abort.throwIfAborted();
  const deadline = AbortSignal.timeout(Math.ceil(timeoutSeconds * 1000));
  try {
    return await work(AbortSignal.any([abort, deadline]));
  } catch (error) {
    abort.throwIfAborted();
    throw deadline.aborted ? late() : error;
  }
}
