import fc from "fast-check";
import { type Ending, rawRequest } from "./raw-request.ts";

/** A container that a request may be about. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** Who may be told through the guard, and who not. */
export interface Targets {
  readonly allowed: readonly Named[];
  readonly forbidden: readonly Named[];
}

/**
 * Bytes for a socket. `granted`: one of the few requests that the guard is there for; `refused`: none of these; `harmless`:
 * nobody can say what it is, but it must do no harm.
 */
export interface RawRequest {
  readonly bytes: string;
  readonly ending: Ending;
  readonly wanted: "granted" | "refused" | "harmless";
}

/** A request before it is written down. */
interface Draft {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly isMeant: boolean;
}

/** What people who attack such a proxy would try: forbidden things said plainly, and allowed ones said in odd ways. */
export function hostileRequests(targets: Targets): fc.Arbitrary<RawRequest> {
  const draft = fc.oneof({ weight: 3, arbitrary: meant(targets) }, { weight: 4, arbitrary: forbidden(targets) });
  const twisted = fc
    .tuple(draft, fc.array(fc.constantFrom(...TWISTS), { maxLength: 2 }), fc.nat())
    .map(([first, twists, seed]) => twisting(first, twists, seed));
  return fc.oneof(
    { weight: 20, arbitrary: twisted.map(whole) },
    { weight: 2, arbitrary: fc.tuple(twisted, fc.double({ min: 0, max: 0.99, noNaN: true })).map(cutShort) },
    { weight: 2, arbitrary: fc.tuple(meant(targets), fc.nat(), anyLatin).map(mangled) },
    { weight: 1, arbitrary: garbage },
  );
}

/** Two twists may end where they began. */
function twisting(first: Draft, twists: readonly Twist[], seed: number): Draft {
  const last = twists.reduce((each, twist) => twist(each, seed), first);
  return { ...last, isMeant: first.isMeant && written(last) === written(first) };
}

function whole(draft: Draft): RawRequest {
  return { bytes: written(draft), ending: "open", wanted: draft.isMeant ? "granted" : "refused" };
}

const SIGNALS = ["SIGHUP"];
const BAD_SIGNALS = ["SIGKILL", "SIGTERM", "SIGSTOP", "9", "KILL", "HUP", "sighup", "SIGHUP%20", "SIGHUP,SIGKILL", ""];

function plain(method: string, target: string, isMeant: boolean, body = ""): Draft {
  const headers = body === "" ? [] : ["Content-Type: application/json", `Content-Length: ${body.length}`];
  return { method, target, headers, body, isMeant };
}

function meant({ allowed }: Targets): fc.Arbitrary<Draft> {
  const container = fc.constantFrom(...allowed.flatMap(({ id, name }) => [id, name, id.slice(0, 12)]));
  const version = fc.constantFrom("", "/v1.24", "/v1.41");
  const get = fc.tuple(version, fc.constantFrom("/_ping", "/info", "/containers/json", "/containers/json?all=1"));
  const act = fc.constantFrom("restart", ...SIGNALS.map((signal) => `kill?signal=${signal}`));
  return fc.oneof(
    get.map(([before, path]) => plain("GET", before + path, true)),
    fc.tuple(version, container).map(([before, name]) => plain("GET", `${before}/containers/${name}/json`, true)),
    fc
      .tuple(version, container, act)
      .map(([before, name, what]) => plain("POST", `${before}/containers/${name}/${what}`, true)),
  );
}

const ENDPOINTS = [
  ..."version events system/df images/json volumes networks secrets configs nodes services swarm plugins distribution/busybox/json".split(
    " ",
  ),
  ..."auth build session grpc commit images/create containers/create containers/prune volumes/create networks/create exec/1/start".split(
    " ",
  ),
  ..."_ping/.. containers info/../version swarm/init images/load".split(" "),
];
const OF_CONTAINERS =
  "logs?stdout=1 restart?t=0 top stats changes export attach attach/ws?stream=1 archive?path=/ stop start pause unpause wait rename?name=x resize update exec kill".split(
    " ",
  );
const ESCAPE = JSON.stringify({ Image: "busybox", HostConfig: { Privileged: true, Binds: ["/:/host"] } });

function forbidden({ allowed, forbidden: others }: Targets): fc.Arbitrary<Draft> {
  const ofAllowed = fc.constantFrom(...allowed.flatMap(({ id, name }) => [id, name]));
  const ofOthers = fc.constantFrom(...others.flatMap(({ id, name }) => [id, name, id.slice(0, 12), id.slice(0, 3)]));
  const method = fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD");
  const at = (name: string, what: string) => `/containers/${name}/${what}`;
  return fc.oneof(
    fc
      .tuple(method, fc.constantFrom(...ENDPOINTS))
      .map(([verb, path]) => plain(verb, `/v1.41/${path}`, false, bodyOf(verb))),
    fc
      .tuple(method, ofAllowed, fc.constantFrom(...OF_CONTAINERS))
      .map(([verb, name, what]) => plain(verb, at(name, what), false, bodyOf(verb))),
    fc
      .tuple(ofOthers, fc.constantFrom("restart", "restart?t=0", "kill?signal=SIGHUP", "kill"))
      .map(([name, what]) => plain("POST", at(name, what), false)),
    ofOthers.map((name) => plain("GET", at(name, "json"), false)),
    fc
      .tuple(ofAllowed, fc.constantFrom(...BAD_SIGNALS))
      .map(([name, signal]) => plain("POST", at(name, `kill?signal=${signal}`), false)),
    fc.tuple(ofAllowed, ofOthers).map(([a, b]) => plain("POST", `/containers/${a}/../${b}/restart`, false)),
    ofAllowed.map((name) => plain("DELETE", `/containers/${name}?force=1`, false)),
  );
}

