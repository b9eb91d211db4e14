import { setTimeout as sleep } from "node:timers/promises";
import { ExitCode, errnoOf, PacksyncError } from "../../errors.ts";
import type { CommandContext } from "../context.ts";
import { type Seen, see } from "../status-seen.ts";
import { hangBell } from "./bell.ts";
import { blocksOn } from "./blocks.ts";
import { terminalOn } from "./terminal.ts";
import type { View } from "./view.ts";

/** Where no daemon tells what happens, and for what happens in consequence of what was told. */
const EVERY_MS = 1000;
/** A daemon tells: this is for what gets older only. */
const TOLD_EVERY_MS = 5000;
/** However much happens, not more often. */
const LEAST_MS = 100;

/** Shows where everything stands, until somebody ends it: what is new at once, or within a second. */
export async function watchStatus(context: CommandContext): Promise<ExitCode> {
  const { abort, loaded, stdout, env } = context;
  const ended = new AbortController();
  const end = (): void => ended.abort();
  const over = AbortSignal.any([abort, ended.signal]);
  stdout.on("error", end); // nobody reads it any more
  process.on("SIGHUP", end);
  const first = await see(loaded.config); // what fails now is said as without `--watch`
  const canDraw =
    stdout.isTTY && env["TERM"] !== undefined && env["TERM"] !== "dumb" && loaded.config.format !== "json";
  using display = canDraw ? terminalOn(context, end) : blocksOn(context);
  const bell = hangBell(loaded.config.stateDir, over);
  let isFresh = true;
  for (let view = viewOf(first, loaded.config.volume); !over.aborted; view = await nextView(view, context)) {
    display.show(view);
    isFresh = await bell.rang(isFresh || view.seen.daemon === undefined ? EVERY_MS : TOLD_EVERY_MS);
    if (isFresh) await sleep(LEAST_MS, undefined, { signal: over }).catch(() => {});
  }
  process.off("SIGHUP", end);
  return ExitCode.ok;
}

function viewOf(seen: Seen, volume: string): View {
  return { seen, volume, lostAt: undefined, trouble: undefined };
}

async function nextView(before: View, { loaded: { config } }: CommandContext): Promise<View> {
  try {
    const seen = await see(config);
    const isLost = seen.daemon === undefined && (before.seen.daemon !== undefined || before.lostAt !== undefined);
    const lostAt = isLost ? (before.lostAt ?? new Date()) : undefined;
    return { seen, volume: config.volume, lostAt, trouble: undefined };
  } catch (error) {
    if (!(error instanceof Error) || (!(error instanceof PacksyncError) && errnoOf(error) === undefined)) throw error;
    return { ...before, trouble: error.message };
  }
}
