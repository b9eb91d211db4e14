import { once } from "node:events";
import { ExitCode } from "../errors.ts";
import type { PacksyncEvent } from "../events/event.ts";
import { eventJson } from "../events/event-text.ts";
import { matches } from "../events/filter.ts";
import { eventPage, lastKept } from "../events/history.ts";
import { followEvents } from "../follow-events.ts";
import { isReaderGone } from "../platform/syscalls.ts";
import type { CommandContext } from "./context.ts";
import type { EventRequest } from "./event-request.ts";
import { eventLine } from "./event-text.ts";
import { paintFor } from "./text.ts";

/** So often a follower looks whether anybody still reads. */
const LOOK_MS = 200;

/** `packsync events`: what happened, from what is kept; with `--follow` also what happens. It takes no lock. */
export async function eventsCommand(context: CommandContext, request: EventRequest): Promise<ExitCode> {
  const { config } = context.loaded;
  const reading = new AbortController();
  const until = AbortSignal.any([context.abort, reading.signal]);
  context.stdout.once("error", () => reading.abort()); // nobody reads any more
  const print = printer(context, until);
  const last = lastKept(config.stateDir);
  const { filter, after, sinceMs, limit } = request;
  const kept = eventPage(config.stateDir, { ...filter, after, sinceMs, limit }).toReversed();
  for (const { event } of kept) await print(event);
  if (!request.isFollowing) return ExitCode.ok;
  using _looking = whenReaderIsGone(context.stdout, () => reading.abort());
  await follow(context, { ...request, from: Math.max(last, after ?? 0, kept.at(-1)?.id ?? 0) }, print, until);
  return ExitCode.ok;
}

/** A pipe's reader that ends says so only to who writes; a `--follow` may have nothing to write for hours. */
function whenReaderIsGone({ fd }: CommandContext["stdout"], tell: () => void): Disposable {
  const looking = setInterval(() => {
    if (isReaderGone(fd)) tell();
  }, LOOK_MS);
  return { [Symbol.dispose]: () => clearInterval(looking) };
}

type Print = (event: PacksyncEvent) => Promise<void>;

async function follow(
  { loaded: { config }, stderr }: CommandContext,
  { filter, from }: EventRequest & { readonly from: number },
  print: Print,
  until: AbortSignal,
): Promise<void> {
  for await (const line of followEvents(config.stateDir, () => from, until)) {
    if ("event" in line) {
      if (matches(line.event, filter)) await print(line.event);
    } else if ("gap" in line) stderr.write("Some of what happened meanwhile is not kept any more.\n");
    else stderr.write(`No daemon to follow (${line.away}): waiting for one.\n`);
  }
}

function printer({ loaded: { config }, stdout }: CommandContext, until: AbortSignal): Print {
  const paint = paintFor(stdout);
  return async (event) => {
    if (until.aborted) return;
    const line = config.format === "json" ? eventJson(event) : eventLine(event, paint);
    if (stdout.write(`${line}\n`)) return;
    await once(stdout, "drain", { signal: until }).catch(() => {}); // a reader that takes its time
  };
}
