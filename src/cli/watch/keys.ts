/** What a person at the keyboard wants. */
export interface Keys {
  onEnd(): void;
  /** Ctrl-Z. */
  onStop(): void;
  /** Ctrl-L. */
  onRedraw(): void;
}

const ENDS = new Set(["q", "Q", "\u0003"]); // Ctrl-C is a key as long as each key is heard at once

interface Keyboard extends Disposable {
  /** Hears each key at once, and shows none. */
  listen(): void;
  /** The terminal does with keys what it did before. */
  release(): void;
}

/** Listens until it is disposed; what is no terminal is not read. */
export function hearKeys(stdin: NodeJS.ReadStream, keys: Keys): Keyboard {
  if (!stdin.isTTY) return { listen: () => {}, release: () => {}, [Symbol.dispose]: () => {} };
  const onData = (pressed: string): void => {
    if ([...pressed].some((key) => ENDS.has(key))) keys.onEnd();
    else if (pressed.includes("\u001a")) keys.onStop();
    else if (pressed.includes("\f")) keys.onRedraw();
  };
  const listen = (): void => void stdin.setRawMode(true);
  const release = (): void => void stdin.setRawMode(false);
  listen();
  stdin.setEncoding("utf8").on("data", onData).once("end", keys.onEnd).once("error", keys.onEnd);
  return {
    listen,
    release,
    [Symbol.dispose]() {
      stdin.off("data", onData).off("end", keys.onEnd);
      release();
      stdin.pause();
    },
  };
}
