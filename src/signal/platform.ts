import * as z from "zod/mini";
import { withDeadline } from "./deadline.ts";
import type { Driver, Notice, Outcome } from "./driver.ts";
import { signalFailed } from "./failure.ts";
import { readSecret } from "./secret.ts";
import { type Answer, type Call, placeOf, type Wire } from "./wire.ts";

export interface PlatformDeps {
  readonly wire: Wire;
  /** Of its API, without `/api/v1`. */
  readonly url: string;
  /** Read with each call: a token may be exchanged while packsync runs. */
  readonly token: TokenSource;
  /** Where Attune finds the volume; StackStorm is asked by name. */
  readonly packsDir: string;
  readonly timeoutSeconds: number;
}

export type TokenSource = { readonly file: string } | { readonly text: string | undefined };

/** Registers packs with Attune: `POST /api/v1/packs/register-batch`, forced, as what is registered is to become what is live. */
export function attuneRegister(deps: PlatformDeps): Driver {
  return {
    async tell(notice, abort): Promise<Outcome> {
      const packs = livePacks(notice);
      if (packs.length === 0) return NOTHING_LEFT;
      const body = { pack_paths: packs.map((ref) => `${deps.packsDir}/${ref}`), force: true, skip_tests: true };
      const headers = { authorization: `Bearer ${tokenOf(deps)}` };
      const answer = await ask(deps, { path: "/api/v1/packs/register-batch", headers, body }, abort);
      const { data } = parsed(RegisterBatch, answer, deps);
      const [failed] = data.failed_packs;
      if (failed !== undefined) throw notRegistered(failed, data.failed_packs.length - 1);
      const missing = packs.filter((ref) => !data.registered_packs.some(({ pack_ref }) => pack_ref === ref));
      if (missing.length > 0) throw signalFailed(`Expected ${missing.join(", ")} to be registered, got no word of it`);
      return { kind: "told", evidence: [`${placeOf(deps.url)} registered ${packs.join(", ")}`] };
    },
  };
}

/** Registers packs with StackStorm: `POST /api/v1/packs/register`, everything that they have. */
export function stackstormRegister(deps: PlatformDeps): Driver {
  return {
    async tell(notice, abort): Promise<Outcome> {
      const packs = livePacks(notice);
      if (packs.length === 0) return NOTHING_LEFT;
      const body = { types: ["all"], packs, fail_on_failure: true };
      await ask(deps, { path: "/api/v1/packs/register", headers: apiKey(deps), body }, abort);
      return { kind: "told", evidence: [`${placeOf(deps.url)} registered ${packs.join(", ")}`] };
    },
  };
}

const NOTHING_LEFT: Outcome = { kind: "absent", why: "no pack of these is live any more" };

/** What is gone has no files to be registered from. */
export function livePacks({ packs }: Notice): readonly string[] {
  return packs.filter(({ release }) => release !== undefined).map(({ ref }) => ref);
}

const Failed = z.object({ pack_ref: z.string(), pack_path: z.string(), error: z.string() });
const RegisterBatch = z.object({
  data: z.object({
    registered_packs: z.array(z.object({ pack_ref: z.string() })),
    failed_packs: z.array(Failed),
  }),
});

/** The platform calls a pack that it could not register `unknown`; its path is as it was given. */
function notRegistered({ pack_path, error }: z.infer<typeof Failed>, others: number) {
  const more = others === 0 ? "" : ` (and ${others} more)`;
  return signalFailed(`Expected ${pack_path} to be registered, got: ${error.slice(0, 300)}${more}`);
}

export interface Question {
  readonly path: string;
  readonly method?: "GET";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** @throws PacksyncError `SIGNAL_FAILED` for every status but success */
export async function ask(deps: PlatformDeps, question: Question, abort: AbortSignal): Promise<Answer> {
  const { wire, url, timeoutSeconds } = deps;
  const { path, method = "POST", headers, body } = question;
  const json = { ...headers, "content-type": "application/json" };
  const call: Call = {
    method,
    url: `${url.replace(/\/+$/, "")}${path}`,
    ...(body === undefined ? { headers } : { headers: json, body: JSON.stringify(body) }),
  };
  const late = () => signalFailed(`Expected an answer of ${placeOf(url)} within ${timeoutSeconds} s, got none`);
  const answer = await withDeadline({ timeoutSeconds, late }, abort, (signal) => wire.call(call, signal));
  if (answer.status >= 200 && answer.status < 300) return answer;
  const isToken = answer.status === 401 || answer.status === 403;
  throw signalFailed(`Expected ${placeOf(url)} to do \`${path}\`, got ${answer.status}${saidIn(answer)}`, {
    ...(isToken && { hint: "Correct the token: `platform.tokenFile`, or PACKSYNC_PLATFORM_TOKEN." }),
  });
}

/** Attune says `error` as a text or as `{code, message}`, StackStorm `faultstring`. */
function saidIn({ body }: Answer): string {
  const { error, faultstring } = jsonOf(body) ?? {};
  const inner = typeof error === "object" && error !== null && "message" in error ? error.message : error;
  const said = inner ?? faultstring;
  return typeof said === "string" ? `: ${said.slice(0, 300)}` : "";
}

function jsonOf(body: string): { readonly error?: unknown; readonly faultstring?: unknown } | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export function parsed<T extends z.ZodMiniType>(schema: T, { body }: Answer, { url }: PlatformDeps): z.infer<T> {
  const result = schema.safeParse(jsonOf(body));
  if (result.success) return result.data;
  throw signalFailed(`Expected ${placeOf(url)} to answer as the platform does, got something else`, {
    hint: "Is `platform.url` the platform's API?",
  });
}

/** StackStorm's API keys do not run out, its tokens do after a day. */
export function apiKey(deps: PlatformDeps): Readonly<Record<string, string>> {
  return { "st2-api-key": tokenOf(deps) };
}

function tokenOf({ token }: PlatformDeps): string {
  const text = "file" in token ? readSecret(token.file) : token.text?.trim();
  if (text) return text;
  throw signalFailed("Expected a token for the platform, got none", {
    hint: "Put it into a file that `platform.tokenFile` names, or into PACKSYNC_PLATFORM_TOKEN.",
  });
}
