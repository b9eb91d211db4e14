import { connect } from "node:net";
import type { Flags } from "../../src/config/flags.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Log } from "../../src/platform/log.ts";
import { type ServeOptions, serve } from "../../src/serve.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import type { Tree } from "../scenarios/support/tree.ts";

/** A token with all scopes. */
export const TOKEN = "all-scopes-0123456789abcdef";
/** One that may only read. */
export const READER = "only-reads-0123456789abcdef";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what comes is what is tested
  readonly json: any;
}

/** The real server on a real socket, over a working directory. */
export interface Served extends Story, AsyncDisposable {
  readonly url: string;
  /** What was logged as an error, and as news. */
  readonly errors: readonly unknown[];
  readonly news: readonly unknown[];
  /** Sends a request with the token of all scopes, unless headers say something else. */
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface ServedOptions {
  readonly packs?: Tree;
  readonly flags?: Flags;
  /** Of the section `server` in packsync.yaml, beside the tokens. */
  readonly server?: Readonly<Record<string, unknown>>;
  /** Beside packsync.yaml. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: ServeOptions["limits"];
}

export async function served({
  packs = {},
  flags = {},
  server = {},
  files = {},
  env = {},
  limits,
}: ServedOptions = {}): Promise<Served> {
  const it = story({ packs });
  for (const [name, text] of Object.entries(files)) it.write(name, text);
  const reader = { name: "reader", token: READER, scopes: ["packs:read"] };
  const settings = { tokens: [reader], rateLimit: 0, ...server };
  it.write("registry.json", JSON.stringify({ packs: [] }));
  const install = { registries: [`file://${it.at("registry.json")}`] };
  it.write("packsync.yaml", JSON.stringify({ volume: "./volume", server: settings, install }));
  const given = { PACKSYNC_API_TOKEN: TOKEN, ...env };
  const { config } = await loadConfig({ listen: "127.0.0.1:0", ...flags }, given, it.directory);
  const errors: unknown[] = [];
  const news: unknown[] = [];
  const log: Log = {
    ...silent,
    error: (...about: unknown[]) => void errors.push(about),
    info: (...about: unknown[]) => void news.push(about),
  };
  const options = {
    config,
    log,
    env: { HOME: it.directory, PATH: process.env["PATH"], ...env },
    beside: "nobody",
    generatedToken: "generated",
  } as const;
  const serving = await serve({ ...options, ...(limits && { limits }) });
  return {
    ...it,
    url: serving.url,
    errors,
    news,
    send: (method, path, body, headers = {}) => send(`${serving.url}${path}`, method, body, headers),
    [Symbol.dispose]: () => it[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      await serving[Symbol.asyncDispose]();
      it[Symbol.dispose]();
    },
  };
}

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

async function send(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const isText = typeof body === "string";
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Bytes as they are, to the server's port. @returns what comes until it hangs up */
export function sendBytes(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  const connection = connect(Number(port), hostname, () => connection.write(bytes, "latin1"));
  connection.on("data", (chunk: Buffer) => chunks.push(chunk));
  connection.on("error", () => {}); // closed while we were still sending
  connection.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  return promise;
}