function bodyOf(method: string): string {
  return method === "POST" || method === "PUT" ? ESCAPE : "";
}

/** Says it in an odd way. */
type Twist = (draft: Draft, seed: number) => Draft;

const SMUGGLED = `POST /v1.41/containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: ${ESCAPE.length}\r\n\r\n${ESCAPE}`;

const path =
  (twist: (target: string, seed: number) => string): Twist =>
  (draft, seed) => {
    const target = twist(draft.target, seed);
    return { ...draft, target, isMeant: draft.isMeant && target === draft.target };
  };
const header =
  (line: string, body = ""): Twist =>
  (draft) => {
    return { ...draft, headers: [...draft.headers, line], body: draft.body + body };
  };
const method =
  (name: string): Twist =>
  (draft) => ({ ...draft, method: name });

const TWISTS: readonly Twist[] = [
  path((target, seed) => encodedAt(target, seed, 1)),
  path((target, seed) => encodedAt(target, seed, 2)),
  path((target) => `/${target}`),
  path((target) => `/.${target}`),
  path((target) => `/x/..${target}`),
  path((target) => `/x/%2e%2e${target}`),
  path((target) => target.replaceAll("/", "\\")),
  path((target) => target.replace("/containers", "/Containers")),
  path((target) => target.replace("/containers/", "/containers//")),
  path((target) => target.replace("/containers/", "/containers/./")),
  path((target) => `${target}/`),
  path((target) => `${target};x=1`),
  path((target) => `${target}#x`),
  path((target) => `${target}%00`),
  path((target) => `${target}%0d%0aX:%20y`),
  path((target) => `${target}${target.includes("?") ? "&" : "?"}signal=SIGKILL`),
  path((target) => `${target}${target.includes("?") ? "&" : "?"}x=%`),
  path((target) => `http://engine${target}`),
  path((target) => `//engine${target}`),
  path((target) => `/v1.41/v1.41${target}`),
  path((target) => `/v9.99${target}`),
  path((target) => `/v1.999${target}`),
  path((target) => `%c0%af${target}`),
  path((target) => target.replace("json", "json/../../create")),
  path(() => "*"),
  path((target) => target.slice(1)),
  path((target) => `${target}\u00a0`),
  ...[
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "post",
    "PRI",
    "GET /containers/create HTTP/1.1\r\nX: ",
  ].map(method),
  header("Transfer-Encoding: chunked", `0\r\n\r\n${SMUGGLED}`),
  header("Transfer-Encoding: chunked", `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`),
  header("Transfer-Encoding : chunked", `0\r\n\r\n${SMUGGLED}`),
  header("Transfer-Encoding: \u000bchunked", `0\r\n\r\n${SMUGGLED}`),
  header("Transfer-Encoding: identity, chunked", `0\r\n\r\n${SMUGGLED}`),
  header("Transfer-Encoding: chunked\r\nContent-Length: 4", `0\r\n\r\n${SMUGGLED}`),
  header(`Content-Length: ${SMUGGLED.length}`, SMUGGLED),
  header(`Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}`, SMUGGLED),
  header("Content-Length: -1"),
  header("Content-Length: 0x10", SMUGGLED),
  header("Content-Length: 1e3", SMUGGLED),
  header("Connection: Upgrade\r\nUpgrade: tcp", SMUGGLED),
  header("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
  header("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA"),
  header("Expect: 100-continue"),
  header("Expect: x"),
  header("X-HTTP-Method-Override: DELETE"),
  header("X-Original-URL: /containers/create"),
  header("X-Rewrite-URL: /containers/create"),
  header("X:\u0000y"),
  header(" folded: yes"),
  header("X: y\rPOST /containers/create HTTP/1.1"),
  header("X: y\n\nPOST /containers/create HTTP/1.1"),
  header(`X: ${"y".repeat(20_000)}`),
];

function encodedAt(target: string, seed: number, times: number): string {
  const at = seed % target.length;
  const code = target.charCodeAt(at).toString(16).padStart(2, "0");
  return `${target.slice(0, at)}%${"25".repeat(times - 1)}${code}${target.slice(at + 1)}`;
}

function written({ method, target, headers, body }: Draft): string {
  return [`${method} ${target} HTTP/1.1`, "Host: engine", "Connection: close", ...headers, "", body].join("\r\n");
}

function cutShort([draft, share]: [Draft, number]): RawRequest {
  const head = written(draft);
  const end = head.indexOf("\r\n\r\n");
  return { bytes: head.slice(0, Math.floor(share * end)), ending: "half-closed", wanted: "harmless" };
}

const anyLatin = fc.nat({ max: 255 }).map((code) => String.fromCharCode(code));

/** One byte is another. What stands behind it ends whatever it has become. */
function mangled([draft, seed, byte]: [Draft, number, string]): RawRequest {
  const text = written(draft);
  const at = seed % text.length;
  const bytes = text.slice(0, at) + byte + text.slice(at + 1);
  return { bytes: `${bytes}\r\n\r\n${rawRequest("GET", "/nothing")}`, ending: "open", wanted: "harmless" };
}

const PREFACES = [
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\u0016\u0003\u0001\u0002\u0000\u0001",
  "GET /containers/json\r\n\r\n",
  "\r\n\r\n",
  "",
];

const garbage: fc.Arbitrary<RawRequest> = fc
  .oneof(
    fc.constantFrom(...PREFACES),
    fc.array(anyLatin, { maxLength: 200 }).map((chars) => chars.join("")),
  )
  .map((bytes) => ({ bytes, ending: "half-closed", wanted: "harmless" }));
