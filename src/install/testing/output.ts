/** What a program wrote, as far as it is kept. */
export interface Output {
  readonly text: string;
  /** Whether there was more before it. */
  readonly isCut: boolean;
}

/** Keeps the end of a stream, in bounded memory. */
export function keepEnd(maxBytes: number): { add(chunk: Buffer): void; end(): Output } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isCut = false;
  return {
    add(chunk) {
      chunks.push(chunk);
      bytes += chunk.length;
      for (let first = chunks[0]; first !== undefined && bytes - first.length >= maxBytes; first = chunks[0]) {
        chunks.shift();
        bytes -= first.length;
        isCut = true;
      }
    },
    end() {
      const kept = Buffer.concat(chunks);
      if (kept.length <= maxBytes) return { text: kept.toString(), isCut };
      return { text: kept.subarray(-maxBytes).toString(), isCut: true };
    },
  };
}

/** Of a line that somebody is told, in characters; the rest of it is dropped. */
const MAX_LINE = 2000;

/** Tells each line of a stream without its end, long ones cut. */
export function splitLines(onLine: (line: string) => void): { add(chunk: Buffer): void; end(): void } {
  const decoder = new TextDecoder();
  let open = "";
  const add = (text: string): void => {
    const lines = text.split("\n");
    lines[0] = open + (lines[0] ?? "");
    open = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) onLine(line.slice(0, MAX_LINE).replace(/\r$/, ""));
  };
  return {
    add: (chunk) => add(decoder.decode(chunk, { stream: true })),
    end() {
      add(decoder.decode());
      if (open !== "") onLine(open);
    },
  };
}

/** Of each stream in a result, in characters. */
const MAX_SHOWN = 16_384;

/** The end of an output, for a result; `undefined`: there is nothing. */
export function endOf(text: string): string | undefined {
  if (text.length <= MAX_SHOWN) return text === "" ? undefined : text;
  const end = text.slice(-MAX_SHOWN);
  const line = end.indexOf("\n");
  return `…\n${end.slice(line < 0 ? 0 : line + 1)}`;
}
