import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname } from "node:path";

/** `sun_path` of unix(7) has 108 bytes, the last one is NUL. */
const LONGEST = 107;

/**
 * A name for a unix socket that the kernel takes however long its path is: by way of a descriptor of its directory,
 * which is released with it.
 */
export function socketName(path: string): { readonly name: string } & Disposable {
  if (Buffer.byteLength(path) <= LONGEST) return { name: path, [Symbol.dispose]: () => {} };
  const fd = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  return { name: `/proc/self/fd/${fd}/${basename(path)}`, [Symbol.dispose]: () => closeSync(fd) };
}
