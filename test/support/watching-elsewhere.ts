import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "./watching.ts";

/** A process of its own that watches `path`: as another user, or `through` a command that runs it. */
export interface WatchingElsewhere extends AsyncDisposable {
  readonly said: readonly (readonly unknown[])[];
  until(isMeant: (said: readonly unknown[]) => boolean): Promise<readonly unknown[]>;
  recheck(): void;
}

const PROGRAM = join(import.meta.dirname, "../watch/programs/watching.ts");

export function watchingElsewhere(
  path: string,
  { uid, through = [] }: { readonly uid?: number; readonly through?: readonly string[] },
): WatchingElsewhere {
  const [command = "", ...args] = [...through, process.execPath, PROGRAM, path];
  const user = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(command, args, { ...user, stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const said: unknown[][] = [];
  createInterface({ input: child.stdout }).on("line", (line) => void said.push(JSON.parse(line)));
  return {
    said,
    async until(isMeant) {
      await eventually(
        () => said.some(isMeant),
        () => JSON.stringify(said),
      );
      return said.find(isMeant) ?? [];
    },
    recheck: () => void child.stdin.write("\n"),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}
