import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { downloadFailed } from "./failure.ts";

/** What may be reached. */
export interface Network {
  /** Hosts that may have private addresses, as `host` or `host:port`; `*` stands for all. */
  readonly allowed: readonly string[];
  /** Whether certificates count. */
  readonly tls: "verified" | "unverified";
}

/** Of this machine, of its networks, of nobody (RFC 6890 and its updates); and what leads to these by another name. */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  PRIVATE.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 96], // :: and ::1, and the old way to write IPv4
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const)
  PRIVATE.addSubnet(network, prefix, "ipv6");

/** Whether an address is of this machine, of a network of its own, or of nobody. What is no address counts as one. */
export function isPrivateAddress(address: string): boolean {
  const [bare = ""] = address.split("%");
  const family = isIP(bare);
  return family === 0 || PRIVATE.check(bare, family === 4 ? "ipv4" : "ipv6");
}

/** Whether somebody said that this place may be anywhere. */
export function isAllowed({ hostname, port }: { readonly hostname: string; readonly port: string }, network: Network) {
  const { allowed } = network;
  return (
    allowed.includes("*") || allowed.includes(hostname) || (port !== "" && allowed.includes(`${hostname}:${port}`))
  );
}

/**
 * Looks a name up as Node does, and refuses it when any of its addresses is private. Connections take the
 * addresses from here, so that no second answer of a name server can lead elsewhere.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error !== null || first === undefined) return callback(error ?? new Error(`${hostname} has no address`), "", 0);
    if (addresses.some(({ address }) => isPrivateAddress(address))) return callback(privateHost(hostname), "", 0);
    if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

/** The addresses of a host that is not a private one. @throws PacksyncError */
export async function publicAddress(hostname: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  publicLookup(hostname, {}, (error, address) => (error === null ? resolve(String(address)) : reject(error)));
  return await promise;
}

export function privateHost(hostname: string) {
  return downloadFailed(`Expected \`${hostname}\` to have public addresses, got a private one`, {
    hint: `Allow it by \`--allow-private ${hostname}\` if it is yours.`,
  });
}
