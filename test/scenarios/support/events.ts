import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { PacksyncEvent } from "../../../src/events/event.ts";
import { COMPILE_CACHE, MAIN } from "../programs/start.ts";
import type { Story } from "./story.ts";

/** Everything that is kept, the oldest first. */
export function keptEvents(it: Story, args: readonly string[] = []): readonly PacksyncEvent[] {
  return parsed(it.packsync(["events", "--format", "json", "--last", "100000", ...args]).stdout);
}

/** `packsync events --follow`, as long as it is not disposed of. */
export interface Follower extends AsyncDisposable {
  events(): readonly PacksyncEvent[];
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly code: number | null }>;
}

export function followEvents(it: Story, args: readonly string[] = []): Follower {
  const out = it.at("follower.out");
  const stdout = openSync(out, "a");
  const child = spawn(process.execPath, [MAIN, "events", "--follow", "--format", "json", ...args], {
    cwd: it.directory,
    env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: COMPILE_CACHE },
    stdio: ["ignore", stdout, "inherit"],
  });
  closeSync(stdout);
  const ended = once(child, "exit").then(([code]): { code: number | null } => ({ code }));
  return {
    events: () => parsed(readFileSync(out, "utf8")),
    signal: (name) => void child.kill(name),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The last line may be half-written. */
function parsed(text: string): readonly PacksyncEvent[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
