import { monotonicMs } from "../platform/clock.ts";
/** `120/2000 packs` on a terminal, rewritten in place; nothing elsewhere, and nothing for what is over at once. */
export function progressOn(
  stream: NodeJS.WriteStream,
): Disposable & { readonly show: (done: number, total: number) => void } {
  const started = monotonicMs();
  let last = started;
  let isShown = false;
  return {
    show(done, total) {
      const now = monotonicMs();
      if (!stream.isTTY || now - started < QUIET_MS || now - last < EVERY_MS) return;
      last = now;
      isShown = true;
      stream.write(`\r${done}/${total} packs`);
    },
    [Symbol.dispose]() {
      if (isShown) stream.write("\r\u001b[K");
    },
  };
}

const QUIET_MS = 400;
const EVERY_MS = 100;
