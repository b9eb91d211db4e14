import { type Command, Option } from "commander";
import type { FetchChoices } from "../downloads.ts";

/** What every command takes that fetches something. */
export interface FetchFlags {
  readonly registry?: readonly string[];
  readonly cache?: string | boolean;
  readonly allowPrivate?: readonly string[];
  readonly allowHttp?: boolean;
  readonly insecure?: boolean;
}

export function addFetchOptions(command: Command): Command {
  return command
    .option("--registry <url...>", "indexes of packs, the first one that has a pack gives it")
    .option(
      "--cache <dir>",
      "where archives and indexes are kept (default: packsync in $XDG_CACHE_HOME, or in ~/.cache)",
    )
    .option("--no-cache", "keep none")
    .option("--allow-private <host...>", "hosts that may have private addresses, as host or host:port; * for all")
    .option("--allow-http", "registries, and archives that they name, may be without TLS")
    .option("--insecure", "certificates do not count");
}

export function submodulesOption(): Option {
  const option = new Option("--submodules <what>", "what becomes of repositories with submodules (default: refuse)");
  return option.choices(["refuse", "fetch"]);
}

/** Below these is what is configured in the section `install`. */
export function fetchChoices({ registry, cache, allowPrivate, allowHttp, insecure }: FetchFlags): FetchChoices {
  return {
    registries: registry,
    allowed: allowPrivate,
    ...(allowHttp === true && { plainHttp: "allowed" }),
    ...(insecure === true && { tls: "unverified" }),
    ...(cache !== true && { cache }), // `--no-cache` makes commander say `true` where nobody says anything
  };
}
