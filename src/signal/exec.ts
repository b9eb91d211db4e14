import type { Log } from "../platform/log.ts";
import { endingWith } from "../platform/process-group.ts";
import { withDeadline } from "./deadline.ts";
import type { Driver, Notice, Outcome } from "./driver.ts";
import { reasonOf, signalFailed } from "./failure.ts";
import { noticeDocument } from "./template.ts";

export interface ExecDeps {
  /** A program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
  readonly log: Log;
}

/** A line of output in the log; longer ones are cut. */
const MAX_LINE = 2000;

/** The kernel takes 128 KiB for one variable; what has more changes has them on stdin. */
const MAX_VARIABLE = 64 * 1024;

/** Runs a command: the notice is JSON on stdin, and in short in the environment. Its output goes into the log. */
export function execDriver({ command, timeoutSeconds, log }: ExecDeps): Driver {
  const shown = command.join(" ");
  return {
    async tell(notice, abort): Promise<Outcome> {
      const late = () => signalFailed(`Expected \`${shown}\` to end within ${timeoutSeconds} s, got no end`);
      await withDeadline({ timeoutSeconds, late }, abort, (signal) => run(command, notice, log, signal));
      return { kind: "told", evidence: [`\`${shown}\` ended with 0`] };
    },
  };
}

async function run(command: readonly string[], notice: Notice, log: Log, abort: AbortSignal): Promise<void> {
  const { execa } = await import("execa");
  const [file = "", ...args] = command;
  const { service } = notice;
  const child = execa(file, args, {
    env: variables(notice),
    input: `${JSON.stringify(noticeDocument(notice))}\n`,
    // A group of its own: what it starts ends with it.
    detached: true,
    buffer: false,
    reject: false,
  });
  using _ = endingWith(child.pid, abort);
  const logged = async (from: "stdout" | "stderr"): Promise<void> => {
    for await (const line of child.iterable({ from })) log.info({ service, line: line.slice(0, MAX_LINE) }, "output");
  };
  await Promise.all([logged("stdout"), logged("stderr")]);
  const { failed, exitCode, signal, cause } = await child;
  abort.throwIfAborted();
  if (!failed) return;
  const shown = command.join(" ");
  if (exitCode === undefined && signal === undefined)
    throw signalFailed(`Expected \`${shown}\` to start, got ${reasonOf(cause)}`, { cause });
  throw signalFailed(`Expected \`${shown}\` to end with 0, got ${signal ?? exitCode}`);
}

function variables({ service, packs }: Notice): Record<string, string> {
  const paths = packs.flatMap(({ ref, changes }) => changes.map(({ path }) => `${ref}/${path}`));
  return {
    PACKSYNC_SERVICE: service,
    PACKSYNC_PACKS: packs.map(({ ref }) => ref).join(" "),
    PACKSYNC_RELEASES: packs.map(({ release }) => release ?? "none").join(" "),
    PACKSYNC_CHANGES: linesUpTo(paths, MAX_VARIABLE),
  };
}

/** Whole lines only. A NUL or a line break is in no name that packsync publishes. */
function linesUpTo(lines: readonly string[], size: number): string {
  const text = lines.join("\n");
  return text.length <= size ? text : text.slice(0, text.lastIndexOf("\n", size));
}
