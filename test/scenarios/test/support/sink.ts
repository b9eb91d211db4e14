import type { ScanSink } from "../../src/scan/scanner.ts";

/** Takes what a scan reads. */
export interface MemorySink extends ScanSink {
  /** What is there now, by path: copies of the bytes, and the mode. */
  readonly files: ReadonlyMap<string, { readonly bytes: Buffer; readonly mode: number }>;
  /** Every write there ever was, in order. */
  readonly written: readonly string[];
  readonly expected: readonly number[];
}

export function memorySink(): MemorySink {
  const files = new Map<string, { bytes: Buffer; mode: number }>();
  const written: string[] = [];
  const expected: number[] = [];
  const begin = (path: string, mode: number) => {
    const pieces: Buffer[] = [];
    written.push(path);
    return {
      append: (bytes: Uint8Array) => void pieces.push(Buffer.from(bytes)),
      end: () => void files.set(path, { bytes: Buffer.concat(pieces), mode }),
    };
  };
  return {
    files,
    written,
    expected,
    begin,
    write(path, mode, bytes) {
      const file = begin(path, mode);
      file.append(bytes);
      file.end();
    },
    clear: () => files.clear(),
    expect: (sizes) => void expected.splice(0, expected.length, ...sizes),
  };
}
