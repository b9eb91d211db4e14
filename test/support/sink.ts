import type { ScanSink, WrittenFile } from "../../src/scan/scan-pack.ts";

/** Takes what a scan reads. */
export interface MemorySink extends ScanSink {
  /** What is there now, by path: copies of the bytes, and the mode. */
  readonly files: ReadonlyMap<string, { readonly bytes: Buffer; readonly mode: number }>;
  /** Every write there ever was, in order. */
  readonly writes: readonly string[];
  /** The sizes that were announced last. */
  readonly expected: readonly number[];
}

/** @param onExpect called when the source was walked and nothing is read yet */
export function memorySink(onExpect: () => void = () => {}): MemorySink {
  const files = new Map<string, { bytes: Buffer; mode: number }>();
  const written = new Map<string, WrittenFile>();
  const writes: string[] = [];
  const expected: number[] = [];
  const begin = (path: string, mode: number) => {
    const pieces: Buffer[] = [];
    writes.push(path);
    return {
      append: (bytes: Uint8Array) => void pieces.push(Buffer.from(bytes)),
      end() {
        const bytes = Buffer.concat(pieces);
        files.set(path, { bytes, mode });
        written.set(path, { mode, inode: 0, mtimeMs: 0, size: bytes.length });
      },
    };
  };
  return {
    files,
    written,
    writes,
    expected,
    begin,
    write(path, mode, bytes) {
      const file = begin(path, mode);
      file.append(bytes);
      file.end();
    },
    clear() {
      files.clear();
      written.clear();
    },
    expect(sizes) {
      expected.splice(0, expected.length, ...sizes);
      onExpect();
    },
  };
}
