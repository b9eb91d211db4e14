import type { Hash } from "node:crypto";
import koffi from "koffi";

/**
 * sha256 in hex, by the OpenSSL that Node brings along. To load Node's own crypto takes longer than all the hashing of a small sync, so it
 * is asked only where that OpenSSL is not to be had.
 */
export function sha256(data: string | Uint8Array): string {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  if (openssl === undefined || openssl(bytes, bytes.length, digest) === null) return crypto().hash("sha256", bytes);
  return digest.toString("hex");
}

/** For what does not fit into memory at once. */
export function sha256Stream(): Hash {
  return crypto().createHash("sha256");
}

const digest = Buffer.alloc(32);
const openssl = loadOpenssl();

/** SHA256_Init(3): returns the digest's address, or NULL. */
function loadOpenssl() {
  try {
    return koffi.load(null).func("void *SHA256(const uint8_t *data, size_t size, uint8_t *digest)");
  } catch {
    return undefined; // a Node that keeps it to itself
  }
}

function crypto() {
  return process.getBuiltinModule("node:crypto");
}
