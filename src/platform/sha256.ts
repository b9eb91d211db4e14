import type { Hash } from "node:crypto";

/** sha256 in hex. Node's crypto takes longer to load than a run with nothing to do may last, so it is loaded here. */
export function sha256(data: string | Uint8Array): string {
  return crypto().hash("sha256", data);
}

/** For what does not fit into memory at once. */
export function sha256Stream(): Hash {
  return crypto().createHash("sha256");
}

function crypto() {
  return process.getBuiltinModule("node:crypto");
}
