import type { Config } from "../config/config.ts";
import type { Flags } from "../config/flags.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { type DaemonOptions, watch } from "../daemon.ts";
import { ExitCode, PacksyncError } from "../errors.ts";
import type { DaemonEvent, Say } from "../loop/events.ts";
import { lazyLog } from "../platform/log.ts";
import { keepHeapSmall } from "../platform/small-heap.ts";
import { generateToken } from "../serving.ts";
import { settleIn } from "../settle-in.ts";
import type { CommandContext } from "./context.ts";
import { logEvent } from "./daemon-log.ts";
import { daemonText, footerText } from "./daemon-text.ts";
import { errorText } from "./error-text.ts";
import { servingText } from "./serve-command.ts";
import { paintFor } from "./text.ts";

/** So long the work under way may take to come to an end; what is not live by then stays as it was. */
const GRACE_MS = 4000;

/** `packsync`: stays, and keeps the volume equal to its sources. SIGHUP: another configuration, SIGTERM and SIGINT: the end. */
export async function daemonCommand(context: CommandContext, flags: Flags): Promise<ExitCode> {
  let { loaded } = context;
  keepHeapSmall();
  settleIn(loaded.config);
  let reload = new AbortController();
  const serving = oneVoice(context);
  const onHangup = async (): Promise<void> => {
    const next = await newConfig(context, flags);
    if (next === undefined) return;
    loaded = next;
    reload.abort(new PacksyncError("STOPPED", "The daemon takes another configuration."));
  };
  process.on("SIGHUP", onHangup); // for good: without a listener it ends the process
  while (!context.abort.aborted) {
    reload = new AbortController();
    await watchUntil({ ...context, loaded }, serving, reload.signal);
  }
  return ExitCode.ok;
}

/** @returns `undefined`: it is refused, which is said */
async function newConfig({ env, cwd, stderr }: CommandContext, flags: Flags): Promise<LoadedConfig | undefined> {
  try {
    return await loadConfig(flags, env, cwd);
  } catch (error) {
    stderr.write(errorText(error, paintFor(stderr)));
    stderr.write("The configuration stays as it was.\n");
    return undefined;
  }
}

/** Watches until another configuration is to be taken, or until the daemon is stopped. */
async function watchUntil(
  context: CommandContext,
  serving: Pick<DaemonOptions, "generatedToken" | "onListening">,
  reload: AbortSignal,
): Promise<void> {
  const { loaded, abort } = context;
  const { config } = loaded;
  await using log = lazyLog({ ...config.log, level: levelOf(loaded), fd: STDOUT });
  try {
    using voice = voiceOf(context, (event) => logEvent(event, log));
    await inTime(
      watch({ config, log: context.log, say: voice.say, ...serving }, AbortSignal.any([abort, reload])),
      abort,
    );
  } catch (error) {
    if (!abort.aborted && !reload.aborted) throw error;
  }
}

/** One token for as long as the daemon runs, told once. */
function oneVoice({ stderr }: CommandContext): Pick<DaemonOptions, "generatedToken" | "onListening"> {
  const generatedToken = generateToken();
  let isTold = false;
  return {
    generatedToken,
    onListening({ url, isGenerated }) {
      stderr.write(servingText({ url, isGenerated: isGenerated && !isTold }, generatedToken));
      isTold ||= isGenerated;
    },
  };
}

const STDOUT = 1;

/** What the daemon does is worth a line, unless somebody says how much is. */
function levelOf({ config, origins }: LoadedConfig): Config["log"]["level"] {
  return origins.has("log.level") && origins.get("log.level")?.from !== "default" ? config.log.level : "info";
}

/** Whatever does not end in time dies with the process: a publish is whole or not there at all. */
async function inTime(work: Promise<void>, abort: AbortSignal): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const onAbort = (): void => void setTimeout(resolve, GRACE_MS).unref();
  abort.addEventListener("abort", onAbort, { once: true });
  await Promise.race([work, late]);
}

function voiceOf(context: CommandContext, log: Say): { readonly say: Say } & Disposable {
  const { loaded, stdout } = context;
  const { config } = loaded;
  const isText = config.log.style === "pretty" || (config.log.style === "auto" && stdout.isTTY);
  if (!isText) return { say: log, [Symbol.dispose]: () => {} };
  const paint = paintFor(stdout);
  const terminal = stdout.isTTY ? footerOn(stdout) : plainOn(stdout);
  const say = (event: DaemonEvent): void => {
    const footer = event.kind === "rest" || event.kind === "started" ? footerText(event.status) : undefined;
    terminal.show(daemonText(event, config, paint), footer);
  };
  return { say, [Symbol.dispose]: terminal[Symbol.dispose] };
}

interface Terminal extends Disposable {
  show(lines: readonly string[], footer: string | undefined): void;
}

function plainOn(stream: NodeJS.WriteStream): Terminal {
  return {
    show: (lines) => {
      for (const line of lines) stream.write(`${line}\n`);
    },
    [Symbol.dispose]: () => {},
  };
}

const CLEAR_LINE = "\r\u001b[K";

/** The last line is written anew below whatever is said. */
function footerOn(stream: NodeJS.WriteStream): Terminal {
  let last = "";
  return {
    show(lines, footer = last) {
      last = footer;
      const said = lines.map((line) => `${line}\n`).join("");
      stream.write(`${CLEAR_LINE}${said}${footer.slice(0, (stream.columns || 80) - 1)}`);
    },
    [Symbol.dispose]: () => void stream.write(CLEAR_LINE),
  };
}
