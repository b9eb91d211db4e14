import type { Config } from "./config/config.ts";
import { errnoOf, PacksyncError } from "./errors.ts";
import { measure } from "./measuring.ts";
import { operationsOf } from "./operations.ts";
import { disksAnswer } from "./platform/disk-answers.ts";
import type { Log } from "./platform/log.ts";
import { openVolume } from "./publish/volume.ts";
import { hasSecrets, openAccess } from "./server/access.ts";
import { API_LIMITS, type ApiLimits, createApi } from "./server/app.ts";
import { JOB_LIMITS } from "./server/jobs/jobs.ts";
import { workAsJobs } from "./server/jobs/work-as-job.ts";
import { keepWorkplace, type Workplace } from "./server/jobs/workplace.ts";
import { openRoots, type Roots } from "./server/roots.ts";
import { cookieName } from "./server/session-cookie.ts";
import { keepSessions, SESSION_LIMITS } from "./server/sessions.ts";
import { layoutOf } from "./volume-session.ts";

export interface ServeOptions {
  readonly config: Config;
  readonly log: Log;
  /** Whether a daemon keeps the volume in sync, or nobody has to. */
  readonly beside: "daemon" | "nobody";
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What whoever asks has to have, where nothing else is configured. */
  readonly generatedToken: string;
  readonly limits?: ApiLimits;
}

/** The HTTP API, as long as it is not disposed of. */
export interface Serving extends AsyncDisposable {
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Whether the generated token is the way in. */
  readonly isGenerated: boolean;
}

/** The dashboard stands beside the bundle, and where that goes. */
const WEB_DIRECTORY = new URL(import.meta.url.endsWith(".ts") ? "../dist/web/" : "./web/", import.meta.url);

/** Where the platform's clients look for an API. */
const DEFAULT_LISTEN = "127.0.0.1:8080";

/**
 * Composition root of the HTTP API. It takes no lock: what changes something is asked of the daemon, or done under the lock
 * for as long as it takes.
 *
 * @throws PacksyncError `CONFIG_INVALID` when nobody may listen there
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { config, log, generatedToken, limits = API_LIMITS } = options;
  const { host, port } = addressOf(config.listen ?? DEFAULT_LISTEN);
  const { anonymous, hosts, proxied, rateLimit } = config.server;
  const isGenerated = !hasSecrets(config.server);
  if (isGenerated && !isLoopback(host)) throw open(host);
  await using resources = new AsyncDisposableStack();
  const workplace = resources.use(workplaceOf(config, log));
  await openIfUsable(workplace, log);
  const diskAnswers = disksAnswer(config.stateDir, config.volume);
  const operations = operationsOf({ ...options, diskAnswers });
  const { faults } = operations;
  const metrics = resources.use(measure({ config, faults, jobs: () => jobsOf(workplace), diskAnswers }));
  const api = await createApi({
    operations,
    metrics,
    diskAnswers,
    metricsAccess: config.server.metrics,
    roots: rootsOf(config),
    doWork: workAsJobs(workplace, log),
    workplace,
    access: openAccess(config.server, isGenerated ? generatedToken : undefined),
    sessions: resources.use(keepSessions(SESSION_LIMITS, Date.now)),
    cookie: cookieName(config.volume),
    anonymous,
    hosts,
    proxied,
    webDirectory: WEB_DIRECTORY,
    loopback: isLoopback(host) ? host : undefined,
    rateLimit,
    limits,
    log,
  });
  await listen(api, host, port);
  resources.defer(() => api.close());
  const address = api.server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  // The jobs end first: whoever waits for one is answered.
  resources.defer(() => workplace[Symbol.asyncDispose]());
  const mine = resources.move();
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    isGenerated,
    [Symbol.asyncDispose]: () => mine.disposeAsync(),
  };
}

function workplaceOf(config: Config, log: Log): Workplace {
  const { stateDir, owner, server, lockTimeoutSeconds } = config;
  return keepWorkplace({
    stateDir,
    prepare: () => openVolume({ layout: layoutOf(config), stateDir, owner }),
    limits: { ...JOB_LIMITS, atOnce: server.jobs },
    log,
    lockTimeoutSeconds,
  });
}

async function jobsOf(workplace: Workplace) {
  const jobs = await workplace.jobs();
  const count = (state: "queued" | "running") =>
    jobs?.list({ page: 1, pageSize: 1, state, kind: undefined }).total ?? 0;
  return { waiting: count("queued"), running: count("running") };
}

/** What an earlier server left is seen to at once; where nobody may write, or ever wrote, reading goes on. */
async function openIfUsable(workplace: Workplace, log: Log): Promise<void> {
  try {
    await workplace.jobs();
  } catch (error) {
    if (!(error instanceof PacksyncError) || error.code !== "VOLUME_UNUSABLE") throw error;
    log.warn({ why: error.message }, "nothing can be changed by the API yet");
  }
}

async function listen(api: Awaited<ReturnType<typeof createApi>>, host: string, port: number): Promise<void> {
  try {
    await api.listen({ host, port });
  } catch (error) {
    await api.close();
    const errno = errnoOf(error);
    if (errno === undefined || errno.startsWith("FST_")) throw error;
    throw new PacksyncError("CONFIG_INVALID", `Expected to listen at ${host}, port ${port}, got ${errno}.`, {
      hint: "Give another address by `--listen`, or end what listens there.",
      cause: error,
    });
  }
}

/** The schema has seen that it is one. */
function addressOf(listen: string): { readonly host: string; readonly port: number } {
  const colon = listen.lastIndexOf(":");
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(listen.slice(colon + 1)) };
}

function isLoopback(host: string): boolean {
  return /^(localhost|::1|127(\.\d{1,3}){3})$/i.test(host);
}

function open(host: string): PacksyncError {
  return new PacksyncError("CONFIG_INVALID", `Expected a token before others may reach ${host}, got none.`, {
    hint: "Set PACKSYNC_API_TOKEN (`openssl rand -hex 32`), `server.tokensFile` or `server.jwtSecret`; or listen at 127.0.0.1.",
  });
}

function rootsOf({ sources, volume, stateDir, server }: Config): Roots {
  const closed = [`${volume}/.packsync`, stateDir];
  if (server.roots !== undefined) return openRoots({ directories: server.roots, temporary: [], closed });
  const directories = [...sources.map(({ path }) => path), volume];
  return openRoots({ directories, temporary: ["/tmp/pack-downloads", "/tmp/packs"], closed });
}
