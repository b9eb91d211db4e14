import { expect } from "vitest";
import { openCache } from "../../src/install/cache.ts";
import type { DownloadDeps, DownloadRequest, Downloads } from "../../src/install/download.ts";
import { downloadPacks } from "../../src/install/download.ts";
import { LIMITS } from "../../src/install/limits.ts";
import { DEFAULT_REGISTRY } from "../../src/install/registry.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import type { Tree } from "../scenarios/support/tree.ts";

const NEVER = new AbortController().signal;

/** A working directory with a cache, and what downloads to `into` in it. */
export interface Downloading extends Story {
  download(
    sources: readonly string[],
    deps?: Partial<DownloadDeps>,
    request?: Partial<DownloadRequest>,
  ): Promise<Downloads>;
  /** The only download of a source that has to succeed. */
  one(
    source: string,
    deps?: Partial<DownloadDeps>,
    request?: Partial<DownloadRequest>,
  ): Promise<Downloads["downloaded"][number]>;
  /** Why it failed. */
  failure(source: string, deps?: Partial<DownloadDeps>, request?: Partial<DownloadRequest>): Promise<string>;
}

export function downloading(packs: Tree = {}): Downloading {
  const it = story({ packs });
  const download: Downloading["download"] = async (sources, deps = {}, request = {}) => {
    const all: DownloadDeps = {
      cwd: it.directory,
      cache: openCache(it.at("cache"), 2 ** 20),
      limits: LIMITS,
      network: { allowed: [], tls: "verified" },
      now: Date.now,
      registries: [{ url: DEFAULT_REGISTRY, priority: 100, plainHttp: "refused" }],
      ...deps,
    };
    const result = await downloadPacks(
      { sources, destination: it.at("into"), timeoutSeconds: 60, ...request },
      all,
      NEVER,
    );
    expect(
      Object.keys(it.tree("into")).filter((path) => path.startsWith(".")),
      "what is left over",
    ).toEqual([]);
    return result;
  };
  return {
    ...it,
    [Symbol.dispose]: () => it[Symbol.dispose](),
    download,
    async one(source, deps, request) {
      const { downloaded, failed } = await download([source], deps, request);
      expect(failed).toEqual([]);
      return downloaded[0] as Downloads["downloaded"][number];
    },
    async failure(source, deps, request) {
      const { downloaded, failed } = await download([source], deps, request);
      expect(downloaded).toEqual([]);
      return failed[0]?.error ?? "";
    },
  };
}

export function manifest(ref: string, version = "1.0.0"): string {
  return `ref: ${ref}\nlabel: A pack\nversion: "${version}"\n`;
}
