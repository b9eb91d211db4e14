import { afterAll, vi } from "vitest";
import { type Daemon, PATIENCE, startDaemon } from "../../scenarios/support/daemon.ts";
import type { Story } from "../../scenarios/support/story.ts";

export const TOKEN = "all-scopes-0123456789abcdef";

/** The real program with its dashboard. */
export interface Dashboard extends Daemon {
  readonly it: Story;
  readonly url: string;
  /** Whoever opens it is signed in. */
  readonly wayIn: string;
}

/** Keys of `packsync.yaml`; those of `server` go to what is there already. */
export type Settings = Readonly<Record<string, unknown>> & { readonly server?: Readonly<Record<string, unknown>> };

export async function dashboard(it: Story, settings: Settings = {}): Promise<Dashboard> {
  const server = { token: TOKEN, rateLimit: 0, roots: [it.directory], ...settings.server };
  it.write("packsync.yaml", JSON.stringify({ preset: "none", ...settings, server }));
  const running = startDaemon(it, { args: ["--listen", "127.0.0.1:0"], env: { HOME: it.directory } });
  await running.hear("watching");
  const find = () =>
    /listens at (http:[^ ,]+)/.exec(running.stderr())?.[1] ?? Promise.reject(new Error("it is silent"));
  const url = `${await vi.waitFor(find, PATIENCE)}/`;
  return { ...running, it, url, wayIn: `${url}#token=${TOKEN}` };
}

/** One for all tests of a file, started by the first. */
export function useDashboard(begin: () => Story, settings: Settings = {}): () => Promise<Dashboard> {
  let started: Promise<Dashboard> | undefined;
  afterAll(async () => {
    const shared = await started;
    await shared?.[Symbol.asyncDispose]();
    shared?.it[Symbol.dispose]();
  });
  return () => {
    started ??= dashboard(begin(), settings);
    return started;
  };
}
