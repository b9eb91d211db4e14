import { statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "./config/config.ts";
import { findDaemon } from "./control/client.ts";
import type { DaemonStatus } from "./control/protocol.ts";
import { happened } from "./happened.ts";
import { type Counting, startCounting } from "./metrics/counting.ts";
import { COUNTED, PRESENT, REQUESTED } from "./metrics/families.ts";
import { type Present, presentOf } from "./metrics/present.ts";
import { processMeasures } from "./metrics/process.ts";
import type { Measures } from "./metrics/registry.ts";
import { type TextFormat, toOpenMetrics } from "./metrics/text.ts";
import { status } from "./once.ts";
import { VERSION } from "./platform/version.ts";

/** The numbers for machines: composition root. */
export interface Measuring extends AsyncDisposable {
  /** Everything as it is now, and as it was counted so far. Whatever does not answer within a second is left out. */
  scrape(format: TextFormat): Promise<string>;
  /** A request was answered. Those before the first scrape are not counted. */
  note(request: NotedRequest): void;
}

export interface NotedRequest {
  readonly method: string;
  /** The template, never the path. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface MeasuringOptions {
  readonly config: Config;
  /** What keeps packsync from being ready. */
  readonly faults: () => Promise<readonly string[]>;
  readonly jobs: () => Promise<Present["jobs"]>;
}

/** Nobody waits longer for anything that does not answer. */
const PATIENCE_MS = 1000;

export function measure(options: MeasuringOptions): Measuring {
  const resources = new DisposableStack();
  let opening: Promise<Opened> | undefined;
  let requests: Measures | undefined;
  let gathering: Promise<void> | undefined;
  const open = async (): Promise<Opened> => {
    const { createMeasures } = await import("./metrics/registry.ts");
    requests = createMeasures(REQUESTED, true);
    const events = (abort: AbortSignal) => happened(options.config.stateDir, abort);
    const counting = resources.use(startCounting((begun) => createMeasures(COUNTED, begun), events));
    return { counting, present: createMeasures(PRESENT), requests };
  };
  return {
    async scrape(format) {
      opening ??= open();
      const opened = await opening;
      gathering ??= gather(opened, options).finally(() => {
        gathering = undefined; // who comes meanwhile is given the same
      });
      await gathering;
      const { counting, present } = opened;
      const texts = await Promise.all([counting.counted(), present, opened.requests].map((each) => each.text()));
      return format === "openmetrics" ? toOpenMetrics(texts.join("")) : texts.join("\n");
    },
    note({ method, route, status: code, seconds }) {
      requests?.add([
        { family: "packsync_api_requests_total", labels: { method, route, status: String(code) }, value: 1 },
        { family: "packsync_api_request_duration_seconds", labels: { method, route }, value: seconds },
      ]);
    },
    async [Symbol.asyncDispose]() {
      await gathering?.catch(() => {});
      resources.dispose();
    },
  };
}

interface Opened {
  readonly counting: Counting;
  readonly present: Measures;
  readonly requests: Measures;
}

async function gather({ counting, present }: Opened, options: MeasuringOptions): Promise<void> {
  const [now, own] = await Promise.all([presentNow(options), processMeasures()]);
  if (now.daemon !== undefined) await soon(counting.current());
  const about = { version: VERSION, node_version: process.version };
  const info = { family: "packsync_build_info", labels: about, value: 1 } as const;
  present.replace(presentFamilies, [info, ...presentOf(now), ...own]);
}

const presentFamilies = Object.keys(PRESENT) as readonly (keyof typeof PRESENT)[];

async function presentNow({ config, faults, jobs }: MeasuringOptions): Promise<Present> {
  const [daemon, found, its, left, disk] = await Promise.all([
    soon(daemonStatus(config.stateDir)),
    soon(status(config)),
    soon(jobs()),
    soon(faults()),
    soon(diskOf(config.volume)),
  ]);
  return { daemon, isReady: left?.length === 0, status: found, jobs: its, disk, now: Date.now() };
}

async function daemonStatus(stateDir: string): Promise<DaemonStatus | undefined> {
  return await (await findDaemon(stateDir))?.status();
}

async function diskOf(volume: string): Promise<Present["disk"]> {
  const { bavail, blocks, bsize } = await statfs(volume);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

/** What cannot be had, or not by then, nobody knows. */
async function soon<T>(work: Promise<T>): Promise<T | undefined> {
  const late = new AbortController();
  const timeout = sleep(PATIENCE_MS, undefined, { ref: false, signal: late.signal }).catch(() => undefined);
  return await Promise.race([work.catch(() => undefined), timeout]).finally(() => late.abort());
}
