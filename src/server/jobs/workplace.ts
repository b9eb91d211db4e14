import { existsSync } from "node:fs";
import { isSystemError, PacksyncError } from "../../errors.ts";
import type { Log } from "../../platform/log.ts";
import type { Owner } from "../../platform/ownership.ts";
import { failureDocument, INTERNAL, refusalOf } from "../refusal.ts";
import { openUploadSpace, type UploadSpace } from "../upload/scratch.ts";
import type { JobLimits, Jobs } from "./jobs.ts";
import { openJobs } from "./open-jobs.ts";

/** Where long calls are done; a server that only answers what it reads needs none. */
export interface Workplace extends AsyncDisposable {
  /** Opens it, if it is not open. @throws PacksyncError `VOLUME_UNUSABLE` until it can be; `LOCK_TIMEOUT` for a second server */
  open(): Promise<OpenWorkplace>;
  /** Its jobs, for who only looks: makes nothing where nobody ever did anything. @throws what {@link open} throws */
  jobs(): Promise<Jobs | undefined>;
}

interface OpenWorkplace {
  readonly jobs: Jobs;
  /** On a root that is read-only there may be no place for them: nothing else needs one. @throws PacksyncError `VOLUME_UNUSABLE` */
  uploads(): UploadSpace;
}

export interface WorkplaceOptions {
  readonly stateDir: string;
  /** Makes sure that the volume and its state directory are there. */
  readonly prepare: () => Owner | undefined;
  readonly limits: JobLimits;
  readonly log: Log;
  readonly lockTimeoutSeconds: number;
}

export function keepWorkplace({ stateDir, prepare, ...options }: WorkplaceOptions): Workplace {
  const stop = new AbortController();
  let opened: Promise<OpenWorkplace> | undefined;
  const openNow = async (): Promise<OpenWorkplace> => {
    const place = { ...options, directory: stateDir, now: () => new Date(), failureOf };
    const jobs = await openJobs({ ...place, owner: prepare() }, stop.signal);
    let space = spaceIfAny(stateDir); // what a killed server left there goes now
    const uploads = (): UploadSpace => {
      space ??= openUploadSpace(stateDir);
      return space;
    };
    return { jobs, uploads };
  };
  const open = (): Promise<OpenWorkplace> => {
    if (stop.signal.aborted) throw stop.signal.reason;
    opened ??= openNow().catch((error: unknown) => {
      opened = undefined; // the next one tries again
      throw asUnusable(error);
    });
    return opened;
  };
  return {
    open,
    jobs: async () => (opened !== undefined || existsSync(stateDir) ? (await open()).jobs : undefined),
    async [Symbol.asyncDispose]() {
      stop.abort(new PacksyncError("STOPPED", "The server ends.", { retryable: true }));
      const place = await opened?.catch(() => undefined);
      await place?.jobs[Symbol.asyncDispose]();
    },
  };
}

function spaceIfAny(stateDir: string): UploadSpace | undefined {
  try {
    return openUploadSpace(stateDir);
  } catch {
    return undefined; // who uploads is told why
  }
}

function failureOf(error: unknown) {
  return failureDocument(refusalOf(error) ?? INTERNAL);
}

function asUnusable(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  return new PacksyncError("VOLUME_UNUSABLE", `Cannot keep jobs: ${error.message}.`, { retryable: true, cause: error });
}
