import * as z from "zod/mini";
import { PacksyncError } from "../errors.ts";
import { withDeadline } from "./deadline.ts";
import { signalFailed } from "./failure.ts";
import { type Answer, openWire, type Wire } from "./wire.ts";

/** A container as the engine lists it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** `running`, `restarting`, `paused`, `exited`, … */
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is asked of a container engine, as Docker's API has it. */
export interface Engine extends AsyncDisposable {
  /** Containers of a project of compose, running or not; of one service if it is given. */
  containers(of: { readonly project: string; readonly service?: string }, abort: AbortSignal): Promise<Container[]>;
  /** @returns when the container was started, by the engine's clock, and its labels; `undefined`: there is none */
  inspect(id: string, abort: AbortSignal): Promise<Inspected | undefined>;
  /** With the container's own time to stop. */
  restart(id: string, timeoutSeconds: number, abort: AbortSignal): Promise<void>;
  kill(id: string, signal: string, abort: AbortSignal): Promise<void>;
  /** The engine's own clock, in ISO format. */
  now(abort: AbortSignal): Promise<string>;
  /** The only project that a guard lets one see; `undefined`: no guard is in between. */
  guardedProject(abort: AbortSignal): Promise<string | undefined>;
}

export interface Inspected {
  readonly id: string;
  readonly startedAt: string;
  readonly labels: Readonly<Record<string, string>>;
}

export const PROJECT_LABEL = "com.docker.compose.project";
export const SERVICE_LABEL = "com.docker.compose.service";

/** Said by `packsync docker-guard` with every answer. */
export const GUARD_HEADER = "packsync-guard-project";

export const DEFAULT_ENGINE = "unix:///var/run/docker.sock";

const LOOK_SECONDS = 10;

/** @param host as `DOCKER_HOST` has it: `unix:///path`, `tcp://host:port`, `http://…` */
export function openEngine(host: string = DEFAULT_ENGINE): Engine {
  const { base, socketPath } = engineAddress(host);
  const wire = openWire(socketPath);
  const ask = (method: string, path: string, timeoutSeconds: number, abort: AbortSignal) =>
    askEngine({ wire, url: `${base}${path}`, method, host, timeoutSeconds }, abort);
  return {
    async containers({ project, service }, abort) {
      const labels = [`${PROJECT_LABEL}=${project}`, ...(service === undefined ? [] : [`${SERVICE_LABEL}=${service}`])];
      const query = new URLSearchParams({ all: "1", filters: JSON.stringify({ label: labels }) });
      const listed = parsed(Summaries, await ask("GET", `/containers/json?${query}`, LOOK_SECONDS, abort), host);
      return listed.map(({ Id, Names, State, Labels }) => {
        return { id: Id, name: (Names[0] ?? Id).replace(/^\//, ""), state: State, labels: Labels ?? {} };
      });
    },
    async inspect(id, abort) {
      const answer = await ask("GET", `/containers/${encodeURIComponent(id)}/json`, LOOK_SECONDS, abort);
      if (answer.status === 404) return undefined;
      const { Id, State, Config } = parsed(Details, answer, host);
      return { id: Id, startedAt: State.StartedAt, labels: Config.Labels ?? {} };
    },
    async restart(id, timeoutSeconds, abort) {
      expectDone(await ask("POST", `/containers/${encodeURIComponent(id)}/restart`, timeoutSeconds, abort), host);
    },
    async kill(id, signal, abort) {
      const path = `/containers/${encodeURIComponent(id)}/kill?signal=${signal}`;
      expectDone(await ask("POST", path, LOOK_SECONDS, abort), host);
    },
    async now(abort) {
      return parsed(Info, await ask("GET", "/info", LOOK_SECONDS, abort), host).SystemTime;
    },
    async guardedProject(abort) {
      const { [GUARD_HEADER]: project } = (await ask("GET", "/_ping", LOOK_SECONDS, abort)).headers;
      return typeof project === "string" ? project : undefined;
    },
    [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
  };
}

/** @throws PacksyncError `CONFIG_INVALID` for what is neither a socket nor a plain address */
export function engineAddress(host: string): { readonly base: string; readonly socketPath: string | undefined } {
  const socketPath = /^(?:unix:\/\/)?(\/[^\0]+)$/.exec(host)?.[1];
  if (socketPath !== undefined) return { base: "http://engine", socketPath };
  const address = host.replace(/^tcp:/, "http:");
  if (/^https?:\/\//.test(address) && URL.canParse(address)) return { base: new URL(address).origin, socketPath };
  throw new PacksyncError(
    "CONFIG_INVALID",
    `Expected \`docker.host\` to be \`unix://<socket>\` or \`tcp://<host>:<port>\`, got \`${host}\``,
    {
      hint: "Write for example `unix:///var/run/docker.sock`.",
    },
  );
}

const Labels = z.nullish(z.record(z.string(), z.string()));
const Summaries = z.array(z.object({ Id: z.string(), Names: z.array(z.string()), State: z.string(), Labels }));
const Details = z.object({
  Id: z.string(),
  State: z.object({ StartedAt: z.string() }),
  Config: z.object({ Labels }),
});
const Info = z.object({ SystemTime: z.string() });

interface Question {
  readonly wire: Wire;
  readonly method: string;
  readonly url: string;
  readonly host: string;
  readonly timeoutSeconds: number;
}

async function askEngine(question: Question, abort: AbortSignal): Promise<Answer> {
  const { wire, method, url, host, timeoutSeconds } = question;
  const late = () => signalFailed(`Expected an answer of the engine at ${host} within ${timeoutSeconds} s, got none`);
  return await withDeadline({ timeoutSeconds, late }, abort, (signal) => wire.call({ method, url }, signal));
}

function parsed<T extends z.ZodMiniType>(schema: T, answer: Answer, host: string): z.infer<T> {
  expectDone(answer, host);
  try {
    return schema.parse(JSON.parse(answer.body));
  } catch (error) {
    throw signalFailed(`Expected the engine at ${host} to answer as Docker does, got something else`, { cause: error });
  }
}

function expectDone({ status, body }: Answer, host: string): void {
  if (status >= 200 && status < 300) return;
  const hint =
    status === 403 ? "If `packsync docker-guard` is in between, `--allow` has to name the service." : undefined;
  const said = messageOf(body);
  throw signalFailed(`Expected the engine at ${host} to do it, got ${status}${said && `: ${said}`}`, {
    ...(hint !== undefined && { hint }),
  });
}

function messageOf(body: string): string {
  try {
    return String(JSON.parse(body).message ?? "").slice(0, 300);
  } catch {
    return body.slice(0, 300).trim();
  }
}
