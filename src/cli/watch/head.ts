import type { PackState, PackStatus } from "../../cycle/status.ts";
import { ALLOW_REMOVALS } from "../../cycle/todo.ts";
import { plural } from "../text.ts";
import type { Canvas } from "./canvas.ts";
import type { Span } from "./line.ts";
import { PACK_STATES } from "./order.ts";
import { slowStages, stallsOf, type View } from "./view.ts";

/** Which volume, and whether somebody looks after it. */
export function titleSpans({ seen: { daemon }, volume, lostAt }: View, { shown, time }: Canvas): readonly Span[] {
  const where: Span = { text: shown(volume), format: "bold" };
  if (daemon !== undefined) {
    const about = shown(` · daemon ${daemon.version}, process ${daemon.pid}, since ${time(daemon.since)}`);
    const isBehind = daemon.trouble !== undefined || slowStages(daemon).length > 0 || stallsOf(daemon).length > 0;
    const doing: Span = isBehind ? { text: "in trouble", format: "red" } : { text: "watching", format: "green" };
    return [where, { text: shown(" · ") }, doing, { text: about, format: "dim" }];
  }
  const what: Span =
    lostAt === undefined
      ? { text: "no daemon is running: as of the last sync", format: "yellow" }
      : {
          text: `the daemon does not answer since ${time(lostAt.toISOString())}: as of the last sync`,
          format: "red",
        };
  return [where, { text: shown(" · ") }, what];
}

/** How many packs are in which state. */
export function countsSpans({ seen: { status } }: View, { shown }: Canvas): readonly Span[] {
  if (status === undefined) return [{ text: "nothing was published yet. Next: packsync --once" }];
  const { packs } = status;
  const states = [...Map.groupBy(packs, ({ state }) => state)].toSorted(
    ([a], [b]) => PACK_STATES[a].rank - PACK_STATES[b].rank,
  );
  const counts = states.flatMap(([state, its], index) => [
    { text: index === 0 ? ": " : shown(" · ") },
    countSpan(state, its.length),
  ]);
  const findings = packs.reduce((sum, pack: PackStatus) => sum + pack.findings.length, 0);
  return [{ text: plural(packs.length, "pack") }, ...counts, { text: shown(` · ${plural(findings, "finding")}`) }];
}

function countSpan(state: PackState, count: number): Span {
  return { text: `${count} ${state}`, format: PACK_STATES[state].format };
}

/** What is wrong with more than a pack or a service, a line each. */
export function problemSpans({ seen, trouble }: View, { shown, time }: Canvas): readonly (readonly Span[])[] {
  const { status, daemon, environments = [] } = seen;
  const { sources = [], database } = status ?? {};
  const problem = (what: string, format: "red" | "yellow", why: string): readonly Span[] => [
    { text: shown(what), format },
    { text: shown(`  ${why}`) },
  ];
  return [
    ...(trouble === undefined ? [] : [problem("not read", "red", trouble)]),
    ...(daemon?.trouble === undefined ? [] : [problem("trouble", "red", daemon.trouble)]),
    ...(daemon === undefined ? [] : slowStages(daemon)).map(({ name, ageMs }) =>
      problem(name, "yellow", `nothing came of it for ${Math.round(ageMs / 1000)} s`),
    ),
    ...(daemon === undefined ? [] : stallsOf(daemon)).map((stall) => problem("stalled", "red", stall)),
    ...sources.flatMap(({ name, held }) =>
      held === undefined ? [] : [problem(name, "yellow", `held (${held}); end it with ${ALLOW_REMOVALS}`)],
    ),
    ...(database === undefined || database.state === "reachable"
      ? []
      : [problem(`database ${database.state}`, "red", `since ${time(database.since)}: ${database.why ?? ""}`)]),
    ...environments.flatMap(({ pack, runtime, state, error = "" }) =>
      state === "built"
        ? []
        : [problem("no environment", "yellow", `${pack} ${runtime}: ${state === "missing" ? "not built yet" : error}`)],
    ),
  ];
}
