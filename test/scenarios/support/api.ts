import { expect } from "vitest";
import { type Daemon, type DaemonOptions, PATIENCE, startDaemon } from "./daemon.ts";
import type { Story } from "./story.ts";

const TOKEN = "all-scopes-0123456789abcdef";

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what comes is what is tested
  readonly json: any;
}

/** A daemon that serves the HTTP API, too. Requests may use the directory `elsewhere`. */
export interface ApiDaemon extends Daemon {
  send(method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

/** @param settings beside those of the server */
export async function apiDaemon(
  it: Story,
  options: DaemonOptions & { readonly settings?: object } = {},
): Promise<ApiDaemon> {
  const server = { roots: ["elsewhere"], rateLimit: 0, token: TOKEN };
  it.write("packsync.yaml", JSON.stringify({ ...options.settings, server }));
  const args = ["--listen", "127.0.0.1:0", ...(options.args ?? [])];
  const running = startDaemon(it, { ...options, args });
  await running.hear("watching");
  const url = (): string | undefined => /listens at (http:[^ ,]+)/.exec(running.stderr())?.[1];
  await expect.poll(url, PATIENCE).toBeDefined();
  return { ...running, send: (...about) => send(url() ?? "", ...about) };
}

async function send(url: string, ...[method, path, body, headers = {}]: Parameters<ApiDaemon["send"]>) {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(`${url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...json, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}
