import { isAllowed, isPrivateAddress, type Network, privateHost, publicAddress } from "./address.ts";
import type { GitReach } from "./git-process.ts";

const PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };
const SSH = "ssh -o BatchMode=yes";

/**
 * How git may reach a URL: it gets the very address that was judged, and credentials by a header for this origin only.
 *
 * @throws PacksyncError when the host is private and nobody allowed it
 */
export async function reachOf(text: string, network: Network): Promise<GitReach> {
  const url = new URL(text);
  // Neither protocol has a place for it; git would only show it, to whoever lists processes, and in its messages.
  if (url.protocol === "ssh:" || url.protocol === "git:") url.password = "";
  if (url.protocol === "git:") url.username = "";
  const protocol = url.protocol.slice(0, -1);
  if (protocol === "file") return { url: url.href, protocol, config: [], ssh: SSH };
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const address = isAllowed(url, network) ? undefined : await judged(host);
  switch (protocol) {
    case "ssh": {
      const pin = address === undefined ? "" : ` -o HostName=${address} -o HostKeyAlias=${host}`;
      return { url: url.href, protocol, config: [], ssh: `${SSH}${pin}` };
    }
    case "git":
      if (address !== undefined) url.hostname = address.includes(":") ? `[${address}]` : address;
      return { url: url.href, protocol, config: [], ssh: SSH };
    default:
      return { ...webReach(url, address, network), protocol, ssh: SSH };
  }
}

/** @returns an address that is public */
async function judged(host: string): Promise<string> {
  const isLiteral = /^[\d.]+$|:/.test(host);
  if (!isLiteral) return await publicAddress(host);
  if (isPrivateAddress(host)) throw privateHost(host);
  return host;
}

function webReach(given: URL, address: string | undefined, { tls }: Network): Pick<GitReach, "url" | "config"> {
  const url = new URL(given);
  const port = url.port || PORTS[url.protocol];
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = "";
  url.password = "";
  const header = `Authorization: Basic ${Buffer.from(credentials).toString("base64")}`;
  const config: (readonly [string, string])[] = [];
  if (credentials !== ":") config.push([`http.${url.origin}/.extraHeader`, header]);
  if (address !== undefined) config.push(["http.curloptResolve", `${url.hostname}:${port}:${address}`]);
  if (tls === "unverified") config.push(["http.sslVerify", "false"]);
  return { url: url.href, config };
}
