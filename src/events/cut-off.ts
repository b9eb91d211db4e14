/** So long somebody may take nothing although there is something for him. */
export const PATIENCE_MS = 30_000;

/**
 * What is given to a reader at his own pace; nothing piles up for one who does not read.
 *
 * @param cut is called once when he takes nothing for so long: he can come back with the last thing he has
 */
export async function* cutOff<T>(things: AsyncIterable<T>, patienceMs: number, cut: () => void): AsyncGenerator<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const thing of things) {
      timer = setTimeout(cut, patienceMs).unref();
      yield thing;
      clearTimeout(timer);
    }
  } finally {
    clearTimeout(timer);
  }
}
