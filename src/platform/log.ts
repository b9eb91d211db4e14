import type { Logger } from "pino";

export type Log = Pick<Logger, "error" | "warn" | "info" | "debug">;

export interface LogSettings {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  /** `auto`: readable lines on a terminal, JSON on a pipe. */
  readonly style: "auto" | "pretty" | "json";
  /** Where its lines go; unset: stderr. */
  readonly fd?: number;
}

const STDERR = 2;

async function createLog({ level, style, fd = STDERR }: LogSettings): Promise<Logger> {
  const { pino } = await import("pino");
  const isPretty = style === "pretty" || (style === "auto" && process.stderr.isTTY === true);
  if (!isPretty) {
    const timestamp = pino.stdTimeFunctions.isoTime;
    const logger: Logger = pino({ level, base: null, timestamp }, pino.destination({ fd, sync: true }));
    return logger;
  }
  const { default: prettyStream } = await import("pino-pretty");
  const options = {
    destination: fd,
    sync: true,
    ignore: "pid,hostname",
    translateTime: "SYS:HH:MM:ss",
    colorize: useColor(),
  };
  const logger: Logger = pino({ level, base: null }, prettyStream(options));
  return logger;
}

function useColor(): boolean {
  return process.stderr.isTTY === true && !process.env["NO_COLOR"];
}

const LEVELS: readonly string[] = ["trace", "debug", "info", "warn", "error", "silent"];

/** A log that loads its library with the first line that is written: most short runs have nothing to say. */
export function lazyLog(settings: LogSettings): Log & AsyncDisposable {
  let pending: Promise<Logger> | undefined;
  let last: Promise<void> | undefined; // they are written in the order in which they came
  const at =
    (method: keyof Log): Log["info"] =>
    (...args: unknown[]) => {
      if (LEVELS.indexOf(method) < LEVELS.indexOf(settings.level)) return;
      pending ??= createLog(settings);
      last = pending.then((log) => Reflect.apply(log[method], log, args));
    };
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    async [Symbol.asyncDispose]() {
      await last;
    },
  };
}
