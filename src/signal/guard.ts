import picomatch from "picomatch";
import * as z from "zod/mini";
import { PROJECT_LABEL, SERVICE_LABEL } from "./engine.ts";
import { type Head, type Wish, wishOf } from "./guard-request.ts";
import type { Answer, Call, Wire } from "./wire.ts";

/** What the guard lets through: these services of one project, and these signals. */
export interface GuardPolicy {
  readonly project: string;
  /** Globs. */
  readonly services: readonly string[];
  readonly signals: readonly string[];
}

export interface GuardDeps {
  readonly policy: GuardPolicy;
  /** To the engine. */
  readonly wire: Wire;
  /** What comes before a path: `http://engine`. */
  readonly base: string;
}

/** What the guard answers; `undefined` body: none. */
export interface GuardAnswer {
  readonly status: number;
  readonly body: unknown;
}

export const REFUSED: GuardAnswer = { status: 403, body: { message: "refused by packsync docker-guard" } };

/**
 * Answers one request. No byte of it ever reaches the engine: what is understood and allowed becomes a request that the guard writes
 * itself, with the full id of a container that the engine has just listed in the allowed services; and of answers only named fields
 * come back.
 */
export async function guarded(head: Head, deps: GuardDeps, abort: AbortSignal): Promise<GuardAnswer> {
  const wish = wishOf(head);
  return wish === undefined ? REFUSED : await grant(wish, deps, abort);
}

async function grant(wish: Wish, deps: GuardDeps, abort: AbortSignal): Promise<GuardAnswer> {
  switch (wish.kind) {
    case "ping":
      return { status: (await ask(deps, "GET", "/_ping", abort)).status, body: undefined };
    case "time":
      return reduced(Time, await ask(deps, "GET", "/info", abort));
    case "list": {
      const { seen, answer } = await allowed(deps, abort);
      return seen === undefined ? failed(answer) : { status: 200, body: seen.filter(hasAll(wish.labels)) };
    }
    case "kill":
      if (!deps.policy.signals.includes(wish.signal)) return REFUSED;
      return await act(wish.container, (id) => `/containers/${id}/kill?signal=${wish.signal}`, deps, abort);
    case "restart":
      return await act(wish.container, (id) => `/containers/${id}/restart`, deps, abort);
    case "inspect":
      return await inspect(wish.container, deps, abort);
    default:
      return wish satisfies never;
  }
}

type Seen = z.infer<typeof Listed>[number];

/** Every container of the allowed services of the project, as the engine lists them now. */
async function allowed(deps: GuardDeps, abort: AbortSignal) {
  const { project, services } = deps.policy;
  const filters = JSON.stringify({ label: [`${PROJECT_LABEL}=${project}`] });
  const answer = await ask(deps, "GET", `/containers/json?${new URLSearchParams({ all: "1", filters })}`, abort);
  if (answer.status !== 200) return { seen: undefined, answer };
  const isAllowed = picomatch([...services]);
  const seen = Listed.parse(JSON.parse(answer.body)).filter(({ Labels }) => {
    // The filter is the engine's word; this is the guard's own.
    return Labels[PROJECT_LABEL] === project && isAllowed(Labels[SERVICE_LABEL] ?? "");
  });
  return { seen, answer };
}

/** By its name, its id, or the beginning of its id, as the engine does it; but among the allowed ones only. */
function find(seen: readonly Seen[], container: string): Seen | undefined {
  const named = seen.find(({ Id, Names }) => Id === container || Names.includes(`/${container}`));
  const beginning = seen.filter(({ Id }) => /^[0-9a-f]{12,64}$/.test(container) && Id.startsWith(container));
  return named ?? (beginning.length === 1 ? beginning[0] : undefined);
}

type PathOf = (id: string) => string;

async function act(container: string, path: PathOf, deps: GuardDeps, abort: AbortSignal): Promise<GuardAnswer> {
  const { seen, answer } = await allowed(deps, abort);
  if (seen === undefined) return failed(answer);
  const found = find(seen, container);
  if (found === undefined) return REFUSED;
  const done = await ask(deps, "POST", path(found.Id), abort);
  return done.status < 300 ? { status: done.status, body: undefined } : failed(done);
}

async function inspect(container: string, deps: GuardDeps, abort: AbortSignal): Promise<GuardAnswer> {
  const { seen, answer } = await allowed(deps, abort);
  if (seen === undefined) return failed(answer);
  const found = find(seen, container);
  return found === undefined
    ? REFUSED
    : reduced(Inspected, await ask(deps, "GET", `/containers/${found.Id}/json`, abort));
}

function ask({ wire, base }: GuardDeps, method: Call["method"], path: string, abort: AbortSignal): Promise<Answer> {
  return wire.call({ method, url: `${base}${path}` }, abort);
}

function hasAll(labels: readonly string[]): (container: Seen) => boolean {
  return ({ Labels }) =>
    labels.every((label) => {
      const at = label.indexOf("=");
      return at < 0 ? Object.hasOwn(Labels, label) : Labels[label.slice(0, at)] === label.slice(at + 1);
    });
}

/** Why the engine did not do it is known by its status; what it says may be about others. */
function failed({ status }: Answer): GuardAnswer {
  return { status: status < 400 ? 502 : status, body: { message: `the engine answered ${status}` } };
}

function reduced<T extends z.ZodMiniType>(schema: T, answer: Answer): GuardAnswer {
  return answer.status === 200 ? { status: 200, body: schema.parse(JSON.parse(answer.body)) } : failed(answer);
}

/** Compose's own labels and packsync's; others may hold anything. */
const Labels = z.pipe(
  z.nullish(z.record(z.string(), z.string())),
  z.transform((labels: Record<string, string> | null | undefined) =>
    Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => SHOWN_LABEL.test(name))),
  ),
);
const SHOWN_LABEL = /^(com\.docker\.compose\.(project|service|container-number|oneoff)|packsync\.(when|how))$/;

const Listed = z.array(
  z.object({
    Id: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    Names: z.array(z.string()),
    State: z.string(),
    Status: z.string(),
    Created: z.number(),
    Labels,
  }),
);

const Inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  RestartCount: z.number(),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Paused: z.boolean(),
    Restarting: z.boolean(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
    ExitCode: z.number(),
    Health: z.exactOptional(z.object({ Status: z.string(), FailingStreak: z.number() })),
  }),
  Config: z.object({ Labels }),
});

const Time = z.object({ SystemTime: z.string() });
